import {goQuote} from '../units.ts';
import {goPrint, type Value} from './values.ts';

const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])/g;
/** A template may not ask for gigabytes of blanks. */
const WIDEST = 10_000;

/** Go's Printf for the verbs that templates use. */
export function printf(format: string, args: readonly Value[]): string {
	let next = 0;
	const text = format.replace(VERB, (whole: string, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
		if (verb === '%') return '%';
		const columns = width === '*' ? Number(args[next++]) : Number(width ?? 0);
		if (next >= args.length) return `%!${verb}(MISSING)`;
		const shown = showVerb(verb, args[next++], precision === undefined ? undefined : Number(precision), flags);
		return shown === undefined ? `%!${whole.at(-1)}(${goPrint(args[next - 1])})` : padTo(shown, Math.min(columns, WIDEST), flags);
	});
	return next < args.length ? `${text}%!(EXTRA ${args.slice(next).map(goPrint).join(', ')})` : text;
}

function padTo(text: string, width: number, flags: string): string {
	if (flags.includes('-')) return text.padEnd(width);
	return flags.includes('0') && /^[+-]?\d/.test(text) ? text.padStart(width, '0') : text.padStart(width);
}

function showVerb(verb: string, value: Value, precision: number | undefined, flags: string): string | undefined {
	const sign = flags.includes('+') && typeof value === 'number' && value >= 0 ? '+' : '';
	switch (verb) {
		case 's':
		case 'v':
			return precision === undefined ? goPrint(value) : Array.from(goPrint(value)).slice(0, precision).join('');
		case 'q':
			return goQuote(goPrint(value));
		case 'd':
			return typeof value === 'number' ? sign + String(Math.trunc(value)) : undefined;
		case 'x':
		case 'X':
			return hex(value, verb === 'X');
		case 'f':
		case 'F':
			return typeof value === 'number' ? sign + value.toFixed(Math.min(precision ?? 6, 100)) : undefined;
		case 't':
			return typeof value === 'boolean' ? String(value) : undefined;
		case 'c':
			return typeof value === 'number' && value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : undefined;
		case 'T':
			return typeof value;
		default:
			return undefined;
	}
}

function hex(value: Value, upper: boolean): string | undefined {
	const text = typeof value === 'number' ? Math.trunc(value).toString(16) : typeof value === 'string' ? Buffer.from(value).toString('hex') : undefined;
	return upper ? text?.toUpperCase() : text;
}
