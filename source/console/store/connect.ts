import type {Change} from './change.ts';
import type {EngineEvent, EnginePort, LogEntry} from './engine-port.ts';
import {layoutOf, listHeight} from './layout.ts';
import {createReaders, toHostLoad, toLive, trendLength} from './live.ts';
import {containerById, isLive, selectedContainer, visibleContainers} from './select.ts';
import type {LiveStats, State} from './state.ts';
import type {Store} from './store.ts';

export type Connection = {readonly refresh: () => void; readonly close: () => void};

const frame = 33;
const logTail = 2000;
/** Walking down a list must not open the log of every row. */
const selectionRest = 70;

/**
 * The way from the engine to the store. Events wake the lists, a timer (one) reads the statistics of what is looked at, the log of
 * the selected container is followed. What comes in bursts is put together and dispatched once a frame.
 */
export function connect(store: Store, engine: EnginePort): Connection {
	const batch = createBatch(store);
	const lists = createLists(engine, batch);
	const ticker = createTicker(store, engine, lists.refreshContainers);
	const follower = createFollower(store, engine, batch);
	const events = new AbortController();
	lists.refresh();
	void followEvents(engine, events.signal, list => {
		batch.add({type: 'events', events: list});
		if (list.some(({Type}) => Type === 'container' || Type === 'network')) lists.refreshContainers();
		if (list.some(({Type, Action}) => Type === 'image' || /^(create|destroy)$/.test(Action))) lists.refreshImages();
	});
	ticker.start();
	return {
		refresh: lists.refresh,
		close() {
			events.abort();
			ticker.stop();
			follower.close();
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
			if (change.type === 'log' && previous?.type === 'log' && previous.id === change.id) (previous.entries as LogEntry[]).push(...change.entries);
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
function createLists(engine: EnginePort, batch: Batch): Lists {
	const read = (change: () => Change): void => {
		try {
			batch.add(change());
		} catch (error) {
			const text = error instanceof Error ? error.message : String(error);
			batch.add({type: 'message', message: {kind: 'error', text, until: Date.now() + 10_000}});
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
			read(() => ({type: 'lists', containers: engine.listContainers(), images: engine.listImages()}));
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

/** Once a second, on the second: one reading of everything, one dispatch. */
function createTicker(store: Store, engine: EnginePort, onGone: () => void): Ticker {
	const readers = createReaders(engine, onGone);
	let timer: NodeJS.Timeout | undefined;

	function readStats(state: State): ReadonlyMap<string, LiveStats> {
		const samples = readers.read(watched(state));
		const stats = new Map<string, LiveStats>();
		for (const [id, sample] of samples) {
			const before = state.stats.get(id);
			// A row that comes into sight begins with what its monitor has seen.
			const past = before ? [] : readPast(engine, id, Math.floor(sample.at / 1000) - trendLength - 1).map(({cpuMicros}) => cpuMicros / 10_000);
			stats.set(id, toLive(sample, before, past));
		}
		return stats;
	}

	function tick(): void {
		timer = setTimeout(tick, 1000 - (Date.now() % 1000));
		const state = store.getState();
		const now = Date.now();
		if (state.frozen) return store.dispatch({type: 'tick', now});
		const {history} = state;
		const container = containerById(state, history?.id);
		const past = history && container && isLive(container) ? readPast(engine, history.id, history.samples.at(-1)?.time ?? Math.floor(now / 1000) - state.window * 60) : [];
		store.dispatch({type: 'tick', now, host: toHostLoad(engine.hostSample(), state.host), stats: readStats(state), history: past});
	}

	return {
		start: tick,
		stop() {
			clearTimeout(timer);
			readers.close();
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

/** Follows the log and reads the past of the container under the cursor, once the cursor rests. */
function createFollower(store: Store, engine: EnginePort, batch: Batch): Follower {
	let followed: string | undefined;
	let past = '';
	let rest: NodeJS.Timeout | undefined;
	let log = new AbortController();

	async function followLog(id: string, signal: AbortSignal): Promise<void> {
		try {
			for await (const entries of engine.readLogs(id, {tail: logTail, signal})) {
				if (signal.aborted) return;
				batch.add({type: 'log', id, entries});
				// A flood must leave room for keys.
				await new Promise(resolve => setImmediate(resolve));
			}
		} catch {
			// It was removed, or has no log: the pane stays as it is.
		}
		if (!signal.aborted) batch.add({type: 'log-ended', id});
	}

	function openLog(id: string | undefined): Change {
		log.abort();
		log = new AbortController();
		followed = id;
		if (id !== undefined) void followLog(id, log.signal);
		return {type: 'log-opened', id};
	}

	function openPast(id: string, minutes: number): Change {
		past = `${id} ${minutes}`;
		return {type: 'history', id, samples: readPast(engine, id, Math.floor(Date.now() / 1000) - minutes * 60)};
	}

	/** What is to be opened anew: another row, another length of the charts, or a container that was started again. */
	function wanted(state: State): {readonly log: boolean; readonly past: boolean} {
		const id = state.lists.containers.selected;
		const container = selectedContainer(state);
		const restarted = state.log.ended && state.log.id === id && container !== undefined && isLive(container);
		return {log: id !== followed || restarted, past: `${id} ${state.window}` !== past};
	}

	function look(): void {
		rest = undefined;
		const state = store.getState();
		const id = state.lists.containers.selected;
		const {log: wantsLog, past: wantsPast} = wanted(state);
		store.dispatch(...(wantsLog ? [openLog(id)] : []), ...(wantsPast && id !== undefined ? [openPast(id, state.window)] : []));
	}

	let restingOn: string | undefined;
	const stop = store.subscribe(() => {
		const state = store.getState();
		const {selected} = state.lists.containers;
		if (rest !== undefined && selected === restingOn) return;
		clearTimeout(rest);
		rest = undefined;
		const wants = wanted(state);
		if (!wants.log && !wants.past) return;
		restingOn = selected;
		rest = setTimeout(look, followed === undefined ? 0 : selectionRest);
	});
	return {
		close() {
			stop();
			clearTimeout(rest);
			log.abort();
		},
	};
}
