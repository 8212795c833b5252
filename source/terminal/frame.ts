import {type Cells, toCells} from './cells.ts';

/** Coloured text at a column of a row. Later segments lie over earlier ones. */
export type Segment = {readonly x: number; readonly text: string};
/** A screen, row by row from the top. */
export type Frame = ReadonlyArray<readonly Segment[]>;

type Part = Segment & {readonly cells: Cells};
/** A row with what it was made of, so that what stays the same is not read again. */
export type FrameRow = {readonly parts: readonly Part[]; readonly cells: Cells};

const isSame = (parts: readonly Part[], segments: readonly Segment[]): boolean =>
	parts.length === segments.length && segments.every(({x, text}, index) => parts[index]?.x === x && parts[index].text === text);

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

/** The cells of a row; `before` itself where nothing changed. */
export function composeRow(segments: readonly Segment[], columns: number, before: FrameRow | undefined): FrameRow {
	if (before && isSame(before.parts, segments)) return before;
	const parts = segments.map(({x, text}, index): Part => {
		const old = before?.parts[index];
		return old?.text === text ? {x, text, cells: old.cells} : {x, text, cells: toCells(text)};
	});
	const characters = Array.from({length: columns}, () => ' ');
	const styles = Array.from({length: columns}, () => '');
	for (const part of parts) overlay(characters, styles, part, columns);
	return {parts, cells: {characters, styles, wide: parts.some(({cells}) => cells.wide)}};
}

export const blankRow = (columns: number): FrameRow => composeRow([], columns, undefined);

/** A frame as lines of text with colours: for tests and pictures. */
export const frameText = (frame: Frame, columns: number): string =>
	frame
		.map(segments => {
			const {characters, styles} = composeRow(segments, columns, undefined).cells;
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
