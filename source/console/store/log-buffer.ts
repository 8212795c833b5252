import type {LogEntry} from './engine-port.ts';

/** A line, and whose it is where several logs are read as one. */
export type LogLine = LogEntry & {readonly from?: string};

/** Lines of one container's log, or of several merged by time, the newest at first; bounded in lines and in characters. */
export type LogBuffer = {
	/** Whose log this is; several are merged. */
	readonly ids: readonly string[];
	readonly entries: readonly LogLine[];
	/** Number of the first entry since the beginning of this reading. */
	readonly first: number;
	readonly characters: number;
	/** Lines that came, kept or not. */
	readonly received: number;
	readonly ended: boolean;
	/** Number of the very first line of the log, once it is known: below 0 where this reading began in its middle. */
	readonly startsAt: number | undefined;
	/** Lines that were asked for at the opening: where fewer came there are no older ones. */
	readonly asked: number;
	/** There are lines between the last that is held and those that come. */
	readonly isApart: boolean;
	/** It comes too fast: lines are passed over, how many nobody knows. */
	readonly skimmed: boolean;
};

export const logLimits = {lines: 10_000, characters: 8 * 2 ** 20, line: 64 * 1024};

export const emptyLog = (...ids: readonly string[]): LogBuffer => ({
	ids,
	entries: [],
	first: 0,
	characters: 0,
	received: 0,
	ended: false,
	startsAt: undefined,
	asked: 0,
	isApart: false,
	skimmed: false,
});

export const startOf = ({startsAt, first, received, asked}: LogBuffer): number | undefined => startsAt ?? (first === 0 && received < asked ? 0 : undefined);

/** Number of the line after the last. */
export const logEnd = ({first, entries}: LogBuffer): number => first + entries.length;

const charactersOf = (entries: readonly LogLine[]): number => entries.reduce((sum, {log}) => sum + log.length, 0);

/** As many lines from an end on as may be held. */
function bound(entries: readonly LogLine[], from: 'first' | 'last'): readonly LogLine[] {
	let characters = 0;
	let count = 0;
	for (; count < Math.min(entries.length, logLimits.lines); count++) {
		characters += entries.at(from === 'first' ? count : -1 - count)?.log.length ?? 0;
		if (characters > logLimits.characters && count > 0) break;
	}
	return from === 'first' ? entries.slice(0, count) : entries.slice(entries.length - count);
}

/** As they are kept: parts of a line that its writer had to split put together. */
export function joinLines(entries: readonly LogLine[]): LogLine[] {
	const whole: LogLine[] = [];
	for (const entry of entries) joinParts(whole, entry);
	return whole;
}

/** Lines from before the first; the newest go where there are too many. */
export function prependLog(buffer: LogBuffer, older: readonly LogLine[], isStart: boolean): LogBuffer {
	const entries = bound([...older, ...buffer.entries], 'first');
	const first = buffer.first - older.length;
	const isApart = buffer.isApart || entries.length < older.length + buffer.entries.length;
	return {...buffer, entries, first, characters: charactersOf(entries), isApart, startsAt: isStart ? first : buffer.startsAt};
}

/** Lines from after the last, while newer ones come elsewhere; the oldest go. */
export function extendLog(buffer: LogBuffer, newer: readonly LogLine[]): LogBuffer {
	const all = [...buffer.entries, ...newer];
	const entries = bound(all, 'last');
	return {...buffer, entries, first: buffer.first + all.length - entries.length, characters: charactersOf(entries)};
}

/** Another part of the same log. */
export function replaceLog(buffer: LogBuffer, entries: readonly LogLine[], first: number, isStart: boolean): LogBuffer {
	return {...buffer, entries, first, characters: charactersOf(entries), isApart: true, startsAt: isStart ? first : buffer.startsAt};
}

const isWhole = (entry: LogLine): boolean => entry.log.endsWith('\n');

/** A line that the log's writer had to split (16 KiB) is one line again, up to a bound. */
function joinParts(entries: LogLine[], next: LogLine): number {
	const last = entries.at(-1);
	if (last === undefined || isWhole(last) || last.stream !== next.stream || last.from !== next.from || last.log.length + next.log.length > logLimits.line) {
		entries.push(next);
		return next.log.length;
	}
	entries[entries.length - 1] = {...last, log: last.log + next.log};
	return next.log.length;
}

const byTime = (a: LogLine, b: LogLine): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

/** Lines of several logs come as each of them is read: put in order where they came out of it. */
function sortMerged(entries: LogLine[], from: number): void {
	const [last, next] = [entries[from - 1], entries[from]];
	if (last && next && next.time < last.time) entries.sort(byTime);
	else if (entries.length > from + 1) entries.splice(from, entries.length - from, ...entries.slice(from).sort(byTime));
}

export function appendLog(buffer: LogBuffer, batch: readonly LogLine[]): LogBuffer {
	if (buffer.isApart) return {...buffer, received: buffer.received + batch.length};
	// Of a flood only the end can ever be seen: what would be dropped at once is only counted.
	const skipped = Math.max(0, batch.length - logLimits.lines);
	const entries = skipped > 0 ? [] : buffer.entries.slice();
	let characters = skipped > 0 ? 0 : buffer.characters;
	let first = skipped > 0 ? buffer.first + buffer.entries.length + skipped : buffer.first;
	for (let index = skipped; index < batch.length; index++) {
		const entry = batch[index];
		if (entry !== undefined) characters += joinParts(entries, entry);
	}
	if (buffer.ids.length > 1) sortMerged(entries, skipped > 0 ? 0 : buffer.entries.length);
	let drop = Math.max(0, entries.length - logLimits.lines);
	for (let index = 0; index < drop; index++) characters -= entries[index]?.log.length ?? 0;
	while (characters > logLimits.characters && drop < entries.length - 1) characters -= entries[drop++]?.log.length ?? 0;
	first += drop;
	return {...buffer, entries: drop > 0 ? entries.slice(drop) : entries, first, characters, received: buffer.received + batch.length};
}
