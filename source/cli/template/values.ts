/** Values as a template sees them: what is true, how Go prints them, how it orders maps. */

export type Value = unknown;

export const isMap = (value: Value): value is Record<string, Value> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const sortedKeys = (map: Record<string, Value>): string[] => Object.keys(map).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** What an index gives for a key that is not there, by map; and how a struct prints. */
const open = new WeakMap<object, Value>();
const structs = new WeakMap<object, string | undefined>();

/** Marks Go's maps of any keys among what would be structs: a key that is not there is no mistake, but no value. `zero`: what an index gives then; an Error where keys are no strings. */
export function openMap<T extends object>(map: T, zero: Value = ''): T {
	open.set(map, zero);
	return map;
}

export const isOpenMap = (map: object): boolean => open.has(map);

/** undefined for a map that JSON made: Go then has no value. */
export const zeroOf = (map: object): Value => open.get(map);

/** Marks what prints as `{VALUE VALUE}`, in its order, or as `text`. */
export function struct<T extends object>(object: T, text?: string): T {
	structs.set(object, text);
	return object;
}

/** Go's nil slices and maps: empty to look at, null in JSON. */
const asNil = <T extends object>(empty: T): T => Object.defineProperty(empty, 'toJSON', {value: () => null, enumerable: false});
export const nilList: readonly Value[] = asNil([]);
export const nilMap: Readonly<Record<string, Value>> = openMap(asNil({}));

/** Go's truth: not the zero value, not empty. */
export function isTrue(value: Value): boolean {
	if (Array.isArray(value)) return value.length > 0;
	if (isMap(value)) return Object.keys(value).length > 0;
	return Boolean(value);
}

/** Go's `%v`. */
export function goPrint(value: Value): string {
	if (value === undefined) return '<no value>';
	if (value === null) return '<nil>';
	if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
	if (isMap(value) && structs.has(value)) return structs.get(value) ?? `{${Object.values(value).map(goPrint).join(' ')}}`;
	if (isMap(value))
		return `map[${sortedKeys(value)
			.map(key => `${key}:${goPrint(value[key])}`)
			.join(' ')}]`;
	if (typeof value === 'number') return goNumber(value);
	return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '<function>';
}

function goNumber(value: number): string {
	if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
	const text = String(value);
	const exponent = /e([+-])(\d)$/.exec(text);
	return exponent === null ? text : `${text.slice(0, -exponent[0].length)}e${exponent[1]}0${exponent[2]}`;
}

/** A row of a list: an object that gives its columns as JSON itself. */
export const isRow = (value: Value): boolean => isMap(value) && Object.prototype.propertyIsEnumerable.call(value, 'toJSON');

const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON as Go writes it for Docker: a whole row is made safe for HTML, a single value is not. */
export function goJson(value: Value): string {
	const text = JSON.stringify(value ?? null);
	return isRow(value) ? text.replace(ESCAPED, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}
