import {stripColors, widthOf, wrapColumns} from '../../terminal/width.ts';
import type {LogEntry} from './engine-port.ts';
import type {LogBuffer} from './log-buffer.ts';
import type {LogLook} from './state.ts';

/** One row of the screen. `line` is the entry's number since the beginning of the reading. */
export type LogRow = {readonly line: number; readonly entry: LogEntry; readonly text: string; readonly continued: boolean};
export type LogWindow = {readonly rows: readonly LogRow[]; readonly first: number; readonly last: number};

export const timeWidth = 13;

/** Columns left for the text beside the mark of the stream and the time. */
export const logTextWidth = (width: number, {times}: Pick<LogLook, 'times'>): number => Math.max(1, width - 1 - (times ? timeWidth : 0));

type Show = (entry: LogEntry) => string;

function rowsOf(line: number, entry: LogEntry, {wrap}: LogLook, width: number, show: Show): LogRow[] {
	const text = show(entry);
	if (!wrap || widthOf(text) <= width) return [{line, entry, text, continued: false}];
	return wrapColumns(text, width).map((part, index) => ({line, entry, text: part, continued: index > 0}));
}

const isShown = (entry: LogEntry, {stream}: LogLook): boolean => stream === 'all' || entry.stream === stream;

function followRows(buffer: LogBuffer, look: LogLook, width: number, height: number, show: Show): LogRow[] {
	let rows: LogRow[] = [];
	for (let index = buffer.entries.length - 1; index >= 0 && rows.length < height; index--) {
		const entry = buffer.entries[index];
		if (entry !== undefined && isShown(entry, look)) rows = [...rowsOf(buffer.first + index, entry, look, width, show), ...rows];
	}
	return rows.slice(-height);
}

/** The rows that fit: the newest while following, else those from `top` on. */
export function logWindow(buffer: LogBuffer, look: LogLook, size: {readonly width: number; readonly height: number}, show: Show): LogWindow {
	const width = logTextWidth(size.width, look);
	let rows: LogRow[] = [];
	if (look.top === undefined) {
		rows = followRows(buffer, look, width, size.height, show);
	} else {
		for (let index = Math.max(0, look.top - buffer.first); index < buffer.entries.length && rows.length < size.height; index++) {
			const entry = buffer.entries[index];
			if (entry !== undefined && isShown(entry, look)) rows.push(...rowsOf(buffer.first + index, entry, look, width, show));
		}
		rows = rows.slice(0, size.height);
	}
	return {rows, first: rows[0]?.line ?? buffer.first, last: rows.at(-1)?.line ?? buffer.first};
}

/** `count` shown lines away from `line`, within the buffer. */
export function stepLines(buffer: LogBuffer, look: LogLook, line: number, count: number): number {
	let index = Math.max(0, Math.min(buffer.entries.length - 1, line - buffer.first));
	const direction = Math.sign(count);
	for (let left = Math.abs(count); left > 0; ) {
		const next = index + direction;
		const entry = buffer.entries[next];
		if (entry === undefined) break;
		index = next;
		if (isShown(entry, look)) left--;
	}
	return buffer.first + index;
}

/** The line of the next match, wrapping round the end; undefined when there is none. */
export function findInLog(buffer: LogBuffer, look: LogLook, from: number, direction: 1 | -1): number | undefined {
	const wanted = look.search.toLowerCase();
	const count = buffer.entries.length;
	if (wanted === '' || count === 0) return undefined;
	const start = from - buffer.first;
	for (let step = 1; step <= count; step++) {
		const index = (((start + step * direction) % count) + count) % count;
		const entry = buffer.entries[index];
		if (entry !== undefined && isShown(entry, look) && stripColors(entry.log).toLowerCase().includes(wanted)) return buffer.first + index;
	}
	return undefined;
}
