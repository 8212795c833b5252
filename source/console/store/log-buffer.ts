import type {LogEntry} from './engine-port.ts';

/** A line, and whose it is where several logs are read as one. */
export type LogLine = LogEntry & {readonly from?: string};

/** The newest lines of one container's log, or of several merged by time, bounded in lines and in characters; older ones are counted, not kept. */
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
	/** It comes too fast: lines are passed over, how many nobody knows. */
	readonly skimmed: boolean;
};

export const logLimits = {lines: 10_000, characters: 8 * 2 ** 20, line: 64 * 1024};

export const emptyLog = (...ids: readonly string[]): LogBuffer => ({ids, entries: [], first: 0, characters: 0, received: 0, ended: false, skimmed: false});

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
