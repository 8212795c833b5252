import {stripColors, widthOf, wrapColumns} from '../../terminal/width.ts';
import type {LogBuffer, LogLine} from './log-buffer.ts';
import {type LineFilter, matcherOf, parseLineFilter} from './matcher.ts';
import type {LogLook} from './state.ts';

/** One row of the screen. `line` is the entry's number since the beginning of the reading; a ruler has no entry. */
export type LogRow = {readonly line: number; readonly entry: LogLine | undefined; readonly text: string; readonly continued: boolean};
export type LogWindow = {readonly rows: readonly LogRow[]; readonly first: number; readonly last: number};

export const timeWidth = 13;

/** Of the name before each line of a merged log. */
export const nameWidth = 14;

/** Columns left for the text beside the mark of the stream, the name and the time. */
export const logTextWidth = (width: number, {times}: Pick<LogLook, 'times'>, merged: boolean): number =>
	Math.max(1, width - 1 - (times ? timeWidth : 0) - (merged ? nameWidth : 0));

/** An entry as lines: several, where JSON is laid out. */
type Show = (entry: LogLine) => readonly string[];

const plainOf = new WeakMap<LogLine, string>();

/** What searching and filtering look at. */
export function plainText(entry: LogLine): string {
	let plain = plainOf.get(entry);
	if (plain === undefined) plainOf.set(entry, (plain = stripColors(entry.log).replace(/[\r\n]+$/, '')));
	return plain;
}

/** With the lines around those that match. */
function withContext(matched: readonly number[], around: number, count: number): number[] {
	const shown: number[] = [];
	for (const index of matched) {
		for (let at = Math.max(index - around, (shown.at(-1) ?? -1) + 1); at <= Math.min(index + around, count - 1); at++) shown.push(at);
	}
	return shown;
}

function choose(entries: readonly LogLine[], stream: LogLook['stream'], filter: LineFilter | undefined): number[] {
	const matched: number[] = [];
	entries.forEach((entry, index) => {
		if (stream !== 'all' && entry.stream !== stream) return;
		if (filter === undefined || filter.matcher.test(plainText(entry)) !== filter.invert) matched.push(index);
	});
	return filter && filter.context > 0 ? withContext(matched, filter.context, entries.length) : matched;
}

type Chosen = {readonly entries: readonly LogLine[]; readonly key: string; readonly indices: readonly number[]};
let chosen: Chosen | undefined;
let all: readonly number[] = [];

/** Places in the buffer of the lines that are shown, oldest first. */
export function shownIndices({entries}: Pick<LogBuffer, 'entries'>, {stream, only}: Pick<LogLook, 'stream' | 'only'>): readonly number[] {
	if (stream === 'all' && only === '') {
		if (all.length < entries.length) all = Array.from({length: Math.max(entries.length, 1024)}, (_, index) => index);
		return all.length === entries.length ? all : all.slice(0, entries.length);
	}
	const key = `${stream} ${only}`;
	if (chosen?.entries !== entries || chosen.key !== key) chosen = {entries, key, indices: choose(entries, stream, only === '' ? undefined : parseLineFilter(only))};
	return chosen.indices;
}

/** The place in `indices` of the first line at or after `index`. */
function placeOf(indices: readonly number[], index: number): number {
	let [low, high] = [0, indices.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((indices[middle] ?? 0) < index) low = middle + 1;
		else high = middle;
	}
	return low;
}

function rowsOf(buffer: LogBuffer, index: number, look: LogLook, width: number, show: Show): LogRow[] {
	const entry = buffer.entries[index];
	if (entry === undefined) return [];
	const line = buffer.first + index;
	const parts = show(entry).flatMap(text => (look.wrap && widthOf(text) > width ? wrapColumns(text, width) : [text]));
	const rows = parts.map((text, part): LogRow => ({line, entry, text, continued: part > 0}));
	return look.rulers.includes(line) ? [...rows, {line, entry: undefined, text: '', continued: true}] : rows;
}

const isMerged = ({ids}: LogBuffer): boolean => ids.length > 1;

/** The rows that fit: the newest while following, else those from `top` on. */
export function logWindow(buffer: LogBuffer, look: LogLook, size: {readonly width: number; readonly height: number}, show: Show): LogWindow {
	const width = logTextWidth(size.width, look, isMerged(buffer));
	const indices = shownIndices(buffer, look);
	let rows: LogRow[] = [];
	if (look.top === undefined) {
		for (let place = indices.length - 1; place >= 0 && rows.length < size.height; place--) rows = [...rowsOf(buffer, indices[place] ?? 0, look, width, show), ...rows];
		rows = rows.slice(-size.height);
	} else {
		for (let place = placeOf(indices, look.top - buffer.first); place < indices.length && rows.length < size.height; place++)
			rows.push(...rowsOf(buffer, indices[place] ?? 0, look, width, show));
		rows = rows.slice(0, size.height);
	}
	return {rows, first: rows[0]?.line ?? buffer.first, last: rows.at(-1)?.line ?? buffer.first};
}

/** `count` shown lines away from `line`, within the buffer. */
export function stepLines(buffer: LogBuffer, look: LogLook, line: number, count: number): number {
	const indices = shownIndices(buffer, look);
	const place = Math.max(0, Math.min(indices.length - 1, placeOf(indices, line - buffer.first) + count));
	return buffer.first + (indices[place] ?? 0);
}

/** The line of the next match, wrapping round the end; undefined when there is none. */
export function findInLog(buffer: LogBuffer, look: LogLook, from: number, direction: 1 | -1): number | undefined {
	const indices = shownIndices(buffer, look);
	const count = indices.length;
	if (look.search === '' || count === 0) return undefined;
	const matcher = matcherOf(look.search);
	const start = placeOf(indices, from - buffer.first);
	// From between two lines the next upwards is the one before, the next downwards the one at the place itself.
	const offset = indices[start] === from - buffer.first || direction === -1 ? 0 : -1;
	for (let step = 1; step <= count; step++) {
		const index = indices[(((start + offset + step * direction) % count) + count) % count] ?? 0;
		const entry = buffer.entries[index];
		if (entry !== undefined && matcher.test(plainText(entry))) return buffer.first + index;
	}
	return undefined;
}

/** How many lines match, and which of them the search stands at, from 1. */
export function countMatches(buffer: LogBuffer, look: LogLook): {readonly count: number; readonly place: number} {
	const matcher = matcherOf(look.search);
	let count = 0;
	let place = 0;
	for (const index of shownIndices(buffer, look)) {
		const entry = buffer.entries[index];
		if (entry === undefined || !matcher.test(plainText(entry))) continue;
		count++;
		if (buffer.first + index === look.match) place = count;
	}
	return {count, place};
}

/** The first shown line that was written at or after a time in RFC 3339. */
export function lineAtTime(buffer: LogBuffer, look: LogLook, time: string): number | undefined {
	const found = shownIndices(buffer, look).find(index => (buffer.entries[index]?.time ?? '') >= time);
	return found === undefined ? undefined : buffer.first + found;
}
