import type {LogEntry} from './engine-port.ts';

/** The newest lines of one container's log, bounded in lines and in characters; older ones are counted, not kept. */
export type LogBuffer = {
	readonly id: string | undefined;
	readonly entries: readonly LogEntry[];
	/** Number of the first entry since the beginning of this reading. */
	readonly first: number;
	readonly characters: number;
	readonly ended: boolean;
};

export const logLimits = {lines: 10_000, characters: 8 * 2 ** 20, line: 64 * 1024};

export const emptyLog = (id?: string): LogBuffer => ({id, entries: [], first: 0, characters: 0, ended: false});

const isWhole = (entry: LogEntry): boolean => entry.log.endsWith('\n');

/** A line that the log's writer had to split (16 KiB) is one line again, up to a bound. */
function joinParts(entries: LogEntry[], next: LogEntry): number {
	const last = entries.at(-1);
	if (last === undefined || isWhole(last) || last.stream !== next.stream || last.log.length + next.log.length > logLimits.line) {
		entries.push(next);
		return next.log.length;
	}
	entries[entries.length - 1] = {...last, log: last.log + next.log};
	return next.log.length;
}

export function appendLog(buffer: LogBuffer, batch: readonly LogEntry[]): LogBuffer {
	// Of a flood only the end can ever be seen: what would be dropped at once is only counted.
	const skipped = Math.max(0, batch.length - logLimits.lines);
	const entries = skipped > 0 ? [] : buffer.entries.slice();
	let characters = skipped > 0 ? 0 : buffer.characters;
	let first = skipped > 0 ? buffer.first + buffer.entries.length + skipped : buffer.first;
	for (let index = skipped; index < batch.length; index++) {
		const entry = batch[index];
		if (entry !== undefined) characters += joinParts(entries, entry);
	}
	let drop = Math.max(0, entries.length - logLimits.lines);
	for (let index = 0; index < drop; index++) characters -= entries[index]?.log.length ?? 0;
	while (characters > logLimits.characters && drop < entries.length - 1) characters -= entries[drop++]?.log.length ?? 0;
	first += drop;
	return {...buffer, entries: drop > 0 ? entries.slice(drop) : entries, first, characters};
}
