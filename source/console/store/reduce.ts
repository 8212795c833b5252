import type {Change, Step} from './change.ts';
import {layoutOf, listHeight, paneOrder} from './layout.ts';
import {appendLog, emptyLog} from './log-buffer.ts';
import {moveLog} from './reduce-log.ts';
import {imageKey, visibleContainers, visibleImages} from './select.ts';
import type {ListId, ListState, ShellState, State} from './state.ts';

const eventsKept = 500;
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

const idsOf = (state: State, list: ListId): readonly string[] => (list === 'containers' ? visibleContainers(state).map(({id}) => id) : visibleImages(state).map(imageKey));

/** Keeps the cursor on its row while rows come and go, and inside the window. A row that went leaves the cursor at its place. */
function settleList(state: State, list: ListId): State {
	const ids = idsOf(state, list);
	const before = state.lists[list];
	const found = before.selected === undefined ? -1 : ids.indexOf(before.selected);
	const index = found === -1 ? clamp(before.index, 0, Math.max(0, ids.length - 1)) : found;
	const height = listHeight(layoutOf(state).panes[list]);
	const top = clamp(clamp(before.top, index - height + 1, index), 0, Math.max(0, ids.length - height));
	const selected = ids[index];
	if (selected === before.selected && index === before.index && top === before.top) return state;
	return withList(state, list, {selected, index, top});
}

const settle = (state: State): State => settleList(settleList(state, 'containers'), 'images');

function moveInView(state: State, step: Step): State {
	const height = (layoutOf(state).view?.height ?? 3) - 2;
	if (state.view === 'events') return {...state, eventsTop: scrollTo(state.eventsTop, step, state.events.length, height)};
	if (state.view === 'text' && state.text) return {...state, text: {...state.text, top: scrollTo(state.text.top, step, state.text.lines.length, height)}};
	return moveLog(state, step, {width: state.size.columns - 2, height});
}

function moveInPane(state: State, step: Step): State {
	const {focus} = state;
	const rect = layoutOf(state).panes[focus];
	if (focus === 'containers' || focus === 'images') {
		const ids = idsOf(state, focus);
		const index = stepTo(state.lists[focus].index, step, ids.length, listHeight(rect));
		return withList(state, focus, {index, selected: ids[index]});
	}
	return focus === 'logs' && rect ? moveLog(state, step, {width: rect.width - 2, height: rect.height - 2}) : state;
}

function move(state: State, step: Step): State {
	const {overlay} = state;
	// The help knows its own length only when it is drawn: it clamps there.
	if (overlay?.kind === 'help') return {...state, overlay: {...overlay, top: Math.max(0, stepTo(overlay.top, step, 1000, state.size.rows - 6))}};
	if (overlay?.kind === 'menu') return {...state, overlay: {...overlay, index: stepTo(overlay.index, step, overlay.items.length, 10)}};
	return state.view === 'home' ? moveInPane(state, step) : moveInView(state, step);
}

function scrollColumns(state: State, columns: number): State {
	if (state.view === 'text' && state.text) return {...state, text: {...state.text, left: Math.max(0, state.text.left + columns)}};
	return {...state, logLook: {...state.logLook, left: state.logLook.wrap ? 0 : Math.max(0, state.logLook.left + columns)}};
}

function focusPane(state: State, pane: State['focus']): State {
	if (pane === 'shell') return {...state, view: 'home', focus: 'shell', activeShell: state.activeShell ?? state.shells.at(-1)?.key};
	const activeShell = pane === 'logs' ? undefined : state.activeShell;
	return {...state, view: 'home', focus: pane, activeShell, typing: false};
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

function tick(state: State, change: Extract<Change, {type: 'tick'}>): State {
	const {now, host = state.host, stats = state.stats, history = []} = change;
	const message = state.message && state.message.until <= now ? undefined : state.message;
	const past = state.history && history.length > 0 ? {...state.history, samples: [...state.history.samples, ...history].slice(-historyKept)} : state.history;
	return {...state, now, host, stats, message, history: past};
}

function setTask(state: State, id: string, task: State['tasks'] extends ReadonlyMap<string, infer Value> ? Value | undefined : never): State {
	const tasks = new Map(state.tasks);
	if (task === undefined) tasks.delete(id);
	else tasks.set(id, task);
	return {...state, tasks};
}

function apply(state: State, change: Change): State {
	switch (change.type) {
		case 'lists':
			return settle({...state, loaded: true, containers: change.containers ?? state.containers, images: change.images ?? state.images});
		case 'tick':
			return settle(tick(state, change));
		case 'history':
			return {...state, history: {id: change.id, samples: change.samples}};
		case 'log-opened':
			return {...state, log: emptyLog(change.id), logLook: {...state.logLook, top: undefined, left: 0, match: undefined}};
		case 'log':
			return state.log.id === change.id ? {...state, log: appendLog(state.log, change.entries)} : state;
		case 'log-ended':
			return state.log.id === change.id ? {...state, log: {...state.log, ended: true}} : state;
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
		case 'viewed':
			return settle({...state, view: change.view, text: change.text ?? (change.view === 'text' ? state.text : undefined), eventsTop: 0});
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
		case 'log-look':
			return {...state, logLook: {...state.logLook, ...change.look}};
		case 'text-search':
			return state.text ? {...state, text: {...state.text, search: change.search, top: change.top}} : state;
		case 'overlay':
			return {...state, overlay: change.overlay};
		case 'shell':
			return settle({...state, view: 'home', shells: [...state.shells, change.shell], activeShell: change.shell.key, focus: 'shell', typing: true});
		case 'shell-painted':
			return mapShell(state, change.key, shell => ({...shell, lines: change.lines}));
		case 'shell-ended':
			return mapShell({...state, typing: state.typing && state.activeShell !== change.key}, change.key, shell => ({...shell, ended: change.reason}));
		case 'shell-closed':
			return settle(closeShell(state, change.key));
		case 'shell-active':
			return settle({...focusPane(state, 'shell'), activeShell: change.key});
		case 'typing':
			return {...state, typing: change.on};
		case 'set':
			return settle({...state, ...change.values});
	}
}

/** The only place where the state changes. A pane that is no longer there gives its focus away. */
export function reduce(state: State, change: Change): State {
	const next = apply(state, change);
	return paneOrder(next).includes(next.focus) ? next : {...next, focus: 'containers', typing: false};
}
