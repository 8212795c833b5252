import type {IBufferCell, Terminal as XtermTerminal} from '@xterm/headless';
import {sanitizeLine} from './sanitize.ts';

/** A terminal that is drawn inside a pane: bytes in, rows of text with colours out. */
export type Emulator = {
	write(data: string): void;
	resize(columns: number, rows: number): void;
	/** The screen, one ready string a row; the cursor is shown inverse where asked for. */
	rows(cursor: boolean): string[];
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
	terminal.onData(onReply);
	return {
		write(data) {
			terminal.write(data, onPaint);
		},
		resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
		rows(cursor) {
			const {viewportY, cursorX, cursorY} = terminal.buffer.active;
			return Array.from({length: terminal.rows}, (_, y) => rowText(terminal, viewportY + y, cell, cursor && y === cursorY ? Math.min(cursorX, terminal.cols - 1) : -1));
		},
		close: () => terminal.dispose(),
	};
}
