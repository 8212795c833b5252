/** Tabs to columns, by the rules of Go's tabwriter: what Docker's tables are made with. */

const MINIMUM = 10;
const PADDING = 3;

const ASCII = /^[ -~]*$/;

const widthOf = (text: string): number => (ASCII.test(text) ? text.length : Array.from(text).length);

/**
 * A cell is text that a tab ends; the rest of a line is no cell. Neighbouring lines that have a cell in the same place share a column,
 * as wide as its widest cell and three blanks, and ten at least.
 */
export function alignColumns(text: string, {minimum = MINIMUM, padding = PADDING} = {}): string {
	const lines = text.split('\n').map(line => line.split('\t'));
	const widths: number[][] = lines.map(() => []);
	fillWidths(lines, widths, 0, lines.length, 0, {minimum, padding});
	return lines.map((cells, row) => cells.map((cell, at) => (at === cells.length - 1 ? cell : cell + ' '.repeat((widths[row]?.[at] ?? 0) - widthOf(cell)))).join('')).join('\n');
}

type Rules = {readonly minimum: number; readonly padding: number};

function fillWidths(lines: readonly string[][], widths: number[][], from: number, to: number, column: number, rules: Rules): void {
	for (let row = from; row < to; row++) {
		if (column >= (lines[row]?.length ?? 0) - 1) continue;
		let end = row;
		let width = rules.minimum;
		for (; end < to && column < (lines[end]?.length ?? 0) - 1; end++) width = Math.max(width, widthOf(lines[end]?.[column] ?? '') + rules.padding);
		for (let at = row; at < end; at++) (widths[at] ??= [])[column] = width;
		fillWidths(lines, widths, row, end, column + 1, rules);
		row = end;
	}
}
