import {type Cells, toCells} from './cells.ts';

/** Coloured text at a column of a row. Later segments lie over earlier ones. */
export type Segment = {readonly x: number; readonly text: string};
/** A screen, row by row from the top. */
export type Frame = ReadonlyArray<readonly Segment[]>;

type Part = Segment & {readonly cells: Cells};
/** A row with what it was made of, so that what stays the same is not read again. */
export type FrameRow = {readonly parts: readonly Part[]; readonly columns: number; cells: Cells | undefined};

/** Neighbouring cells that changed, from a column on. */
export type Run = {readonly x: number; readonly characters: readonly string[]; readonly styles: readonly string[]};

export const blankRow = (columns: number): FrameRow => ({parts: [], columns, cells: undefined});

/** What is covered by half a wide character becomes blank. */
function overlay(characters: string[], styles: string[], {x, cells}: Part, columns: number): void {
	const length = Math.min(cells.characters.length, columns - x);
	if (length <= 0) return;
	if (characters[x] === '' && x > 0) characters[x - 1] = ' ';
	for (let at = 0; at < length; at++) {
		characters[x + at] = cells.characters[at] ?? ' ';
		styles[x + at] = cells.styles[at] ?? '';
	}
	for (let after = x + length; characters[after] === ''; after++) characters[after] = ' ';
}

function compose({parts, columns}: FrameRow): Cells {
	const characters = Array.from({length: columns}, () => ' ');
	const styles = Array.from({length: columns}, () => '');
	for (const part of parts) overlay(characters, styles, part, columns);
	return {characters, styles, wide: parts.some(({cells}) => cells.wide)};
}

const cellsOf = (row: FrameRow): Cells => (row.cells ??= compose(row));

/** The next row at the place of `before`; `before` itself where nothing changed. */
export function nextRow(segments: readonly Segment[], before: FrameRow): FrameRow {
	const {parts, columns} = before;
	if (parts.length === segments.length && segments.every(({x, text}, index) => parts[index]?.x === x && parts[index].text === text)) return before;
	const next = segments.map(({x, text}, index): Part => {
		const old = parts[index];
		return old?.text === text ? {x, text, cells: old.cells} : {x, text, cells: toCells(text)};
	});
	return {parts: next, columns, cells: undefined};
}

/** Moving the cursor costs about as much as writing over so many cells that stayed the same. */
const gap = 5;

/** First and last cell of each stretch that differs. */
function differences(before: Cells, after: Cells, length: number): Array<[from: number, to: number]> {
	const runs: Array<[number, number]> = [];
	for (let x = 0; x < length; x++) {
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
	while (to + 1 < length && (after.characters[to + 1] === '' || before.characters[to + 1] === '')) to++;
	return [[from, to]];
}

function runsOf(before: Cells, after: Cells, x: number, length: number): Run[] {
	return differences(before, after, length).map(([from, to]) => ({x: x + from, characters: after.characters.slice(from, to + 1), styles: after.styles.slice(from, to + 1)}));
}

/** Parts beside each other that keep their places: what changed in one of them is seen without looking at the rest of the row. */
function keepsShape(before: FrameRow, after: FrameRow): boolean {
	let end = 0;
	return (
		before.parts.length === after.parts.length &&
		after.parts.every(({x, cells}, index) => {
			const old = before.parts[index];
			const fits = old?.x === x && old.cells.characters.length === cells.characters.length && x >= end;
			end = x + cells.characters.length;
			return fits && end <= after.columns;
		})
	);
}

/** What must be written for `after` to stand where `before` stood. */
export function changedRuns(before: FrameRow, after: FrameRow): Run[] {
	if (!keepsShape(before, after)) return runsOf(cellsOf(before), cellsOf(after), 0, after.columns);
	return after.parts.flatMap(({x, cells}, index) => {
		const old = before.parts[index]?.cells;
		return old === undefined || old === cells ? [] : runsOf(old, cells, x, cells.characters.length);
	});
}

/** A frame as lines of text with colours: for tests and pictures. */
export const frameText = (frame: Frame, columns: number): string =>
	frame
		.map(segments => {
			const {characters, styles} = cellsOf(nextRow(segments, blankRow(columns)));
			let line = '';
			let style = '';
			characters.forEach((character, x) => {
				const next = styles[x] ?? '';
				if (next !== style) line += `${style === '' ? '' : '\u001B[0m'}${next === '' ? '' : `\u001B[${next}m`}`;
				style = next;
				line += character;
			});
			return style === '' ? line.trimEnd() : `${line}\u001B[0m`;
		})
		.join('\n');
