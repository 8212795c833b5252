import type {Cells} from './cells.ts';
import {blankRow, composeRow, type Frame, type FrameRow} from './frame.ts';

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

/** Moving the cursor costs about as much as writing over so many cells that stayed the same. */
const gap = 5;

/** First and last column of each stretch that differs. */
function changedRuns(before: Cells, after: Cells, columns: number): Array<[from: number, to: number]> {
	const runs: Array<[number, number]> = [];
	for (let x = 0; x < columns; x++) {
		if (before.characters[x] === after.characters[x] && before.styles[x] === after.styles[x]) continue;
		const last = runs.at(-1);
		if (last && x - last[1] <= gap) last[1] = x;
		else runs.push([x, x]);
	}
	const [first] = runs;
	const end = runs.at(-1);
	if (!first || !end || !(before.wide || after.wide)) return runs;
	// Half of a wide character cannot be written: from the beginning of the first to the end of the last.
	let from = first[0];
	while (from > 0 && (after.characters[from] === '' || before.characters[from] === '')) from--;
	let to = end[1];
	while (to + 1 < columns && (after.characters[to + 1] === '' || before.characters[to + 1] === '')) to++;
	return [[from, to]];
}

function drawRun({characters, styles}: Cells, row: number, [from, to]: readonly [number, number]): string {
	let text = `${escape}${row + 1};${from + 1}H`;
	let style = '';
	for (let x = from; x <= to; x++) {
		const next = styles[x] ?? '';
		if (next !== style) {
			text += next === '' ? `${escape}0m` : `${escape}0;${next}m`;
			style = next;
		}
		text += characters[x] ?? ' ';
	}
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
			const row = composeRow(frame[y] ?? [], columns, old);
			if (row !== old) for (const run of changedRuns(old.cells, row.cells, columns)) bytes += drawRun(row.cells, y, run);
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
