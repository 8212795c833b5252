import {containerSorts, imageSorts} from '../store/select.ts';
import {findInLog, logWindow} from '../store/log-window.ts';
import type {ListId, MenuItem, State} from '../store/state.ts';
import {type Context, inform} from './context.ts';

const listOf = ({focus}: State): ListId => (focus === 'images' ? 'images' : 'containers');

export function toggleStopped({store}: Context): void {
	store.dispatch({type: 'set', values: {showStopped: !store.getState().showStopped}});
}

export function freeze(context: Context): void {
	const frozen = !context.store.getState().frozen;
	context.store.dispatch({type: 'set', values: {frozen}});
	inform(context, frozen ? 'Live numbers stand still: u lets them go on' : 'Live numbers go on');
}

export function toggleMouse(context: Context): void {
	const mouse = !context.store.getState().mouse;
	context.store.dispatch({type: 'set', values: {mouse}});
	context.setMouse(mouse);
	inform(context, mouse ? 'The mouse is ours: M gives it back to the terminal for selecting text' : 'The mouse is the terminal’s again');
}

const windows = [1, 5, 15, 60, 1440];

export const changeWindow =
	(direction: 1 | -1) =>
	({store}: Context): void => {
		const index = windows.indexOf(store.getState().window);
		store.dispatch({type: 'set', values: {window: windows[Math.max(0, Math.min(windows.length - 1, index + direction))] ?? 5}});
	};

export function askSort({store}: Context): void {
	const state = store.getState();
	const list = listOf(state);
	const sorts: Readonly<Record<string, {readonly label: string}>> = list === 'containers' ? containerSorts : imageSorts;
	const {sort, reverse} = state.lists[list];
	const items = Object.entries(sorts).map(([value, {label}]): MenuItem => ({value, label, hint: value === sort ? (reverse ? 'reversed now' : 'now; again reverses') : ''}));
	store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'menu',
			purpose: 'sort',
			title: `Sort ${list} by`,
			items,
			index: Math.max(
				0,
				items.findIndex(({value}) => value === sort),
			),
		},
	});
}

export function sortBy({store}: Context, sort: string): void {
	const state = store.getState();
	const list = listOf(state);
	const before = state.lists[list];
	store.dispatch({type: 'sorted', list, sort, reverse: before.sort === sort ? !before.reverse : false});
}

export function askFilter({store}: Context): void {
	const state = store.getState();
	if (state.view === 'home' && (state.focus === 'containers' || state.focus === 'images' || state.focus === 'stats')) {
		const {filter} = state.lists[listOf(state)];
		store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'filter', label: `filter ${listOf(state)}`, text: filter, before: filter}});
		return;
	}
	const before = state.view === 'text' ? (state.text?.search ?? '') : state.logLook.search;
	store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'search', label: 'search', text: '', before}});
}

/** What is typed works while it is typed. */
export function typeFilter({store}: Context, text: string): void {
	store.dispatch({type: 'filtered', list: listOf(store.getState()), filter: text});
}

export function search(context: Context, text: string): void {
	const {store} = context;
	if (store.getState().view === 'text') {
		store.dispatch({type: 'text-search', search: text, top: store.getState().text?.top ?? 0});
		searchText(context, 0);
		return;
	}
	store.dispatch({type: 'log-look', look: {search: text, match: undefined}});
	if (text !== '') jumpInLog(context, -1);
}

function searchText(context: Context, direction: 1 | -1 | 0): void {
	const {store} = context;
	const {text} = store.getState();
	if (!text || text.search === '') return;
	const wanted = text.search.toLowerCase();
	const count = text.lines.length;
	for (let step = direction === 0 ? 0 : 1; step <= count; step++) {
		const index = (((text.top + step * (direction || 1)) % count) + count) % count;
		if (text.lines[index]?.toLowerCase().includes(wanted)) return store.dispatch({type: 'text-search', search: text.search, top: index});
	}
	inform(context, `“${text.search}” is not here`);
}

/** Goes to a match and shows what stands around it. */
function jumpInLog(context: Context, direction: 1 | -1): void {
	const {store} = context;
	const {log, logLook, size} = store.getState();
	const from = logLook.match ?? (logLook.top === undefined ? log.first + log.entries.length : logLook.top);
	const found = findInLog(log, logLook, from, direction);
	if (found === undefined) return inform(context, `“${logLook.search}” is not in the ${log.entries.length} lines kept here`);
	const top = Math.max(log.first, found - Math.floor(size.rows / 4));
	const window = logWindow(log, {...logLook, top}, {width: size.columns, height: Math.floor(size.rows / 2)}, ({log: text}) => text);
	store.dispatch({type: 'log-look', look: {match: found, top: window.last >= found ? top : found}});
}

export const searchNext =
	(direction: 1 | -1) =>
	(context: Context): void => {
		const {view, logLook} = context.store.getState();
		if (view === 'text') searchText(context, direction);
		else if (logLook.search === '') inform(context, '/ searches first');
		else jumpInLog(context, direction);
	};

export function toggleFollow({store}: Context): void {
	const {log, logLook, size} = store.getState();
	const top = logLook.top === undefined ? Math.max(log.first, log.first + log.entries.length - size.rows + 4) : undefined;
	store.dispatch({type: 'log-look', look: {top}});
}

export const toggleWrap = ({store}: Context): void => store.dispatch({type: 'log-look', look: {wrap: !store.getState().logLook.wrap, left: 0}});
export const toggleTimes = ({store}: Context): void => store.dispatch({type: 'log-look', look: {times: !store.getState().logLook.times}});

export function nextStream({store}: Context): void {
	const order = ['all', 'stdout', 'stderr'] as const;
	const {stream} = store.getState().logLook;
	store.dispatch({type: 'log-look', look: {stream: order[(order.indexOf(stream) + 1) % order.length] ?? 'all'}});
}

export const setTheme =
	(theme: State['theme']) =>
	({store}: Context): void =>
		store.dispatch({type: 'set', values: {theme}});
