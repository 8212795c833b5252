import {closeSync, watch} from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {createSignal, type Signal} from '../platform/signal.ts';
import {isRunning, readLive} from './live.ts';
import {type LogFile, openLogFiles, openNewerFiles, readLines, inflateLines, seekTail} from './log-file.ts';
import {parseLogLine} from './log-line.ts';
import {seekTime} from './log-seek.ts';
import type {LogEntry} from './model.ts';
import type {LogOptions, LogReader} from './options.ts';
import {containerFolder} from './place.ts';
import {findRecord} from './record.ts';

/** Entries in batches, across rotations; with `follow` as they come, until the container ends for good. */
export function readLogs(engine: Engine, ref: string, options: LogOptions = {}): LogReader {
	const {id, config} = findRecord(engine.db, ref);
	if (config.logDriver === 'none') throw new EngineError({code: 'container.no-logs', subject: ref, message: 'configured logging driver does not support reading'});
	return read(engine, id, options);
}

async function* read(engine: Engine, id: string, options: LogOptions): AsyncGenerator<LogEntry[]> {
	const path = `${containerFolder(engine, id)}/log/json.log`;
	const bell = createSignal();
	// Listen before the first reading, so that nothing comes between.
	const close = options.follow === true ? listen(engine, id, bell, options) : () => {};
	let files = openLogFiles(path);
	try {
		if (options.tail !== undefined && options.tail >= 0) files = await seekTail(files, options.tail);
		else if (options.lead !== undefined && options.since !== undefined) files = await seekTime(files, beginOf(options.since), options.lead);
		const wanted = timeFilter(options.lead === undefined ? options : {...options, since: undefined});
		let more = options.follow === true && (await isLive(engine, id));
		for (;;) {
			yield* drain(files, wanted, options.signal);
			files = keepNewest(files);
			const newer = newest(path, files);
			if (newer.length > 0) {
				// The rest of the file that was renamed, then what came after it.
				yield* drain(files, wanted, options.signal);
				files = [...files, ...newer];
				continue;
			}
			if (!more || !(await bell.wait())) return;
			more = await isLive(engine, id);
		}
	} finally {
		close();
		for (const {fd} of files) closeSync(fd);
	}
}

function newest(path: string, files: readonly LogFile[]): LogFile[] {
	const last = files.at(-1);
	return last === undefined ? openLogFiles(path) : openNewerFiles(path, last);
}

function keepNewest(files: readonly LogFile[]): LogFile[] {
	for (const {fd} of files.slice(0, -1)) closeSync(fd);
	return files.slice(-1);
}

async function* drain(files: readonly LogFile[], wanted: (entry: LogEntry) => boolean, signal: AbortSignal | undefined): AsyncGenerator<LogEntry[]> {
	for (const file of files) {
		for await (const lines of file.origin !== undefined ? inflateLines(file) : plainLines(file)) {
			if (signal?.aborted === true) return;
			const batch: LogEntry[] = [];
			for (const line of lines) {
				const entry = parseLogLine(line);
				if (entry !== undefined && wanted(entry)) batch.push(entry);
			}
			if (batch.length > 0) yield batch;
			// Far from the time that is wanted: whoever else runs in this process gets a turn.
			else await nextTurn();
		}
	}
}

function* plainLines(file: LogFile): Generator<string[]> {
	for (let lines = readLines(file); lines !== undefined; lines = readLines(file)) yield lines;
}

const beginOf = (since: Date): string => since.toISOString().replace('Z', '000000Z');

/** Times of equal form compare as text; entries have nine digits of a second, a Date three: the whole of the last millisecond counts. */
function timeFilter({since, until}: {readonly since?: Date | undefined; readonly until?: Date | undefined}): (entry: LogEntry) => boolean {
	const from = since === undefined ? '' : beginOf(since);
	const to = until === undefined ? '\uffff' : until.toISOString().replace('Z', '999999Z');
	return ({time}) => time >= from && time <= to;
}

const isLive = async (engine: Engine, id: string): Promise<boolean> => isRunning(readLive(engine, id));

const GLANCE_MS = 1000;

/** Rings when the log grows, when the program has ended, at `until`, and now and then: the end of a container without a monitor rings nothing. */
function listen(engine: Engine, id: string, bell: Signal, {signal, until}: LogOptions): () => void {
	const folder = containerFolder(engine, id);
	const later = (): void => void setTimeout(() => bell.ring(), 30);
	const watchers = [watch(`${folder}/log`, () => bell.ring()), watch(folder, (_, name) => name === 'exit' && later())];
	for (const watcher of watchers) watcher.on('error', () => bell.ring());
	const glance = setInterval(() => bell.ring(), GLANCE_MS);
	const stop = (): void => bell.close();
	const end = until === undefined ? undefined : setTimeout(stop, Math.min(Math.max(0, until.getTime() - Date.now()), 2 ** 31 - 1));
	signal?.addEventListener('abort', stop, {once: true});
	return () => {
		for (const watcher of watchers) watcher.close();
		clearInterval(glance);
		clearTimeout(end);
		signal?.removeEventListener('abort', stop);
	};
}
