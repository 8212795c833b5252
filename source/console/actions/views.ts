import {sanitizeLine} from '../../terminal/sanitize.ts';
import {tabs, tabsOf} from '../tabs/table.ts';
import {containerById, containerTarget, imageName, listInFocus, selectedContainer, selectedImage, selectedRow} from '../store/select.ts';
import type {ContainerTab, HostTab, ImageTab, Page, TabId, Target} from '../store/state.ts';
import {type Context, inform} from './context.ts';

function openPage({store}: Context, page: Page): void {
	const spec = tabs[page.tab];
	if (spec) store.dispatch({type: 'opened', page, view: spec.view});
}

export const openContainer = (context: Context, target: Target, tab: ContainerTab): void => openPage(context, {kind: 'container', tab, target});

/** A tab of the container that the screen is about, or that the row under the cursor is about. */
export const showContainer =
	(tab: ContainerTab) =>
	(context: Context): void => {
		const state = context.store.getState();
		const ofRow = state.view === 'sheet' ? selectedRow(state)?.node.target : undefined;
		if (ofRow?.kind === 'container' && state.page?.kind === 'host') {
			if (containerById(state, ofRow.id)) openContainer(context, ofRow, tab);
			else inform(context, `${ofRow.name} is not there any more`);
			return;
		}
		const container = selectedContainer(state);
		if (container) openContainer(context, containerTarget(container), tab);
		else inform(context, 'No container is selected');
	};

export const showImage =
	(tab: ImageTab) =>
	(context: Context): void => {
		const image = selectedImage(context.store.getState());
		if (image) openPage(context, {kind: 'image', tab, target: {kind: 'image', id: image.id, name: imageName(image)}});
		else inform(context, 'No image is selected');
	};

export const showHost =
	(tab: HostTab) =>
	(context: Context): void =>
		openPage(context, {kind: 'host', tab, target: undefined});

/** `i` and `d`: everything about what is under the cursor. */
export function inspect(context: Context): void {
	const {view, focus, page} = context.store.getState();
	const ofImage = view === 'home' ? focus === 'images' : page?.kind === 'image';
	(ofImage ? showImage('image-config') : showContainer('inspect'))(context);
}

/** `[` and `]`. At home they lead into the pages of what is under the cursor. */
export const nextTab =
	(direction: 1 | -1) =>
	(context: Context): void => {
		const {page, focus} = context.store.getState();
		if (!page) return (focus === 'images' ? showImage(direction === 1 ? 'layers' : 'image-config') : showContainer(direction === 1 ? 'logs' : 'why'))(context);
		const order = tabsOf(page.kind);
		const tab = order[(order.indexOf(page.tab) + direction + order.length) % order.length];
		if (tab !== undefined) openPage(context, {...page, tab});
	};

/** `-`: what was looked at before this. */
export function lastView(context: Context): void {
	const {lastPage, page} = context.store.getState();
	if (lastPage === undefined) {
		if (page) context.store.dispatch({type: 'home'});
		else inform(context, 'Nothing was looked at before');
		return;
	}
	openPage(context, lastPage);
}

/** Enter on a row of a table or a tree: folds it, reads what is below it, or goes to what it is about. */
function openRow(context: Context): void {
	const {store} = context;
	const state = store.getState();
	const row = selectedRow(state);
	if (!row) return;
	const {node, fold} = row;
	if (fold !== undefined) {
		if (node.lazy === true) context.openRow(node.key);
		store.dispatch({type: 'folded', key: node.key, open: fold === 'closed'});
		return;
	}
	const {target} = node;
	if (target?.kind === 'container') showContainer('history')(context);
	else if (target?.kind === 'volume' || target?.kind === 'network') showJson(context, target);
	else context.openFile(node);
}

function showJson({store, engine}: Context, target: Target): void {
	const value = target.kind === 'volume' ? engine.listVolumes().find(({Name}) => Name === target.id) : engine.listNetworks().find(({Id}) => Id === target.id);
	const lines = JSON.stringify(value ?? {}, undefined, 2)
		.split('\n')
		.map(sanitizeLine);
	showText({store}, `${target.kind} ${target.name}`, lines);
}

/** Lines over the page that is open; Esc goes back to it. */
export function showText({store}: Pick<Context, 'store'>, title: string, lines: readonly string[]): void {
	store.dispatch({type: 'text', text: {title: sanitizeLine(title), lines, top: 0, left: 0, search: ''}});
}

/** Enter: what one looks at next. */
export function open(context: Context): void {
	const {store} = context;
	const {focus, view, zoomed} = store.getState();
	if (view === 'sheet') return openRow(context);
	if (view !== 'home') return;
	if (focus === 'shell') return store.dispatch({type: 'typing', on: true});
	if (focus === 'images') return showImage('layers')(context);
	if (focus === 'stats') return store.dispatch({type: 'zoomed', on: !zoomed});
	showContainer('logs')(context);
}

type Unwinding = {readonly when: boolean; readonly act: () => void};

/** Esc and q unwind one step: message, search, text, filter, marks, page, zoom. Tells whether there was something to unwind. */
export function back({store}: Context): boolean {
	const state = store.getState();
	const {view, zoomed, focus, lists, logLook, message, text, page} = state;
	if (message) store.dispatch({type: 'message', message: undefined});
	const list = listInFocus(state);
	const inLog = view === 'log' || (view === 'home' && focus === 'logs');
	const steps: readonly Unwinding[] = [
		{when: inLog && logLook.range !== undefined, act: () => store.dispatch({type: 'log-look', look: {range: undefined}})},
		{when: inLog && logLook.search !== '', act: () => store.dispatch({type: 'log-look', look: {search: '', match: undefined}})},
		{when: inLog && logLook.only !== '', act: () => store.dispatch({type: 'log-look', look: {only: '', top: undefined}})},
		{when: view === 'text' && text !== undefined && text.search !== '', act: () => store.dispatch({type: 'text-search', search: '', top: text?.top ?? 0})},
		{when: view === 'text' && page !== undefined, act: () => store.dispatch({type: 'text', text: undefined})},
		{when: (view === 'sheet' || view === 'home') && lists[list].filter !== '', act: () => store.dispatch({type: 'filtered', list, filter: ''})},
		{when: (view === 'sheet' || view === 'home') && lists[list].marks.size > 0, act: () => store.dispatch({type: 'marked', list, marks: new Set()})},
		{when: view !== 'home', act: () => store.dispatch({type: 'home'})},
		{when: zoomed, act: () => store.dispatch({type: 'zoomed', on: false})},
	];
	const step = steps.find(({when}) => when);
	step?.act();
	return step !== undefined || message !== undefined;
}

export const tabTitle = (tab: TabId): string => tabs[tab]?.title ?? tab;
