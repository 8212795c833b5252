import {alarmsOf} from './alarms.ts';
import type {Change} from './change.ts';
import type {EngineEvent, EnginePort, LogEntry, LogRequest, StatsHistory} from './engine-port.ts';
import {type LogLine, logLimits} from './log-buffer.ts';
import {createLogPages} from './log-pages.ts';
import {layoutOf, listHeight} from './layout.ts';
import {createReaders, toHostLoad, toLive, trendLength} from './live.ts';
import {tabs} from '../tabs/table.ts';
import {containerById, currentId, isLive, selectedContainer, visibleContainers} from './select.ts';
import type {LiveStats, LogRange, Page, State} from './state.ts';
import type {Store} from './store.ts';

export type Connection = {
	readonly refresh: () => void;
	/** Reads the children of a row of the open sheet. */
	readonly openRow: (key: string) => void;
	/** Shows the next match of the search beyond the lines that are held; false: there is none. */
	readonly findFar: (direction: 1 | -1) => Promise<boolean>;
	readonly close: () => void;
};

const frame = 33;
const logTail = 2000;
/** Walking down a list must not open the log of every row. */
const selectionRest = 70;

/**
 * The way from the engine to the store. Events wake the lists, a timer (one) reads the statistics of what is looked at, the log of
 * the selected container is followed. What comes in bursts is put together and dispatched once a frame.
 */
export function connect(store: Store, engine: EnginePort, onAlarm: (words: string) => void): Connection {
	const begun = Math.floor(Date.now() / 1000);
	const batch = createBatch(store);
	const lists = createLists(store, engine, batch);
	const ticker = createTicker(store, engine, lists.refreshContainers);
	const follower = createFollower(store, engine, batch);
	const sheets = createSheets(store, engine);
	const pages = createLogPages(store, engine);
	const stopLooking = store.subscribe(() => pages.look());
	const events = new AbortController();
	const onEvents = (list: readonly EngineEvent[]): void => {
		const news = list.filter(({time}) => time >= begun);
		for (const words of new Set(alarmsOf(news, store.getState().events))) onAlarm(words);
		batch.add({type: 'events', events: list});
		if (list.some(({Type}) => Type === 'container' || Type === 'network')) lists.refreshContainers();
		sheets.reload('event');
		if (list.some(({Type, Action}) => Type === 'image' || /^(create|destroy)$/.test(Action))) lists.refreshImages();
	};
	// The lists are there for the first frame; all else comes after it.
	lists.refresh();
	const begin = setImmediate(() => {
		void followEvents(engine, events.signal, onEvents);
		ticker.start();
	});
	return {
		refresh() {
			lists.refresh();
			sheets.reload();
		},
		openRow: key => sheets.openRow(key),
		findFar: direction => pages.find(direction),
		close() {
			clearImmediate(begin);
			events.abort();
			ticker.stop();
			follower.close();
			stopLooking();
			pages.close();
			sheets.close();
			batch.close();
		},
	};
}

type Batch = {add(change: Change): void; close(): void};

/** Leading edge at once, then at most one dispatch a frame. */
function createBatch(store: Store): Batch {
	let pending: Change[] = [];
	let timer: NodeJS.Timeout | undefined;
	let last = 0;
	const flush = (): void => {
		timer = undefined;
		last = performance.now();
		const changes = pending;
		pending = [];
		store.dispatch(...changes);
	};
	return {
		add(change) {
			const previous = pending.at(-1);
			if (change.type === 'log' && previous?.type === 'log' && previous.id === change.id) (previous.entries as LogLine[]).push(...change.entries);
			else pending.push(change.type === 'log' ? {...change, entries: [...change.entries]} : change);
			timer ??= setTimeout(flush, Math.max(0, frame - (performance.now() - last)));
		},
		close() {
			clearTimeout(timer);
			timer = undefined;
		},
	};
}

type Lists = {readonly refresh: () => void; readonly refreshContainers: () => void; readonly refreshImages: () => void};

