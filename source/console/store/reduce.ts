import type {Change, Step} from './change.ts';
import {layoutOf, listHeight, paneOrder, type Rect} from './layout.ts';
import {appendLog, emptyLog, extendLog, prependLog, replaceLog} from './log-buffer.ts';
import {moveLog} from './reduce-log.ts';
import {imageKey, visibleContainers, visibleImages, visibleRows} from './select.ts';
import {emptySheet, withChildren} from './sheet.ts';
import type {ListId, ListState, Page, ShellState, State} from './state.ts';

const eventsKept = 2000;
const historyKept = 3600;

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Where a cursor or the top of a text comes to lie among `count` lines of which `height` are seen. */
export function stepTo(from: number, step: Step, count: number, height: number): number {
	const last = Math.max(0, count - 1);
	if ('to' in step) return step.to === 'top' ? 0 : last;
	const unit = step.by === 'line' ? 1 : step.by === 'half' ? Math.max(1, Math.floor(height / 2)) : Math.max(1, height - 1);
	return clamp(from + unit * step.count, 0, last);
}

const scrollTo = (top: number, step: Step, count: number, height: number): number => clamp(stepTo(top, step, count, height), 0, Math.max(0, count - height));

const withList = (state: State, list: ListId, values: Partial<ListState>): State => ({...state, lists: {...state.lists, [list]: {...state.lists[list], ...values}}});

const ids: Readonly<Record<ListId, (state: State) => readonly string[]>> = {
	containers: state => visibleContainers(state).map(({id}) => id),
	images: state => visibleImages(state).map(imageKey),
	sheet: state => visibleRows(state).map(({node}) => node.key),
};

const rectOf = (state: State, list: ListId): Rect | undefined => (list === 'sheet' ? layoutOf(state).view : layoutOf(state).panes[list]);

/** Keeps the cursor on its row while rows come and go, and inside the window. A row that went leaves the cursor at its place. */
function settleList(state: State, list: ListId): State {
	const keys = ids[list](state);
	const before = state.lists[list];
	const found = before.selected === undefined ? -1 : keys.indexOf(before.selected);
	const index = found === -1 ? clamp(before.index, 0, Math.max(0, keys.length - 1)) : found;
	const height = listHeight(rectOf(state, list));
	const top = clamp(clamp(before.top, index - height + 1, index), 0, Math.max(0, keys.length - height));
	const selected = keys[index];
	if (selected === before.selected && index === before.index && top === before.top) return state;
	return withList(state, list, {selected, index, top});
}

const settle = (state: State): State => (state.view === 'sheet' ? (['containers', 'images', 'sheet'] as const) : (['containers', 'images'] as const)).reduce(settleList, state);

function moveInView(state: State, step: Step): State {
	const height = (layoutOf(state).view?.height ?? 3) - 2;
	if (state.view === 'sheet') return moveInList(state, 'sheet', step);
	if (state.view === 'text' && state.text) return {...state, text: {...state.text, top: scrollTo(state.text.top, step, state.text.lines.length, height)}};
	if (state.view !== 'log') return state;
	return moveLog(state, step, {width: state.size.columns - 2, height});
}

function moveInList(state: State, list: ListId, step: Step): State {
	const keys = ids[list](state);
	const index = stepTo(state.lists[list].index, step, keys.length, listHeight(rectOf(state, list)));
	return withList(state, list, {index, selected: keys[index]});
}

/** Up and down its past. */
const moveInShell = (state: State, step: Step, height: number): State =>
	mapShell(state, state.activeShell ?? 0, shell => ({...shell, scrolled: shell.past - scrollTo(shell.past - shell.scrolled, step, shell.past + height, height)}));

function moveInPane(state: State, step: Step): State {
	const {focus} = state;
	const rect = layoutOf(state).panes[focus];
	if (focus === 'containers' || focus === 'images') return moveInList(state, focus, step);
	if (focus === 'shell' && rect) return moveInShell(state, step, rect.height - 2);
	return focus === 'logs' && rect ? moveLog(state, step, {width: rect.width - 2, height: rect.height - 2}) : state;
}

function move(state: State, step: Step): State {
	const {overlay} = state;
	// The help knows its own length only when it is drawn: it clamps there.
	if (overlay?.kind === 'help') return {...state, overlay: {...overlay, top: Math.max(0, stepTo(overlay.top, step, 1000, state.size.rows - 6))}};
	if (overlay?.kind === 'form') return {...state, overlay: {...overlay, index: stepTo(overlay.index, step, overlay.fields.length, 10)}};
	if (overlay?.kind === 'menu') return {...state, overlay: {...overlay, index: stepTo(overlay.index, step, overlay.items.length, 10)}};
	return state.view === 'home' ? moveInPane(state, step) : moveInView(state, step);
}

