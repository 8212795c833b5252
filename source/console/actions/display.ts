import {formatClock} from '../format.ts';
import {containerSorts, imageSorts, listInFocus, visibleRows} from '../store/select.ts';
import type {ListId, LogRange, MenuItem, State} from '../store/state.ts';
import {tabs} from '../tabs/table.ts';
import {type Context, inform} from './context.ts';

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
	inform(context, mouse ? 'The mouse is ours: M gives it back to the terminal for selecting text' : 'The mouse is the terminal’s again');
}

const windows = [1, 5, 15, 60, 1440];

export const changeWindow =
	(direction: 1 | -1) =>
	({store}: Context): void => {
		const index = windows.indexOf(store.getState().window);
		store.dispatch({type: 'set', values: {window: windows[Math.max(0, Math.min(windows.length - 1, index + direction))] ?? 5}});
	};

type Sort = {readonly value: string; readonly label: string};

function sortsOf(state: State, list: ListId): readonly Sort[] {
	if (list === 'sheet')
		return [
			{value: '', label: 'As it was read'},
			...((state.page && tabs[state.page.tab]?.columns) ?? []).filter(({title}) => title !== '').map(({name, title}) => ({value: name, label: title.toLowerCase()})),
		];
	const sorts: Readonly<Record<string, {readonly label: string}>> = list === 'containers' ? containerSorts : imageSorts;
	return Object.entries(sorts).map(([value, {label}]) => ({value, label}));
}

export function askSort({store}: Context): void {
	const state = store.getState();
	const list = listInFocus(state);
	const {sort, reverse} = state.lists[list];
	const items = sortsOf(state, list).map(({value, label}): MenuItem => ({value, label, hint: value === sort ? (reverse ? 'reversed now' : 'now; again reverses') : ''}));
	store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'menu',
			purpose: 'sort',
			title: 'Sort by',
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
	const list = listInFocus(state);
	const before = state.lists[list];
	store.dispatch({type: 'sorted', list, sort, reverse: before.sort === sort ? !before.reverse : false});
}

/** `<` and `>`: the next order to the left or right. */
export const nextSort =
	(direction: 1 | -1) =>
	({store}: Context): void => {
		const state = store.getState();
		const list = listInFocus(state);
		const sorts = sortsOf(state, list);
		const at = sorts.findIndex(({value}) => value === state.lists[list].sort);
		const next = sorts[(at + direction + sorts.length) % sorts.length];
		if (next) store.dispatch({type: 'sorted', list, sort: next.value, reverse: false});
	};

/** `w`: columns of the containers, each on or off. */
export function askColumns({store}: Context, index = 0): void {
	const {hiddenColumns} = store.getState();
	const items = Object.entries(optionalColumns).map(
		([value, label]): MenuItem => ({
			value,
			label: `${hiddenColumns.includes(value) ? '○' : '●'} ${label}`,
			hint: hiddenColumns.includes(value) ? 'put away' : 'shown where there is room',
		}),
	);
	store.dispatch({type: 'overlay', overlay: {kind: 'menu', purpose: 'columns', title: 'Columns', items, index}});
}

export const optionalColumns: Readonly<Record<string, string>> = {
	status: 'Status',
	cpu: 'CPU',
	trend: 'CPU of the last seconds',
	memory: 'Memory',
	image: 'Image',
	ports: 'Ports',
	network: 'Network rates',
	io: 'Block I/O rates',
	pids: 'Processes',
	id: 'Id',
};

export function toggleColumn(context: Context, column: string, index: number): void {
	const {hiddenColumns} = context.store.getState();
	context.store.dispatch({type: 'set', values: {hiddenColumns: hiddenColumns.includes(column) ? hiddenColumns.filter(name => name !== column) : [...hiddenColumns, column]}});
	askColumns(context, index);
}

export const resize =
	(by: number) =>
	({store}: Context): void => {
		const split = Math.max(25, Math.min(75, store.getState().split + by));
		store.dispatch({type: 'set', values: {split}});
	};

/** Filters a list as one types; searches a text. */
export function askFilter({store}: Context): void {
	const state = store.getState();
	if (state.view === 'sheet' || (state.view === 'home' && (state.focus === 'containers' || state.focus === 'images' || state.focus === 'stats'))) {
		const list = listInFocus(state);
		const {filter} = state.lists[list];
		store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'filter', label: 'filter', text: filter, before: filter, fresh: filter !== ''}});
		return;
	}
	const before = state.view === 'text' ? (state.text?.search ?? '') : state.logLook.search;
	store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'search', label: 'search', text: '', before}});
}

/** What is typed works while it is typed. */
export function typeFilter({store}: Context, text: string): void {
	store.dispatch({type: 'filtered', list: listInFocus(store.getState()), filter: text});
}

/** On a tree: opens or closes everything. */
export function foldAll({store}: Context): void {
	const state = store.getState();
	const folds = visibleRows(state).filter(({fold}) => fold !== undefined);
	const open = folds.some(({fold}) => fold === 'closed');
	store.dispatch(...folds.map(({node}) => ({type: 'folded' as const, key: node.key, open})));
}

export const setTheme =
	(theme: State['theme']) =>
	({store}: Context): void =>
		store.dispatch({type: 'set', values: {theme}});

/** The windows of a log, as in k9s. */
export const logRanges: readonly {readonly words: string; readonly range: (now: number) => LogRange}[] = [
	{words: 'its end', range: () => ({kind: 'tail'})},
	{words: 'its beginning', range: () => ({kind: 'head'})},
	...[1, 5, 15, 30, 60].map(minutes => ({
		words: minutes < 60 ? `the last ${minutes} min` : 'the last hour',
		range: (now: number): LogRange => ({kind: 'since', since: now - minutes * 60_000, name: minutes < 60 ? `last ${minutes} min` : 'last hour'}),
	})),
];

export const sinceClock = (time: number): LogRange => ({kind: 'since', since: time, name: `since ${formatClock(time)}`});
