import {containerTarget, imageKey, imageName, listInFocus, selectedContainer, visibleContainers, visibleImages, visibleRows} from '../store/select.ts';
import type {ListId, State, Target} from '../store/state.ts';
import {type Context, inform} from './context.ts';

const keysOf: Readonly<Record<ListId, (state: State) => readonly string[]>> = {
	containers: state => visibleContainers(state).map(({id}) => id),
	images: state => visibleImages(state).map(imageKey),
	sheet: state => visibleRows(state).map(({node}) => node.key),
};

const setMarks = ({store}: Context, list: ListId, marks: ReadonlySet<string>): void => store.dispatch({type: 'marked', list, marks});

/** Space: marks the row and goes on to the next. */
export function mark(context: Context): void {
	const state = context.store.getState();
	const list = listInFocus(state);
	const {selected, marks} = state.lists[list];
	if (selected === undefined) return;
	const next = new Set(marks);
	if (!next.delete(selected)) next.add(selected);
	setMarks(context, list, next);
	context.store.dispatch({type: 'moved', step: {by: 'line', count: 1}});
}

/** Ctrl-Space: everything from the last marked row to here. */
export function markRange(context: Context): void {
	const state = context.store.getState();
	const list = listInFocus(state);
	const {selected, marks} = state.lists[list];
	const keys = keysOf[list](state);
	const to = keys.indexOf(selected ?? '');
	const from = keys.indexOf([...marks].findLast(key => keys.includes(key)) ?? '');
	if (to === -1) return;
	if (from === -1) return mark(context);
	setMarks(context, list, new Set([...marks, ...keys.slice(Math.min(from, to), Math.max(from, to) + 1)]));
}

/** `*`: all that are shown, or none where all are marked. */
export function markAll(context: Context): void {
	const state = context.store.getState();
	const list = listInFocus(state);
	const keys = keysOf[list](state);
	const all = keys.every(key => state.lists[list].marks.has(key));
	setMarks(context, list, all ? new Set() : new Set([...state.lists[list].marks, ...keys]));
}

/** What an act is for: the page's container, the marked ones (seen or not), or the one under the cursor. */
export function containerTargets(context: Context): readonly Target[] {
	const state = context.store.getState();
	const {marks} = state.lists.containers;
	const marked = state.page ? [] : state.containers.filter(({id}) => marks.has(id));
	const container = selectedContainer(state);
	const chosen = marked.length > 0 ? marked : container ? [container] : [];
	if (chosen.length === 0) inform(context, 'No container is selected');
	return chosen.map(containerTarget);
}

export function imageTargets(context: Context): readonly Target[] {
	const state = context.store.getState();
	const {marks, selected} = state.lists.images;
	const wanted = state.images.filter(image =>
		marks.size > 0 && !state.page ? marks.has(imageKey(image)) : state.page?.kind === 'image' ? image.id === state.page.target?.id : imageKey(image) === selected,
	);
	if (wanted.length === 0) inform(context, 'No image is selected');
	return wanted.map((image): Target => ({kind: 'image', id: image.repository === '<none>' ? image.id : imageName(image), name: imageName(image)}));
}

/** Volumes or networks: the marked rows, or the one under the cursor. */
export function rowTargets(context: Context): readonly Target[] {
	const state = context.store.getState();
	const {marks, selected} = state.lists.sheet;
	const targets = visibleRows({...state, lists: {...state.lists, sheet: {...state.lists.sheet, filter: ''}}}).filter(({node}) =>
		marks.size > 0 ? marks.has(node.key) : node.key === selected,
	);
	return targets.flatMap(({node}) => node.target ?? []);
}

/** How many of the marked ones a filter hides: they are meant all the same, and that must be said. */
export function hiddenCount(state: State, targets: readonly Target[]): number {
	const seen = new Set(visibleContainers(state).map(({id}) => id));
	return targets.filter(({kind, id}) => kind === 'container' && !seen.has(id)).length;
}