function scrollColumns(state: State, columns: number): State {
	if (state.view === 'text' && state.text) return {...state, text: {...state.text, left: Math.max(0, state.text.left + columns)}};
	return {...state, logLook: {...state.logLook, left: state.logLook.wrap ? 0 : Math.max(0, state.logLook.left + columns)}};
}

function focusPane(state: State, pane: State['focus']): State {
	if (pane === 'shell') return {...state, view: 'home', page: undefined, focus: 'shell', activeShell: state.activeShell ?? state.shells.at(-1)?.key};
	const activeShell = pane === 'logs' ? undefined : state.activeShell;
	return {...state, view: 'home', page: undefined, focus: pane, activeShell, typing: false};
}

const mapShell = (state: State, key: number, change: (shell: ShellState) => ShellState): State => ({
	...state,
	shells: state.shells.map(shell => (shell.key === key ? change(shell) : shell)),
});

function closeShell(state: State, key: number): State {
	const shells = state.shells.filter(shell => shell.key !== key);
	const activeShell = state.activeShell === key ? shells.at(-1)?.key : state.activeShell;
	const focus = state.focus === 'shell' && activeShell === undefined ? 'containers' : state.focus;
	return {
		...state,
		shells,
		activeShell,
		focus,
		zoomed: activeShell === undefined && state.focus === 'shell' ? false : state.zoomed,
		typing: state.typing && state.activeShell !== key,
	};
}

function rateOf({log, logRate, now: before}: State, now: number): State['logRate'] {
	const seconds = (now - before) / 1000;
	if (seconds < 0.5) return logRate;
	// What was there at the opening did not come in this second.
	const perSecond = logRate.received === 0 ? 0 : Math.max(0, Math.round((log.received - logRate.received) / seconds));
	return perSecond === logRate.perSecond && log.received === logRate.received ? logRate : {received: log.received, perSecond};
}

function tick(state: State, change: Extract<Change, {type: 'tick'}>): State {
	const {now, host = state.host, stats = state.stats, history = []} = change;
	const counters = 'counters' in change ? change.counters : state.counters;
	const message = state.message && state.message.until <= now ? undefined : state.message;
	const past = state.history && history.length > 0 ? {...state.history, samples: [...state.history.samples, ...history].slice(-historyKept)} : state.history;
	return {...state, now, host, stats, counters, message, history: past, logRate: rateOf(state, now)};
}

function setTask(state: State, id: string, task: State['tasks'] extends ReadonlyMap<string, infer Value> ? Value | undefined : never): State {
	const tasks = new Map(state.tasks);
	if (task === undefined) tasks.delete(id);
	else tasks.set(id, task);
	return {...state, tasks};
}

/** A mark goes with its row. */
function forgetMarks(state: State): State {
	const keep = (list: 'containers' | 'images', keys: ReadonlySet<string>): State['lists'][ListId] => {
		const {marks} = state.lists[list];
		return [...marks].every(key => keys.has(key)) ? state.lists[list] : {...state.lists[list], marks: new Set([...marks].filter(key => keys.has(key)))};
	};
	const containers = keep('containers', new Set(state.containers.map(({id}) => id)));
	const images = keep('images', new Set(state.images.map(imageKey)));
	return {...state, lists: {...state.lists, containers, images}};
}

const isSame = (a: Page | undefined, b: Page): boolean => a?.tab === b.tab && a.target?.id === b.target?.id && a.merged === b.merged;

/** What comes late may be for a tab that is no longer looked at. */
const isOpen = (state: State, page: Page): boolean => isSame(state.page, page);

function openPage(state: State, page: Page): State {
	if (isSame(state.page, page)) return {...state, page};
	const other = state.page?.target?.id !== page.target?.id;
	return withList({...state, page, lastPage: state.page ?? state.lastPage, text: undefined, sheet: emptySheet, ...(other && {logRange: {kind: 'tail' as const}})}, 'sheet', {
		selected: undefined,
		index: 0,
		top: 0,
		filter: '',
		sort: '',
		reverse: false,
		marks: new Set(),
	});
}

function fold(state: State, key: string, isOpenNow: boolean): State {
	const open = new Set(state.sheet.open);
	if (isOpenNow) open.add(key);
	else open.delete(key);
	return {...state, sheet: {...state.sheet, open}};
}

