import {EngineError} from '../errors/error.ts';

/** Lines of `key value`: the form of plans, statuses, records and requests (docs/formats.md, "Fields"). */
export type Fields = ReadonlyMap<string, readonly string[]>;
export type FieldValue = string | number | boolean | undefined | ReadonlyArray<string | number>;

const limit = 65_536;
const goodKey = /^[a-z][a-z0-9-]*$/;

const bad = (message: string): EngineError => new EngineError({code: 'monitor.bad-fields', message});

function encodeOne(key: string, value: string | number | boolean): string {
	const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
	if (/[\n\0]/.test(text)) throw bad(`the value of ${key} holds a newline or a NUL and cannot be handed to the monitor`);
	return `${key} ${text}\n`;
}

/** A command as events show it. */
export const oneLine = (text: string): string => text.slice(0, 1024).replaceAll(/[\n\0]/g, ' ');

/** Booleans become `yes` and `no`, lists repeat their key, undefined is left out. */
export function encodeFields(values: Readonly<Record<string, FieldValue>>): string {
	let text = '';
	for (const [key, value] of Object.entries(values)) {
		if (!goodKey.test(key)) throw bad(`${key} is not a name for a field`);
		if (value === undefined) continue;
		for (const one of Array.isArray(value) ? value : [value]) text += encodeOne(key, one as string | number | boolean);
	}
	if (Buffer.byteLength(text) > limit) throw bad(`more than ${limit} bytes of fields`);
	return text;
}

export function decodeFields(text: string): Fields {
	if (text.length > limit || text.includes('\0') || (text !== '' && !text.endsWith('\n'))) throw bad('fields are too long, hold a NUL or end in the middle of a line');
	const fields = new Map<string, string[]>();
	for (const line of text.split('\n').slice(0, -1)) {
		const space = line.indexOf(' ');
		const key = space < 0 ? line : line.slice(0, space);
		if (!goodKey.test(key)) throw bad('a line of fields has no key');
		const value = space < 0 ? '' : line.slice(space + 1);
		const list = fields.get(key);
		if (list) list.push(value);
		else fields.set(key, [value]);
	}
	return fields;
}

export const textField = (fields: Fields, key: string): string => fields.get(key)?.[0] ?? '';

/** 0 where it is absent or not a number. */
export const numberField = (fields: Fields, key: string): number => {
	const number = Number(fields.get(key)?.[0] ?? 0);
	return Number.isFinite(number) ? number : 0;
};

export const flagField = (fields: Fields, key: string): boolean => fields.get(key)?.[0] === 'yes';
