import {blankRow, changedRuns, type Frame, type FrameRow, nextRow, type Run} from './frame.ts';

/**
 * Puts frames on the screen and sends only the cells that changed: a line over SSH is slow, and
 * every byte counts. Where the terminal has not taken the last frame yet, frames are dropped, never queued.
 */
export type Painter = {
	/** Takes the alternate screen. */
	open(): void;
	paint(frame: Frame): void;
	/** Draws the last frame whole: somebody else wrote on the screen, or its size changed. */
	redraw(): void;
	/** Gives the screen back as it was. */
	close(): void;
};

const escape = '\u001B[';
const enter = `${escape}?1049h${escape}?25l${escape}2J`;
const leave = `${escape}0m${escape}?25h${escape}?1049l`;
const beginUpdate = `${escape}?2026h`;
const endUpdate = `${escape}?2026l`;

function drawRun({x, characters, styles}: Run, row: number): string {
	let text = `${escape}${row + 1};${x + 1}H`;
	let style = '';
	characters.forEach((character, index) => {
		const next = styles[index] ?? '';
		if (next !== style) {
			text += next === '' ? `${escape}0m` : `${escape}0;${next}m`;
			style = next;
		}
		text += character;
	});
	return style === '' ? text : `${text}${escape}0m`;
}

export function createPainter(output: NodeJS.WriteStream): Painter {
	let rows: FrameRow[] = [];
	let columns = 0;
	let last: Frame = [];
	let waiting: Frame | undefined;
	let isOpen = false;

	function draw(frame: Frame): void {
		const width = output.columns || 80;
		const height = output.rows || 24;
		const whole = width !== columns || rows.length !== height;
		columns = width;
		let bytes = whole ? `${escape}0m${escape}2J` : '';
		const blank = blankRow(columns);
		rows = Array.from({length: height}, (_, y) => {
			const old = whole ? blank : (rows[y] ?? blank);
			const row = nextRow(frame[y] ?? [], old);
			if (row !== old) for (const run of changedRuns(old, row)) bytes += drawRun(run, y);
			return row;
		});
		if (bytes !== '') output.write(beginUpdate + bytes + endUpdate);
	}

	const onDrain = (): void => {
		const frame = waiting;
		waiting = undefined;
		if (frame !== undefined && isOpen) draw(frame);
	};

	return {
		open() {
			if (isOpen) return;
			isOpen = true;
			rows = [];
			output.on('drain', onDrain);
			output.write(enter);
		},
		paint(frame) {
			if (!isOpen) return;
			last = frame;
			if (output.writableNeedDrain) waiting = frame;
			else draw(frame);
		},
		redraw() {
			rows = [];
			if (isOpen) draw(last);
		},
		close() {
			if (!isOpen) return;
			isOpen = false;
			output.off('drain', onDrain);
			try {
				output.write(leave);
			} catch {
				// The line is gone: there is no screen left to give back.
			}
		},
	};
}
