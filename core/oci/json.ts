import {isUtf8} from 'node:buffer';
import {EngineError} from '../errors/error.ts';

/** Objects have no prototype, so that a key named like a method of Object means nothing. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = {readonly [key: string]: Json};

const depthLimit = 64;
const numberForm = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const spaceForm = /[ \t\n\r]*/y;
/** The fast way through a string: everything up to the next quote, backslash or control character. */
const plainForm = /[^"\\\u0000-\u001f]*/y;
const escapeForm = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Cursor = {readonly text: string; at: number; readonly subject: string};

function fail(cursor: {subject: string}, reason: string): never {
	throw new EngineError({code: 'json.invalid', subject: cursor.subject, message: `${cursor.subject} is not acceptable JSON: ${reason}`});
}

/**
 * Reads JSON from outside more strictly than JSON.parse: valid UTF-8, no duplicate key, no `__proto__`, integers that a double
 * holds exactly, nesting of at most 64. Two readers must never see two documents in the same bytes.
 */
export function parseStrictJson(bytes: Uint8Array, subject: string): Json {
	if (!isUtf8(bytes)) fail({subject}, 'it is not valid UTF-8');
	const cursor: Cursor = {text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), at: 0, subject};
	skipSpace(cursor);
	const value = parseValue(cursor, 0);
	if (cursor.at !== cursor.text.length) fail(cursor, `something follows its end at ${cursor.at}`);
	return value;
}

function match(cursor: Cursor, form: RegExp): RegExpExecArray | null {
	form.lastIndex = cursor.at;
	const found = form.exec(cursor.text);
	if (found) cursor.at = form.lastIndex;
	return found;
}

const skipSpace = (cursor: Cursor): void => void match(cursor, spaceForm);

function take(cursor: Cursor, token: string): boolean {
	if (!cursor.text.startsWith(token, cursor.at)) return false;
	cursor.at += token.length;
	skipSpace(cursor);
	return true;
}

function parseValue(cursor: Cursor, depth: number): Json {
	if (depth > depthLimit) fail(cursor, `it is nested deeper than ${depthLimit}`);
	if (take(cursor, '{')) return parseObject(cursor, depth);
	if (take(cursor, '[')) return parseArray(cursor, depth);
	if (cursor.text[cursor.at] === '"') return parseString(cursor);
	if (take(cursor, 'true')) return true;
	if (take(cursor, 'false')) return false;
	if (take(cursor, 'null')) return null;
	return parseNumber(cursor);
}

function parseObject(cursor: Cursor, depth: number): JsonObject {
	const object: Record<string, Json> = Object.create(null);
	if (take(cursor, '}')) return object;
	for (;;) {
		if (cursor.text[cursor.at] !== '"') fail(cursor, `a key is missing at ${cursor.at}`);
		const key = parseString(cursor);
		if (key === '__proto__') fail(cursor, 'it has a key __proto__');
		if (key in object) fail(cursor, `the key ${JSON.stringify(key.slice(0, 64))} appears twice`);
		if (!take(cursor, ':')) fail(cursor, `a colon is missing at ${cursor.at}`);
		object[key] = parseValue(cursor, depth + 1);
		if (take(cursor, '}')) return object;
		if (!take(cursor, ',')) fail(cursor, `a comma is missing at ${cursor.at}`);
	}
}

function parseArray(cursor: Cursor, depth: number): Json[] {
	const array: Json[] = [];
	if (take(cursor, ']')) return array;
	for (;;) {
		array.push(parseValue(cursor, depth + 1));
		if (take(cursor, ']')) return array;
		if (!take(cursor, ',')) fail(cursor, `a comma is missing at ${cursor.at}`);
	}
}

function parseString(cursor: Cursor): string {
	const start = cursor.at++;
	for (;;) {
		match(cursor, plainForm);
		if (cursor.text[cursor.at] === '"') break;
		if (!match(cursor, escapeForm)) fail(cursor, `a string is broken at ${cursor.at}`);
	}
	cursor.at++;
	const token = cursor.text.slice(start, cursor.at);
	const value = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
	if (!value.isWellFormed()) fail(cursor, `a string has half a surrogate pair at ${start}`);
	skipSpace(cursor);
	return value;
}

function parseNumber(cursor: Cursor): number {
	const found = match(cursor, numberForm);
	if (!found) fail(cursor, cursor.at === cursor.text.length ? 'it is cut off' : `an unexpected character stands at ${cursor.at}`);
	const value = Number(found[0]);
	const isInteger = found[1] === undefined && found[2] === undefined;
	if (!Number.isFinite(value) || (isInteger && !Number.isSafeInteger(value))) fail(cursor, `the number ${found[0].slice(0, 40)} is out of range`);
	skipSpace(cursor);
	return value;
}
