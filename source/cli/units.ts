/** Sizes and durations in Docker's words. */

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** C's `%.Ng`, for numbers below 10^N. */
function significant(value: number, digits: number): string {
	const text = value.toPrecision(digits);
	return text.includes('e') ? String(Math.round(value)) : text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function scale(size: number, base: number, units: readonly string[], digits: number): string {
	let at = 0;
	let value = size;
	for (; value >= base && at < units.length - 1; at++) value /= base;
	return `${significant(value, digits)}${units[at]}`;
}

/** `1.98MB`: sizes of images and layers. */
export const humanSize = (bytes: number, digits = 3): string => scale(bytes, 1000, DECIMAL, digits);

/** `5.824MiB`: memory. */
export const binarySize = (bytes: number): string => scale(bytes, 1024, BINARY, 4);

const MINUTE = 60;
const HOUR = 3600;

/** `3 minutes`, `About an hour`; seconds in. */
export function humanDuration(duration: number): string {
	const seconds = Math.trunc(duration);
	const minutes = Math.trunc(duration / MINUTE);
	const hours = Math.trunc(duration / HOUR + 0.5);
	if (seconds < 1) return 'Less than a second';
	if (seconds === 1) return '1 second';
	if (seconds < 60) return `${seconds} seconds`;
	if (minutes === 1) return 'About a minute';
	if (minutes < 60) return `${minutes} minutes`;
	if (hours === 1) return 'About an hour';
	if (hours < 48) return `${hours} hours`;
	if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
	if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
	return `${Math.trunc(duration / HOUR / 24 / 365)} years`;
}

/** Seconds since a time in RFC 3339. */
export const secondsSince = (time: string, now = Date.now()): number => Math.max(0, (now - Date.parse(time)) / 1000);

export const ago = (time: string, now = Date.now()): string => `${humanDuration(secondsSince(time, now))} ago`;

/** Go's default print of a time: `2026-11-21 12:34:56 +0000 UTC`, in the local zone. */
export function goTime(time: string): string {
	const date = new Date(time);
	const offset = -date.getTimezoneOffset();
	const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
	const zone = `${offset < 0 ? '-' : '+'}${two(offset / 60)}${two(offset % 60)}`;
	const name = offset === 0 ? 'UTC' : zone;
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone} ${name}`;
}

/** Cuts to so many characters, the last an ellipsis. */
export function ellipsis(text: string, length: number): string {
	const characters = Array.from(text);
	return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

const SHORT_ID = 12;

/** The first twelve hex digits, without `sha256:`. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, SHORT_ID);

/** Printable ASCII without quotes and backslashes: what most commands are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** As Go's strconv.Quote: what a container's command looks like in a list. */
export function goQuote(text: string): string {
	if (PLAIN.test(text)) return `"${text}"`;
	let quoted = '';
	for (const character of text) quoted += quoteCharacter(character);
	return `"${quoted}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {'"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\v': '\\v'};

function quoteCharacter(character: string): string {
	const known = ESCAPES[character];
	if (known !== undefined) return known;
	const code = character.codePointAt(0) ?? 0;
	if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
	if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
	return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
