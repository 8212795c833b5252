import stringWidth from 'string-width';

const printableAscii = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;
const sgr = /\u001B\[[\d;]*m/y;
const colors = /\u001B\[[\d;]*m/g;

/** One code point is one column: ASCII, Latin, and what frames, charts and arrows are made of. */
const simple = /^[ -~\u00A1-\u00AC\u00AE-\u02FF\u2010-\u2027\u2190-\u21FF\u2500-\u25FC\u2714\u2718\u2800-\u28FF]*$/;

export const isSimple = (text: string): boolean => simple.test(text);

/** What a reader takes for one character. The tables for it are loaded at the first text that needs them. */
export function* graphemes(text: string): Generator<string> {
	segmenter ??= new Intl.Segmenter(undefined, {granularity: 'grapheme'});
	for (const {segment} of segmenter.segment(text)) yield segment;
}

/** Columns that plain or coloured text takes. */
export function widthOf(text: string): number {
	if (printableAscii.test(text)) return text.length;
	const plain = text.replace(colors, '');
	return simple.test(plain) ? plain.length : stringWidth(plain);
}

/** The part of a text without colours that fits `width` columns, with an ellipsis where something was cut. */
export function truncate(text: string, width: number): string {
	if (width <= 0) return '';
	if (printableAscii.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
	if (widthOf(text) <= width) return text;
	let taken = '';
	let columns = 0;
	for (const segment of graphemes(text)) {
		const next = columns + stringWidth(segment);
		if (next > width - 1) break;
		taken += segment;
		columns = next;
	}
	return `${taken}…`;
}

/** Exactly `width` columns: cut or filled with spaces. For text without colours. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const cut = truncate(text, width);
	const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
	return align === 'left' ? cut + space : space + cut;
}

/** Keeps both ends of a long name: the start says what it is, the end which one. */
export function truncateMiddle(text: string, width: number): string {
	if (widthOf(text) <= width || width < 5 || !printableAscii.test(text)) return truncate(text, width);
	const tail = Math.floor((width - 1) / 2);
	return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** Fills coloured text up to `width` columns. */
export const padColored = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

type Piece = {readonly text: string; readonly columns: number};

/** Splits coloured text into SGR sequences (no columns) and graphemes. */
function* pieces(text: string): Generator<Piece> {
	let at = 0;
	while (at < text.length) {
		sgr.lastIndex = at;
		const code = sgr.exec(text);
		if (code) {
			yield {text: code[0], columns: 0};
			at += code[0].length;
			continue;
		}
		const escape = text.indexOf('\u001B', at + 1);
		const run = text.slice(at, escape === -1 ? undefined : escape);
		if (isSimple(run)) for (const character of run) yield {text: character, columns: 1};
		else for (const segment of graphemes(run)) yield {text: segment, columns: stringWidth(segment)};
		at += run.length;
	}
}

/** Columns `from` to `from + width` of text that may hold SGR colours, which are kept and closed at the end. */
export function sliceColumns(text: string, from: number, width: number): string {
	if (printableAscii.test(text)) return text.slice(from, from + width);
	let taken = '';
	let column = 0;
	let colored = false;
	for (const piece of pieces(text)) {
		if (piece.columns === 0) {
			taken += piece.text;
			colored ||= piece.text.startsWith('\u001B');
			continue;
		}
		if (column >= from && column + piece.columns <= from + width) taken += piece.text;
		column += piece.columns;
		if (column >= from + width) break;
	}
	return colored ? `${taken}\u001B[0m` : taken;
}

/** Breaks coloured text into rows of at most `width` columns; colours go on over the break. */
export function wrapColumns(text: string, width: number): string[] {
	const rows: string[] = [];
	let row = '';
	let columns = 0;
	let style = '';
	for (const piece of pieces(text)) {
		if (piece.columns === 0) {
			if (piece.text.startsWith('\u001B')) style = /^\u001B\[0?m$/.test(piece.text) ? '' : style + piece.text;
			row += piece.text;
			continue;
		}
		if (columns + piece.columns > width) {
			rows.push(style === '' ? row : `${row}\u001B[0m`);
			row = style;
			columns = 0;
		}
		row += piece.text;
		columns += piece.columns;
	}
	rows.push(style === '' ? row : `${row}\u001B[0m`);
	return rows;
}

export const stripColors = (text: string): string => text.replace(colors, '');