/** Lists are read again when an event says so: at once, and once more for what happened meanwhile. */
function createLists(store: Store, engine: EnginePort, batch: Batch): Lists {
	const read = (change: () => Change, add = (change: Change): void => batch.add(change)): void => {
		try {
			add(change());
		} catch (error) {
			add({type: 'message', message: {kind: 'error', text: reasonOf(error), until: Date.now() + 10_000}});
		}
	};
	const coalesce = (act: () => void, rest: number): (() => void) => {
		let timer: NodeJS.Timeout | undefined;
		let last = 0;
		const run = (): void => {
			timer = undefined;
			act();
			last = performance.now();
		};
		return () => {
			timer ??= setTimeout(run, Math.max(0, rest - (performance.now() - last))).unref();
		};
	};
	const refreshContainers = coalesce(() => read(() => ({type: 'lists', containers: engine.listContainers()})), 60);
	const refreshImages = coalesce(() => read(() => ({type: 'lists', images: engine.listImages()})), 200);
	return {
		refreshContainers,
		refreshImages,
		refresh() {
			read(() => ({type: 'lists', containers: engine.listContainers(), images: engine.listImages()}), store.dispatch);
		},
	};
}

type Sheets = {reload(on?: 'event'): void; openRow(key: string): void; close(): void};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads the rows of the tab that is open, and again when something happened or a second went by, as the tab wants it. */
function createSheets(store: Store, engine: EnginePort): Sheets {
	let shown: Page | undefined;
	let reading = false;
	let again = false;

	async function read(page: Page): Promise<Change> {
		try {
			const loaded = await tabs[page.tab]?.load?.({engine, page, state: store.getState()});
			return {type: 'sheet', page, nodes: [], ...loaded};
		} catch (error) {
			return {type: 'sheet-problem', page, problem: reasonOf(error)};
		}
	}

	async function load(page: Page): Promise<void> {
		if (reading) {
			again = true;
			return;
		}
		reading = true;
		const change = await read(page);
		reading = false;
		store.dispatch(change);
		if (again && shown) {
			again = false;
			await load(shown);
		}
	}

	function reload(on?: 'event'): void {
		const spec = shown && tabs[shown.tab];
		if (shown && spec?.load && (on === undefined || spec.reload === on)) void load(shown);
	}

	const stop = store.subscribe(() => {
		const {page} = store.getState();
		if (page === shown) return;
		shown = page;
		reload();
	});
	const timer = setInterval(() => {
		if (shown && tabs[shown.tab]?.reload === 'second' && !store.getState().frozen) void load(shown);
	}, 2000);

	async function loadRow(page: Page, key: string): Promise<void> {
		try {
			const nodes = await tabs[page.tab]?.loadChildren?.({engine, page, state: store.getState()}, key);
			store.dispatch({type: 'sheet-children', page, key, nodes: nodes ?? []});
		} catch (error) {
			store.dispatch({type: 'message', message: {kind: 'error', text: reasonOf(error), until: Date.now() + 10_000}});
		}
	}

	return {
		reload,
		openRow(key) {
			if (shown) void loadRow(shown, key);
		},
		close() {
			stop();
			clearInterval(timer);
		},
	};
}

const dayAgo = (): Date => new Date(Date.now() - 86_400_000);

