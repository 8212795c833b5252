import {EngineError} from '../errors/error.ts';
import type {Json, JsonObject} from './json.ts';

/** Where a value stands, for the error: `manifest sha256:…`, then `layers[2].size`. */
export type Place = {readonly subject: string; readonly path: string};

export const placeOf = (subject: string): Place => ({subject, path: ''});
export const below = ({subject, path}: Place, key: string | number): Place => ({
	subject,
	path: typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`,
});

export function refuse({subject, path}: Place, reason: string): never {
	throw new EngineError({code: 'oci.invalid', subject, message: `${subject} is refused: ${path === '' ? '' : `${path} `}${reason}`});
}

/** What Go's encoder leaves out and what it writes as null mean the same. */
const isAbsent = (value: Json | undefined): value is null | undefined => value === undefined || value === null;

export function asObject(value: Json | undefined, place: Place): JsonObject {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(place, 'must be an object');
	return value as JsonObject;
}

export function asArray(value: Json | undefined, place: Place, limit: number): readonly Json[] {
	if (!Array.isArray(value)) refuse(place, 'must be an array');
	if (value.length > limit) refuse(place, `has ${value.length} entries; at most ${limit} are allowed`);
	return value;
}

export function asString(value: Json | undefined, place: Place, limit = 4096): string {
	if (typeof value !== 'string') refuse(place, 'must be a string');
	if (value.length > limit) refuse(place, `is longer than ${limit} characters`);
	return value;
}

export function asSize(value: Json | undefined, place: Place): number {
	if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) refuse(place, 'must be a size in bytes');
	return value;
}

type Reader<T> = (value: Json | undefined, place: Place) => T;

/** `undefined` when the key is absent or null, else what `read` makes of it. */
export function optional<T>(object: JsonObject, key: string, place: Place, read: Reader<T>): T | undefined {
	const value = object[key];
	return isAbsent(value) ? undefined : read(value, below(place, key));
}

export const asStrings =
	(count: number, length: number): Reader<readonly string[]> =>
	(value, place) =>
		asArray(value, place, count).map((item, index) => asString(item, below(place, index), length));

/** A map with string values, as a plain record without prototype. */
export const asStringMap =
	(count: number, length: number): Reader<Readonly<Record<string, string>>> =>
	(value, place) => {
		const record: Record<string, string> = Object.create(null);
		for (const [key, item] of entriesOf(value, place, count)) record[key] = asString(item, below(place, key.slice(0, 64)), length);
		return record;
	};

/** A set, as Docker writes one: an object whose values say nothing. */
export const asKeySet =
	(count: number): Reader<Readonly<Record<string, unknown>>> =>
	(value, place) => {
		const record: Record<string, unknown> = Object.create(null);
		for (const [key] of entriesOf(value, place, count)) record[key] = {};
		return record;
	};

function entriesOf(value: Json | undefined, place: Place, limit: number): Array<[string, Json]> {
	const entries = Object.entries(asObject(value, place));
	if (entries.length > limit) refuse(place, `has ${entries.length} keys; at most ${limit} are allowed`);
	const long = entries.find(([key]) => key.length > 4096);
	if (long) refuse(place, 'has a key longer than 4096 characters');
	return entries;
}
