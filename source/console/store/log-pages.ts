import {grouped} from '../format.ts';
import type {EnginePort} from './engine-port.ts';
import {joinLines, logEnd, type LogLine, startOf} from './log-buffer.ts';
import {plainText} from './log-window.ts';
import {matcherOf} from './matcher.ts';
import type {Store} from './store.ts';

/**
 * The lines of a log that are not held: a page more where somebody moves to the end of what is held, up to the very first and down to the
 * newest, and far matches of a search. Of one log, not of several that are read as one.
 */
export type LogPages = {
	/** Reads on where the lines that are looked at come near an end. */
	look(): void;
	/** Shows the next match beyond what is held; false: there is none. */
	find(direction: 1 | -1): Promise<boolean>;
	close(): void;
};

const page = 4000;
const searchPage = 20_000;
const near = 300;

/** A place in a log: lines are read by the thousand in one instant, so beside the time it says how many lines of that time lie on our side of it. */
type Place = {readonly time: string; readonly held: number};
type Page = {readonly lines: readonly LogLine[] /** There is nothing beyond them. */; readonly isLast: boolean};
type Reading = {readonly engine: EnginePort; readonly id: string; readonly signal: AbortSignal};

/** The place of the first line of some, or of the last. */
function placeAt(lines: readonly LogLine[], end: 'first' | 'last'): Place {
	const ordered = end === 'first' ? lines : lines.toReversed();
	const time = ordered[0]?.time ?? '';
	const other = ordered.findIndex(line => line.time !== time);
	return {time, held: other === -1 ? ordered.length : other};
}

/** The place of a page's far end, seen from where the page begins. */
const further = (from: Place, {lines}: Page, end: 'first' | 'last'): Place => {
	const next = placeAt(lines, end);
	return next.time === from.time ? {time: next.time, held: from.held + next.held} : next;
};

/** Keys come first. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** The newest `count` lines before a place. */
async function readOlder({engine, id, signal}: Reading, {time, held}: Place, count: number): Promise<Page> {
	let read: LogLine[] = [];
	let isBeyond = false;
	for await (const batch of engine.readLogs(id, {follow: false, since: new Date(time), lead: count, signal})) {
		for (const entry of batch) if (!(isBeyond ||= entry.time > time)) read.push(entry);
		if (isBeyond) break;
		await turn();
		if (read.length > 4 * (count + held)) read = read.slice(-2 * (count + held));
	}
	const lines = joinLines(read);
	const older = lines.slice(0, Math.max(0, lines.length - held));
	return {lines: older.slice(-count), isLast: older.length < count && read.length < count + held};
}

/** The oldest `count` lines after a place. */
async function readNewer({engine, id, signal}: Reading, {time, held}: Place, count: number): Promise<Page> {
	const read: LogLine[] = [];
	let isLast = true;
	for await (const batch of engine.readLogs(id, {follow: false, since: new Date(time), lead: 0, signal})) {
		for (const entry of batch) if (entry.time >= time) read.push(entry);
		isLast = read.length <= count + held;
		if (!isLast) break;
		await turn();
	}
	return {lines: joinLines(read).slice(held, held + count), isLast};
}

export function createLogPages(store: Store, engine: EnginePort): LogPages {
	let reading: AbortController | undefined;
	let last: Promise<unknown> = Promise.resolve();
	let readFor: unknown;

	/** One reading after the other; what it found is for the log that it was begun for. */
	function read<Result>(act: (reading: Reading) => Promise<Result>): Promise<Result | undefined> {
		const {ids} = store.getState().log;
		const [id = ''] = ids;
		const run = async (): Promise<Result | undefined> => {
			const {signal} = (reading = new AbortController());
			try {
				const result = await act({engine, id, signal});
				return store.getState().log.ids === ids && !signal.aborted ? result : undefined;
			} catch {
				// Removed meanwhile, or without a log: what is held stays.
				return undefined;
			} finally {
				reading = undefined;
			}
		};
		const result = last.then(run);
		last = result;
		return result;
	}

	async function older(): Promise<void> {
		const found = await read(from => readOlder(from, placeAt(store.getState().log.entries, 'first'), page));
		if (found) store.dispatch({type: 'log-older', entries: found.lines, isStart: found.isLast});
	}

	async function newer(): Promise<void> {
		const found = await read(from => readNewer(from, placeAt(store.getState().log.entries, 'last'), page));
		if (found) store.dispatch(found.lines.length > 0 ? {type: 'log-newer', entries: found.lines} : {type: 'log-look', look: {top: undefined}});
	}

	function look(): void {
		const {log, logLook} = store.getState();
		if (logLook.top === undefined || log.ids.length !== 1 || log.entries.length === 0 || reading || readFor === log.entries) return;
		const wantsOlder = startOf(log) === undefined && logLook.top - log.first < near;
		const wantsNewer = log.isApart && logEnd(log) - logLook.top < near;
		if (!wantsOlder && !wantsNewer) return;
		// What was asked for once is not asked for again until something came.
		readFor = log.entries;
		void (wantsOlder ? older() : newer());
	}

	type Found = {readonly lines: readonly LogLine[] /** Place of the match among them. */; readonly at: number; readonly match: number; readonly isStart: boolean};

	/** Page by page from where the held lines end. `match`: its number. */
	async function searchOn(from: Reading, direction: 1 | -1): Promise<Found | 'none'> {
		const {log, logLook} = store.getState();
		const matcher = matcherOf(logLook.search);
		const [end, readPage] = direction === -1 ? (['first', readOlder] as const) : (['last', readNewer] as const);
		let place = placeAt(log.entries, end);
		for (let passed = 0; ; ) {
			const found = await readPage(from, place, searchPage);
			const {lines} = found;
			const at = direction === -1 ? lines.findLastIndex(line => matcher.test(plainText(line))) : lines.findIndex(line => matcher.test(plainText(line)));
			if (at !== -1) {
				const match = direction === -1 ? log.first - passed - (lines.length - at) : logEnd(log) + passed + at;
				const begin = Math.max(0, at - page);
				return {lines: lines.slice(begin, at + page), at: at - begin, match, isStart: direction === -1 && found.isLast && begin === 0};
			}
			passed += lines.length;
			if (found.isLast || store.getState().logLook.search !== logLook.search) return 'none';
			store.dispatch({type: 'message', message: {kind: 'info', text: `“${logLook.search}”: looked through ${grouped(passed)} lines…`, until: Date.now() + 3000}});
			place = further(place, found, end);
		}
	}

	return {
		look,
		async find(direction) {
			const {search} = store.getState().logLook;
			const found = await read(from => searchOn(from, direction));
			if (found === 'none') return false;
			if (found === undefined || store.getState().logLook.search !== search) return true;
			const {lines, at, match, isStart} = found;
			store.dispatch(
				{type: 'log-at', entries: lines, first: match - at, isStart},
				{type: 'log-look', look: {match, top: match - Math.min(at, 8)}},
				{type: 'message', message: undefined},
			);
			return true;
		},
		close: () => reading?.abort(),
	};
}
