import {closeSync, constants, fstatSync, openSync, readSync, watch} from 'node:fs';
import {StringDecoder} from 'node:string_decoder';
import {hasErrno} from '../errors/codes.ts';
import {createSignal, type Signal} from '../platform/signal.ts';
import type {EngineEvent} from './event.ts';
import {matchesEvent} from './filter.ts';
import {journalPath} from './journal.ts';

/** setTimeout takes no more: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

export type WatchOptions = {
	readonly since?: Date;
	/** Ends there; without it the watch goes on. In the past: history only. */
	readonly until?: Date;
	readonly filters?: ReadonlyMap<string, readonly string[]>;
	readonly signal?: AbortSignal;
};

/**
 * Events in batches as they come, from now on or from `since`. The watch stands when the first promise is asked for, so that an
 * event of later is never missed; a rotation of the journal is followed.
 */
export function watchEvents(engine: {readonly root: string}, {since, until, filters = new Map(), signal}: WatchOptions = {}): AsyncIterable<EngineEvent[]> {
	const wanted = (event: EngineEvent): boolean => {
		// A Date knows milliseconds: the whole of the last one counts.
		const at = event.timeNano / 1e6;
		return (since === undefined || at >= since.getTime()) && (until === undefined || Math.floor(at) <= until.getTime()) && matchesEvent(event, filters);
	};
	// Open before anything is awaited: a caller may act right after this call and must see that.
	const tail = openTail(journalPath(engine), since === undefined);
	const bell = createSignal();
	const watcher = until !== undefined && until.getTime() <= Date.now() ? undefined : watch(engine.root, (_, name) => name === 'journal' && bell.ring());
	watcher?.on('error', () => bell.ring());
	return follow({tail, bell, live: watcher !== undefined, close: () => watcher?.close()}, wanted, until, signal);
}

type Source = {readonly tail: Tail; readonly bell: Signal; readonly live: boolean; readonly close: () => void};

async function* follow(
	{tail, bell, live, close}: Source,
	wanted: (event: EngineEvent) => boolean,
	until: Date | undefined,
	signal: AbortSignal | undefined,
): AsyncGenerator<EngineEvent[]> {
	const stop = (): void => bell.close();
	signal?.addEventListener('abort', stop, {once: true});
	const timer = until === undefined || !live ? undefined : setTimeout(stop, Math.min(until.getTime() - Date.now(), LONGEST_MS));
	try {
		do {
			const batch = tail.read().filter(wanted);
			if (batch.length > 0) yield batch;
		} while (live && !signal?.aborted && (await bell.wait()));
		const last = tail.read().filter(wanted);
		if (live && !signal?.aborted && last.length > 0) yield last;
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', stop);
		close();
		tail.close();
	}
}

type Tail = {read(): EngineEvent[]; close(): void};

/** Reads whole lines of the journal, and goes on in the new file when it was renamed. */
function openTail(path: string, atEnd: boolean): Tail {
	const old = atEnd ? [] : readAll(`${path}.1`);
	// Made where there is none yet: should it be renamed before the first look, we still have it.
	let file = openFile(path, atEnd, constants.O_CREAT);
	const moveOn = (): EngineEvent[] => {
		const next = openFile(path, false);
		if (next === undefined) return [];
		if (file !== undefined && next.inode === file.inode) {
			closeSync(next.fd);
			return [];
		}
		// What was written to the old file between our last reading and its renaming.
		const rest = file === undefined ? [] : readLines(file);
		if (file !== undefined) closeSync(file.fd);
		file = next;
		return [...rest, ...readLines(file)];
	};
	return {
		read() {
			const lines = file === undefined ? [] : readLines(file);
			return [...old.splice(0), ...lines, ...moveOn()];
		},
		close() {
			if (file !== undefined) closeSync(file.fd);
			file = undefined;
		},
	};
}

type OpenFile = {readonly fd: number; readonly inode: number; offset: number; rest: string; readonly decoder: StringDecoder};

function openFile(path: string, atEnd: boolean, flags = 0): OpenFile | undefined {
	try {
		const fd = openSync(path, constants.O_RDONLY | flags, 0o600);
		const {ino, size} = fstatSync(fd);
		return {fd, inode: ino, offset: atEnd ? size : 0, rest: '', decoder: new StringDecoder('utf8')};
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
}

function readAll(path: string): EngineEvent[] {
	const file = openFile(path, false);
	if (file === undefined) return [];
	try {
		return readLines(file);
	} finally {
		closeSync(file.fd);
	}
}

const chunk = Buffer.allocUnsafe(65_536);

function readLines(file: OpenFile): EngineEvent[] {
	const events: EngineEvent[] = [];
	for (;;) {
		const count = readSync(file.fd, chunk, 0, chunk.length, file.offset);
		if (count === 0) return events;
		file.offset += count;
		const lines = (file.rest + file.decoder.write(chunk.subarray(0, count))).split('\n');
		file.rest = lines.pop() ?? '';
		for (const line of lines) {
			const event = parseEvent(line);
			if (event !== undefined) events.push(event);
		}
	}
}

/** A line that is none (half of one after a power loss) is passed over. */
function parseEvent(line: string): EngineEvent | undefined {
	try {
		const event = JSON.parse(line) as EngineEvent;
		return typeof event?.Type === 'string' && typeof event.Action === 'string' && typeof event.Actor?.ID === 'string' ? event : undefined;
	} catch {
		return undefined;
	}
}