async function followEvents(engine: EnginePort, signal: AbortSignal, onEvents: (events: readonly EngineEvent[]) => void): Promise<void> {
	try {
		for await (const events of engine.watchEvents({signal, since: dayAgo()})) onEvents(events);
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}

/** Rows that are seen, and the selected one; all of them where the order depends on the numbers. */
function watched(state: State): readonly string[] {
	const live = visibleContainers(state);
	const {sort, top} = state.lists.containers;
	const rect = layoutOf(state).panes.containers;
	const seen = sort === 'cpu' || sort === 'memory' ? live : rect ? live.slice(top, top + listHeight(rect)) : [];
	const selected = selectedContainer(state);
	const rows = selected && !seen.includes(selected) ? [...seen, selected] : seen;
	return rows.filter(row => isLive(row)).map(({id}) => id);
}

type Ticker = {start(): void; stop(): void};

const staleAfter = 5000;

const lastSecond = (history: StatsHistory) => ({read: () => history.last() ?? ('none' as const), close: () => history.close()});

/** Once a second, on the second: one reading of everything, one dispatch. */
function createTicker(store: Store, engine: EnginePort, onGone: () => void): Ticker {
	const seconds = createReaders(id => lastSecond(engine.openHistory(id)), onGone);
	const counters = createReaders(id => engine.openStats(id), onGone);
	let timer: NodeJS.Timeout | undefined;

	function readStats(state: State): ReadonlyMap<string, LiveStats> {
		const stats = new Map<string, LiveStats>();
		for (const [id, second] of seconds.read(watched(state))) {
			// What the monitor counted before this life, or has stopped counting, is no news.
			if (second === 'none' || second.time * 1000 < Date.now() - staleAfter) continue;
			const before = state.stats.get(id);
			// A row that comes into sight begins with what its monitor has seen.
			const past = before ? [] : readPast(engine, id, second.time - trendLength).map(({cpuMicros}) => cpuMicros / 10_000);
			stats.set(id, toLive(second, before, past.slice(0, -1)));
		}
		return stats;
	}

	function readCounters(state: State): State['counters'] {
		const container = selectedContainer(state);
		const [read] = counters.read(container && isLive(container) ? [container.id] : []);
		return read && {id: read[0], sample: read[1]};
	}

	function tick(): void {
		timer = setTimeout(tick, 1000 - (Date.now() % 1000));
		const state = store.getState();
		const now = Date.now();
		if (state.frozen) return store.dispatch({type: 'tick', now});
		const {history} = state;
		const container = containerById(state, history?.id);
		const past = history && container && isLive(container) ? readPast(engine, history.id, history.samples.at(-1)?.time ?? Math.floor(now / 1000) - state.window * 60) : [];
		store.dispatch({type: 'tick', now, host: toHostLoad(engine.hostSample(), state.host), stats: readStats(state), counters: readCounters(state), history: past});
	}

	return {
		start: tick,
		stop() {
			clearTimeout(timer);
			seconds.close();
			counters.close();
		},
	};
}

function readPast(engine: EnginePort, id: string, after: number): ReturnType<EnginePort['readHistory']> {
	try {
		return engine.readHistory(id, after);
	} catch {
		// Removed a moment ago: the list will say so.
		return [];
	}
}

type Follower = {close(): void};

/** What of which logs is to be read; the key tells whether it is the same still. */
type Wanted = {readonly ids: readonly string[]; readonly request: LogRequest; readonly names: ReadonlyMap<string, string> | undefined; readonly key: string};

/** The page of a log reads as much as the buffer holds; a pane in passing reads less. */
function wantedLog(state: State): Wanted | undefined {
	const id = currentId(state);
	if (id === undefined) return undefined;
	const merged = state.page?.merged;
	const ids = merged ? merged.map(target => target.id) : [id];
	const range = state.logRange;
	const tail = state.page ? logLimits.lines : logTail;
	const startedAt = containerById(state, id)?.startedAt;
	const requests: Readonly<Record<LogRange['kind'], LogRequest>> = {
		tail: {tail: Math.ceil(tail / ids.length)},
		head: {follow: false},
		since: {since: new Date(range.kind === 'since' ? range.since : 0)},
		previous: {follow: false, ...(startedAt !== undefined && {until: new Date(Date.parse(startedAt) - 1)})},
	};
	const names = merged && new Map(merged.map(target => [target.id, target.name]));
	return {ids, request: requests[range.kind], names, key: [ids.join(), range.kind, range.kind === 'since' ? range.since : '', tail].join(' ')};
}

/** More lines than that in a quarter of a second nobody reads: they would only keep keys waiting. */
const flood = {lines: 6000, window: 250, tail: 300, rest: 150};

/** Hands the entries on until the log ends; where they come too fast for anybody, stops and tells the time of the last. */
async function readOn(engine: EnginePort, id: string, request: LogRequest, add: (entries: readonly LogEntry[]) => void): Promise<string | undefined> {
	const isHead = request.follow === false && request.until === undefined;
	const backlog = request.tail ?? logLimits.lines;
	let count = 0;
	let window = {since: performance.now(), lines: 0};
	for await (const entries of engine.readLogs(id, request)) {
		if (request.signal?.aborted) return undefined;
		add(entries);
		count += entries.length;
		// The beginning of a log is as much of it as is kept.
		if (isHead && count >= logLimits.lines - 2000) return undefined;
		// A flood must leave room for keys.
		await new Promise(resolve => setImmediate(resolve));
		if (request.follow === false || count < backlog) continue;
		window.lines += entries.length;
		if (performance.now() - window.since > flood.window) window = {since: performance.now(), lines: 0};
		if (window.lines > flood.lines) return entries.at(-1)?.time;
	}
	return undefined;
}

/** While a log floods: its newest lines now and then. Tells the time of the last once it can be followed again. */
async function skim(engine: EnginePort, id: string, after: string, signal: AbortSignal, add: (entries: readonly LogEntry[]) => void): Promise<string> {
	let last = after;
	while (!signal.aborted) {
		await new Promise(resolve => setTimeout(resolve, flood.rest));
		const newest: LogEntry[] = [];
		for await (const entries of engine.readLogs(id, {tail: flood.tail, follow: false, signal})) {
			newest.push(...entries);
			// Its end runs away from us: what there is by now is new enough.
			if (newest.length > flood.tail) break;
		}
		const fresh = newest.slice(-flood.tail).filter(({time}) => time > last);
		if (fresh.length > 0) add(fresh);
		last = fresh.at(-1)?.time ?? last;
		if (fresh.length < flood.tail / 2) break;
	}
	return last;
}

/** Follows the log and reads the past of the container under the cursor, once the cursor rests. */
function createFollower(store: Store, engine: EnginePort, batch: Batch): Follower {
	let followed: string | undefined;
	let past = '';
	let rest: NodeJS.Timeout | undefined;
	let log = new AbortController();

	async function followLog(id: string, {request, names}: Wanted, signal: AbortSignal): Promise<void> {
		const from = names?.get(id);
		const add = (entries: readonly LogEntry[]): void => batch.add({type: 'log', id, entries: from === undefined ? entries : entries.map(entry => ({...entry, from}))});
		try {
			let next: LogRequest | undefined = request;
			while (next && !signal.aborted) {
				const last = await readOn(engine, id, {...next, signal}, add);
				next =
					last === undefined
						? undefined
						: {tail: flood.tail, since: new Date(await skim(engine, id, last, signal, entries => batch.add({type: 'log-skimmed', id, entries: [...entries]})))};
				if (next) batch.add({type: 'log-skimmed', id, entries: undefined});
			}
		} catch {
			// It was removed, or has no log: the pane stays as it is.
		}
		if (!signal.aborted) batch.add({type: 'log-ended', id});
	}

	function openLog(wanted: Wanted | undefined): Change {
		log.abort();
		log = new AbortController();
		followed = wanted?.key;
		if (wanted) for (const id of wanted.ids) void followLog(id, wanted, log.signal);
		return {type: 'log-opened', ids: wanted?.ids ?? [], asked: wanted?.ids.length === 1 ? (wanted.request.tail ?? 0) : 0};
	}

	function openPast(id: string, minutes: number): Change {
		past = `${id} ${minutes}`;
		return {type: 'history', id, samples: readPast(engine, id, Math.floor(Date.now() / 1000) - minutes * 60)};
	}

	/** What is to be opened anew: another row, another part of the log, another length of the charts, or a container that was started again. */
	function wanted(state: State): {readonly log: boolean; readonly past: boolean} {
		const id = currentId(state);
		const container = selectedContainer(state);
		const restarted = state.log.ended && state.logRange.kind === 'tail' && id !== undefined && state.log.ids.includes(id) && container !== undefined && isLive(container);
		return {log: wantedLog(state)?.key !== followed || restarted || isBack(state), past: `${id} ${state.window}` !== past};
	}

	/** At the end again, from another part of the log. */
	const isBack = ({log: {isApart}, logLook}: State): boolean => isApart && logLook.top === undefined;

	function look(): void {
		rest = undefined;
		if (isBack(store.getState())) store.dispatch({type: 'log-range', range: {kind: 'tail'}});
		const state = store.getState();
		const id = currentId(state);
		const {log: wantsLog, past: wantsPast} = wanted(state);
		store.dispatch(...(wantsLog ? [openLog(wantedLog(state))] : []), ...(wantsPast && id !== undefined ? [openPast(id, state.window)] : []));
	}

	let restingOn: string | undefined;
	const stop = store.subscribe(() => {
		const state = store.getState();
		const key = wantedLog(state)?.key;
		if (rest !== undefined && key === restingOn) return;
		clearTimeout(rest);
		rest = undefined;
		const wants = wanted(state);
		if (!wants.log && !wants.past) return;
		restingOn = key;
		rest = setTimeout(look, followed === undefined || state.page ? 0 : selectionRest);
	});
	return {
		close() {
			stop();
			clearTimeout(rest);
			log.abort();
		},
	};
}