function apply(state: State, change: Change): State {
	switch (change.type) {
		case 'lists':
			return settle(forgetMarks({...state, loaded: true, containers: change.containers ?? state.containers, images: change.images ?? state.images}));
		case 'tick':
			return settle(tick(state, change));
		case 'history':
			return {...state, history: {id: change.id, samples: change.samples}};
		case 'log-opened':
			return {
				...state,
				log: {...emptyLog(...change.ids), asked: change.asked ?? 0, startsAt: state.logRange.kind === 'head' ? 0 : undefined},
				logRate: {received: 0, perSecond: 0},
				logLook: {...state.logLook, top: state.logRange.kind === 'tail' ? undefined : 0, left: 0, match: undefined, range: undefined, rulers: []},
			};
		case 'log':
			return state.log.ids.includes(change.id) ? {...state, log: appendLog(state.log, change.entries)} : state;
		case 'log-skimmed':
			return state.log.ids.includes(change.id) ? {...state, log: {...appendLog(state.log, change.entries ?? []), skimmed: change.entries !== undefined}} : state;
		case 'log-older':
			return {...state, log: prependLog(state.log, change.entries, change.isStart)};
		case 'log-newer':
			return {...state, log: extendLog(state.log, change.entries)};
		case 'log-at':
			return {...state, log: replaceLog(state.log, change.entries, change.first, change.isStart)};
		case 'log-ended':
			return state.log.ids.includes(change.id) ? {...state, log: {...state.log, ended: true, isApart: state.log.isApart || state.logRange.kind === 'head'}} : state;
		case 'log-range':
			return {...state, logRange: change.range};
		case 'events':
			return {...state, events: [...change.events.toReversed(), ...state.events].slice(0, eventsKept)};
		case 'task':
			return setTask(state, change.id, change.task);
		case 'message':
			return {...state, message: change.message};
		case 'resized':
			return settle({...state, size: change.size});
		case 'focused':
			return settle(focusPane(state, change.pane));
		case 'zoomed':
			return settle({...state, zoomed: change.on});
		case 'home':
			return settle({...state, view: 'home', page: undefined, lastPage: state.page, logRange: {kind: 'tail'}, text: undefined});
		case 'opened':
			return settle({...openPage(state, change.page), view: change.view});
		case 'sheet':
			return isOpen(state, change.page)
				? settle({
						...state,
						sheet: {
							...state.sheet,
							nodes: change.nodes,
							loaded: true,
							note: change.note ?? '',
							problem: undefined,
							open: new Set([...state.sheet.open, ...(state.sheet.loaded ? [] : (change.open ?? []))]),
						},
					})
				: state;
		case 'sheet-problem':
			return isOpen(state, change.page) ? {...state, sheet: {...state.sheet, loaded: true, problem: change.problem}} : state;
		case 'sheet-children':
			return isOpen(state, change.page) ? settle({...state, sheet: {...state.sheet, nodes: withChildren(state.sheet.nodes, change.key, change.nodes)}}) : state;
		case 'folded':
			return settle(fold(state, change.key, change.open));
		case 'text':
			return {...state, text: change.text, view: change.text ? 'text' : state.page ? 'sheet' : 'home'};
		case 'moved':
			return settle(move(state, change.step));
		case 'scrolled':
			return scrollColumns(state, change.columns);
		case 'selected':
			return settle(withList(state, change.list, {selected: change.id}));
		case 'filtered':
			return settle(withList(state, change.list, {filter: change.filter, top: 0}));
		case 'sorted':
			return settle(withList(state, change.list, {sort: change.sort, reverse: change.reverse}));
		case 'marked':
			return withList(state, change.list, {marks: change.marks});
		case 'log-look':
			return {...state, logLook: {...state.logLook, ...change.look}};
		case 'text-search':
			return state.text ? {...state, text: {...state.text, search: change.search, top: change.top}} : state;
		case 'overlay':
			return {...state, overlay: change.overlay};
		case 'shell':
			return settle({...state, view: 'home', page: undefined, shells: [...state.shells, change.shell], activeShell: change.shell.key, focus: 'shell', typing: true});
		case 'shell-painted':
			return mapShell(state, change.key, shell => ({...shell, lines: change.lines, past: change.past, mouse: change.mouse, scrolled: Math.min(shell.scrolled, change.past)}));
		case 'shell-scrolled':
			return mapShell(state, change.key, shell => ({...shell, scrolled: clamp(shell.scrolled - change.by, 0, shell.past)}));
		case 'shell-ended':
			return mapShell({...state, typing: state.typing && state.activeShell !== change.key}, change.key, shell => ({...shell, ended: change.reason}));
		case 'shell-closed':
			return settle(closeShell(state, change.key));
		case 'shell-active':
			return settle({...focusPane(state, 'shell'), activeShell: change.key});
		case 'typing':
			return mapShell({...state, typing: change.on}, state.activeShell ?? 0, shell => (change.on ? {...shell, scrolled: 0} : shell));
		case 'set':
			return settle({...state, ...change.values});
	}
}

/** The only place where the state changes. A pane that is no longer there gives its focus away. */
export function reduce(state: State, change: Change): State {
	const next = apply(state, change);
	return paneOrder(next).includes(next.focus) ? next : {...next, focus: 'containers', typing: false};
}
