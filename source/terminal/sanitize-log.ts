import {sanitizeLine} from './sanitize.ts';

/**
 * A line of a container's log, with its colours and nothing else: SGR is parsed and written anew from what we know, every other
 * control sequence is left out whole. Bounded: a line is cut at `longestLine` characters.
 */
export const longestLine = 16_384;

export type LogColors = 'none' | 'basic' | 'palette' | 'true';

// CSI, then strings (OSC, DCS, SOS, PM, APC) to their end or, unended, to the end of the line, then two-character escapes; the same in C1 form.
const sequence =
	/(?:\u001B\[|\u009B)([0-?]*)[ -/]*([@-~])|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C|$)|\u001B[ -/]*[0-Z\\-~]/g;

const number = (text: string | undefined): number => (text === undefined || text === '' ? 0 : Number(text));
const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;

const cube = (value: number): number => (value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40));
const toPalette = (red: number, green: number, blue: number): number => 16 + 36 * cube(red) + 6 * cube(green) + cube(blue);

const levels = [0, 95, 135, 175, 215, 255];

/** The red, green and blue of a palette number from 16 on. */
function channelsOf(index: number): readonly [number, number, number] {
	if (index >= 232) return [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10];
	const level = (place: number): number => levels[Math.floor((index - 16) / place) % 6] ?? 0;
	return [level(36), level(6), level(1)];
}

/** The likeliest of the sixteen: its hue, bright where the colour is. */
function toBasic(red: number, green: number, blue: number): number {
	const high = Math.max(red, green, blue);
	if (high < 64) return 0;
	const hue = (red > high / 2 ? 1 : 0) + (green > high / 2 ? 2 : 0) + (blue > high / 2 ? 4 : 0);
	if (hue === 7) return high < 128 ? 8 : high < 224 ? 7 : 15;
	return high > 191 ? hue + 8 : hue;
}

const basicCode = (base: string | undefined, index: number): string => String((base === '48' ? 40 : 30) + (index < 8 ? index : index + 52));

/** 38 or 48 with what follows it: the code to write, and how many parameters it took. */
function extended(parts: readonly string[], at: number, colors: LogColors): {readonly code: string; readonly used: number} {
	const kind = number(parts[at + 1]);
	const base = parts[at];
	if (kind === 5) {
		const index = number(parts[at + 2]);
		if (!isByte(index)) return {code: '', used: 3};
		return {code: colors === 'basic' ? basicCode(base, index < 16 ? index : toBasic(...channelsOf(index))) : `${base};5;${index}`, used: 3};
	}
	if (kind !== 2) return {code: '', used: 2};
	const [red, green, blue] = [number(parts[at + 2]), number(parts[at + 3]), number(parts[at + 4])];
	if (![red, green, blue].every(isByte)) return {code: '', used: 5};
	if (colors === 'basic') return {code: basicCode(base, toBasic(red, green, blue)), used: 5};
	return {code: colors === 'true' ? `${base};2;${red};${green};${blue}` : `${base};5;${toPalette(red, green, blue)}`, used: 5};
}

// Bold, faint, italic, underline, inverse, strike and their ends; not blink and not concealed text.
const plainCodes = new Set([0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 29, 39, 49]);
const isColor = (code: number): boolean => (code >= 30 && code <= 37) || (code >= 40 && code <= 47) || (code >= 90 && code <= 97) || (code >= 100 && code <= 107);

function rewriteSgr(parameters: string, colors: LogColors): string {
	if (!/^[\d;:]*$/.test(parameters)) return '';
	const parts = parameters.replaceAll(':', ';').split(';');
	const codes: string[] = [];
	for (let at = 0; at < parts.length && at < 32; ) {
		const code = number(parts[at]);
		if (code === 38 || code === 48) {
			const {code: written, used} = extended(parts, at, colors);
			if (written !== '' && colors !== 'none') codes.push(written);
			at += used;
			continue;
		}
		if (plainCodes.has(code) || (isColor(code) && colors !== 'none')) codes.push(String(code));
		at++;
	}
	return codes.length === 0 ? '' : `\u001B[${codes.join(';')}m`;
}

/** Text whose only sequences are colours, in as many of them as the terminal has; bold, inverse and the like stay. */
export const reduceColors = (text: string, colors: LogColors): string =>
	colors === 'true' ? text : text.replaceAll(/\u001B\[([\d;]*)m/g, (_, parameters: string) => rewriteSgr(parameters, colors));

const expandTabs = (text: string): string => {
	let column = 0;
	return text.replaceAll(/\t|[^\t]+/g, run => {
		const shown = run === '\t' ? ' '.repeat(8 - (column % 8)) : run;
		column += shown.length;
		return shown;
	});
};

/** What a terminal would show in the end of a line that a progress bar rewrote with carriage returns. */
function lastRewrite(text: string): string {
	const line = text.replace(/[\r\n]+$/, '');
	const carriage = line.lastIndexOf('\r');
	return carriage === -1 ? line : line.slice(carriage + 1);
}

export function sanitizeLog(text: string, colors: LogColors): string {
	const cut = text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
	const line = lastRewrite(cut);
	if (/^[ -~]*$/.test(line)) return line;
	let shown = '';
	let from = 0;
	let styled = false;
	for (const match of line.matchAll(sequence)) {
		shown += sanitizeLine(expandTabs(line.slice(from, match.index)));
		from = match.index + match[0].length;
		const style = match[2] === 'm' && colors !== 'none' ? rewriteSgr(match[1] ?? '', colors) : '';
		shown += style;
		styled ||= style !== '';
	}
	shown += sanitizeLine(expandTabs(line.slice(from)));
	return styled ? `${shown}\u001B[0m` : shown;
}
