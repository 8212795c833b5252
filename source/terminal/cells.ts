import stringWidth from 'string-width';
import {graphemes, isSimple} from './width.ts';

/** A row of the screen as cells: characters, and the SGR codes of each. The second half of a wide character is ''. */
export type Cells = {readonly characters: readonly string[]; readonly styles: readonly string[]; readonly wide: boolean};

type Pen = {fg: string; bg: string; readonly flags: Set<number>};

const endsOf: Readonly<Record<number, readonly number[]>> = {22: [1, 2], 23: [3], 24: [4], 27: [7], 29: [9]};

/** Follows SGR as a terminal does; only what our own screen uses. */
function applySgr(pen: Pen, parameters: string): void {
	const codes = parameters.split(';').map(Number);
	for (let at = 0; at < codes.length; at++) {
		const code = codes[at] ?? 0;
		if (code === 0) {
			pen.fg = '';
			pen.bg = '';
			pen.flags.clear();
		} else if (code === 38 || code === 48) {
			const length = codes[at + 1] === 2 ? 5 : 3;
			const value = codes.slice(at, at + length).join(';');
			if (code === 38) pen.fg = value;
			else pen.bg = value;
			at += length - 1;
		} else if (code === 39) pen.fg = '';
		else if (code === 49) pen.bg = '';
		else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) pen.fg = String(code);
		else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) pen.bg = String(code);
		else if (endsOf[code]) for (const flag of endsOf[code]) pen.flags.delete(flag);
		else pen.flags.add(code);
	}
}

const styleOf = ({fg, bg, flags}: Pen): string => [...flags, fg, bg].filter(part => part !== '').join(';');

const widths = new Map<string, number>();

/** Texts are made of few characters: their widths are asked for once. */
function widthOfCharacter(character: string): number {
	let width = widths.get(character);
	if (width === undefined) {
		width = stringWidth(character);
		if (widths.size > 4096) widths.clear();
		widths.set(character, width);
	}
	return width;
}

/** As many cells as the text has columns. */
export function toCells(line: string): Cells {
	const characters: string[] = [];
	const styles: string[] = [];
	const pen: Pen = {fg: '', bg: '', flags: new Set()};
	let style = '';
	let wide = false;
	for (const [, parameters, text = ''] of line.matchAll(/\u001B\[([\d;]*)m|([^\u001B]+)/g)) {
		if (parameters !== undefined) {
			applySgr(pen, parameters === '' ? '0' : parameters);
			style = styleOf(pen);
			continue;
		}
		const simple = isSimple(text);
		for (const character of simple ? text : graphemes(text)) {
			const width = simple ? 1 : widthOfCharacter(character);
			if (width === 0) continue;
			characters.push(character);
			styles.push(style);
			for (let extra = 1; extra < width; extra++) {
				characters.push('');
				styles.push(style);
				wide = true;
			}
		}
	}
	return {characters, styles, wide};
}
