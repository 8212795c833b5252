import {goJson, goPrint, isMap, isTrue, type Value, zeroOf} from './values.ts';
import {printf} from './printf.ts';

type Callable = (...args: Value[]) => Value;

const text = (value: Value): string => goPrint(value);

function lengthOf(value: Value): number {
	if (typeof value === 'string') return Buffer.byteLength(value);
	if (Array.isArray(value)) return value.length;
	if (isMap(value)) return Object.keys(value).length;
	throw new Error(`len of type ${typeName(value)}`);
}

function typeName(value: Value): string {
	if (value === undefined || value === null) return 'nil pointer';
	return typeof value === 'number' ? 'int' : typeof value === 'boolean' ? 'bool' : typeof value;
}

function index(value: Value, ...keys: Value[]): Value {
	return keys.reduce((at: Value, key) => {
		if (at === undefined || at === null) throw new Error('index of untyped nil');
		if (isMap(at)) return entryOf(at, key);
		if (!Array.isArray(at) && typeof at !== 'string') throw new Error(`can't index item of type ${typeName(at)}`);
		const position = Number(key);
		if (!Number.isInteger(position)) throw new Error(`cannot index slice/array with type ${typeName(key)}`);
		if (position < 0 || position >= at.length) throw new Error(`index out of range: ${position}`);
		return typeof at === 'string' ? at.charCodeAt(position) : (at as Value[])[position];
	}, value);
}

function entryOf(map: Record<string, Value>, key: Value): Value {
	const zero = zeroOf(map);
	if (zero instanceof Error) throw zero;
	return Object.hasOwn(map, text(key)) ? map[text(key)] : zero;
}

function slice(value: Value, start: Value = 0, end?: Value): Value {
	if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`can't slice item of type ${typeName(value)}`);
	const last = end === undefined ? value.length : Number(end);
	if (Number(start) < 0 || last > value.length || Number(start) > last) throw new Error(`index out of range: ${last}`);
	return value.slice(Number(start), last);
}

const comparable = (value: Value): boolean => ['string', 'number', 'boolean'].includes(typeof value) || value === null || value === undefined;

function equal(first: Value, ...others: Value[]): boolean {
	if (others.length === 0) throw new Error('missing argument for comparison');
	return others.some(other => {
		if (!comparable(first) || !comparable(other)) throw new Error('non-comparable type');
		if (first !== null && first !== undefined && other !== null && other !== undefined && typeof first !== typeof other) throw new Error('incompatible types for comparison');
		return first === other || ((first ?? null) === null && (other ?? null) === null);
	});
}

function less(a: Value, b: Value): boolean {
	if (typeof a !== typeof b) throw new Error('incompatible types for comparison');
	if (typeof a === 'number' && typeof b === 'number') return a < b;
	if (typeof a === 'string' && typeof b === 'string') return a < b;
	throw new Error('invalid type for comparison');
}

const title = (value: string): string => value.replace(/(^|[^\p{L}\p{N}_'])(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

const pad = (value: Value, before: Value, after: Value): string => (text(value) === '' ? '' : ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)));

const truncate = (value: Value, length: Value): string => Array.from(text(value)).slice(0, Number(length)).join('');

/** Go puts blanks between neighbours that are both no strings. */
const print = (...args: Value[]): string => args.map((arg, at) => (at > 0 && typeof arg !== 'string' && typeof args[at - 1] !== 'string' ? ` ${text(arg)}` : text(arg))).join('');

const HTML: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;'};

/** Docker's functions, then Go's own. */
export const functions: Readonly<Record<string, Callable>> = {
	json: value => goJson(value),
	split: (value, separator) => text(value).split(text(separator)),
	join: (values, separator) => (Array.isArray(values) ? values.map(text).join(text(separator)) : text(values)),
	title: value => title(text(value)),
	lower: value => text(value).toLowerCase(),
	upper: value => text(value).toUpperCase(),
	pad,
	truncate,
	println: (...args) => `${args.map(text).join(' ')}\n`,
	print,
	printf: (format, ...args) => printf(text(format), args),
	len: lengthOf,
	index,
	slice,
	not: value => !isTrue(value),
	eq: equal,
	ne: (a, b) => !equal(a, b),
	lt: less,
	le: (a, b) => less(a, b) || equal(a, b),
	gt: (a, b) => less(b, a),
	ge: (a, b) => less(b, a) || equal(a, b),
	html: (...args) => print(...args).replace(/[&<>"']/g, character => HTML[character] ?? character),
	js: (...args) =>
		JSON.stringify(print(...args))
			.slice(1, -1)
			.replaceAll("'", "\\'"),
	urlquery: (...args) => encodeURIComponent(print(...args)).replaceAll('%20', '+'),
};

/** These look at their arguments one by one, so the evaluator has them itself. */
export const lazyFunctions: ReadonlySet<string> = new Set(['and', 'or']);
export const functionNames: ReadonlySet<string> = new Set([...Object.keys(functions), ...lazyFunctions]);
