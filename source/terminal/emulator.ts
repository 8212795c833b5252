import type {IBufferCell, Terminal as XtermTerminal} from '@xterm/headless';
import {sanitizeLine} from './sanitize.ts';

export type MouseWish = 'none' | 'clicks' | 'drag';

/** A terminal that is drawn inside a pane: bytes in, rows of text with colours out. */
export type Emulator = {
	write(data: string): void;
	resize(columns: number, rows: number): void;
	/** The screen `scrolled` lines before its end, one ready string a row; the cursor is shown inverse where asked for. */
	rows(scrolled: number, cursor: boolean): string[];
	/** Lines above the screen; a program that fills the screen has none. */
	readonly past: number;
	/** What the program wants to hear of the mouse. */
	readonly mouse: MouseWish;
	/** As the program asked for reports, by button (with its modifiers) and cell. */
	mouseReport(button: number, column: number, row: number, isRelease: boolean): string;
	/** The program draws the whole screen itself: a pager, an editor. */
	readonly isFull: boolean;
	close(): void;
};

function colorCode(isRgb: boolean, isPalette: boolean, value: number, base: 30 | 40): string {
	if (isRgb) return `${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
	if (!isPalette) return '';
	return value < 8 ? String(base + value) : value < 16 ? String(base + 52 + value) : `${base + 8};5;${value}`;
}

function styleOf(cell: IBufferCell, inverse: boolean): string {
	const codes = [
		cell.isBold() ? '1' : '',
		cell.isDim() ? '2' : '',
		cell.isItalic() ? '3' : '',
		cell.isUnderline() ? '4' : '',
		Boolean(cell.isInverse()) !== inverse ? '7' : '',
		cell.isStrikethrough() ? '9' : '',
		colorCode(Boolean(cell.isFgRGB()), Boolean(cell.isFgPalette()), cell.getFgColor(), 30),
		colorCode(Boolean(cell.isBgRGB()), Boolean(cell.isBgPalette()), cell.getBgColor(), 40),
	].filter(code => code !== '');
	return codes.length === 0 ? '' : `\u001B[${codes.join(';')}m`;
}

/** Runs of equal style, each closed again, so that a row can be cut anywhere. */
function rowText(terminal: XtermTerminal, y: number, cell: IBufferCell, cursorColumn: number): string {
	const line = terminal.buffer.active.getLine(y);
	if (!line) return '';
	let text = '';
	let style = '';
	let run = '';
	const close = (): void => {
		text += style === '' ? run : `${style}${run}\u001B[0m`;
		run = '';
	};
	for (let x = 0; x < terminal.cols; x++) {
		if (!line.getCell(x, cell) || cell.getWidth() === 0) continue;
		const next = styleOf(cell, x === cursorColumn);
		if (next !== style) {
			close();
			style = next;
		}
		run += cell.isInvisible() ? ' ' : sanitizeLine(cell.getChars()) || ' ';
	}
	close();
	return text;
}

export async function createEmulator(
	columns: number,
	rows: number,
	{onPaint, onReply}: {readonly onPaint: () => void; readonly onReply: (data: string) => void},
): Promise<Emulator> {
	const {default: xterm} = await import('@xterm/headless');
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 1000});
	const cell = terminal.buffer.active.getNullCell();
	let isSgr = false;
	for (const [final, on] of [
		['h', true],
		['l', false],
	] as const)
		terminal.parser.registerCsiHandler({prefix: '?', final}, parameters => {
			if (parameters.includes(1006)) isSgr = on;
			return false;
		});
	terminal.onData(onReply);
	return {
		write(data) {
			terminal.write(data, onPaint);
		},
		resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
		rows(scrolled, cursor) {
			const {baseY, cursorX, cursorY} = terminal.buffer.active;
			const top = Math.max(0, baseY - scrolled);
			const cursorRow = cursor ? baseY + cursorY : -1;
			return Array.from({length: terminal.rows}, (_, y) => rowText(terminal, top + y, cell, top + y === cursorRow ? Math.min(cursorX, terminal.cols - 1) : -1));
		},
		get past() {
			return terminal.buffer.active.baseY;
		},
		get mouse() {
			const mode = terminal.modes.mouseTrackingMode;
			return mode === 'none' ? 'none' : mode === 'drag' || mode === 'any' ? 'drag' : 'clicks';
		},
		mouseReport(button, column, row, isRelease) {
			if (isSgr) return `\u001B[<${button};${column + 1};${row + 1}${isRelease ? 'm' : 'M'}`;
			// The old form has one byte for each, and no word for which button was let go.
			return column > 222 || row > 222 ? '' : `\u001B[M${String.fromCharCode(32 + (isRelease ? (button & ~3) | 3 : button), 33 + column, 33 + row)}`;
		},
		get isFull() {
			return terminal.buffer.active.type === 'alternate';
		},
		close: () => terminal.dispose(),
	};
}
