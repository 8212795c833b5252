import {sanitizeLine} from '../../terminal/sanitize.ts';
import {imageName, selectedContainer, selectedImage} from '../store/select.ts';
import type {ViewId} from '../store/state.ts';
import {type Context, complain, inform} from './context.ts';

export const showView =
	(view: ViewId) =>
	(context: Context): void =>
		context.store.dispatch({type: 'viewed', view});

/** Lines of indented JSON; every string in them came from outside. */
const toLines = (value: unknown): string[] => JSON.stringify(value, undefined, 2).split('\n').map(sanitizeLine);

export function inspect(context: Context): void {
	const {store, engine} = context;
	const state = store.getState();
	try {
		if (state.focus === 'images') {
			const image = selectedImage(state);
			if (!image) return inform(context, 'No image is selected');
			store.dispatch({
				type: 'viewed',
				view: 'text',
				text: {title: `Image · ${sanitizeLine(imageName(image))}`, lines: toLines(engine.inspectImage(image.id)), top: 0, left: 0, search: ''},
			});
			return;
		}
		const container = selectedContainer(state);
		if (!container) return inform(context, 'No container is selected');
		store.dispatch({
			type: 'viewed',
			view: 'text',
			text: {title: `Inspect · ${sanitizeLine(container.name)}`, lines: toLines(engine.inspectContainer(container.id)), top: 0, left: 0, search: ''},
		});
	} catch (error) {
		complain(context, error);
	}
}

/** Enter: what one looks at next. */
export function open(context: Context): void {
	const {store} = context;
	const {focus, view} = store.getState();
	if (view !== 'home') return;
	if (focus === 'shell') return store.dispatch({type: 'typing', on: true});
	if (focus === 'images') return inspect(context);
	if (focus === 'stats') return store.dispatch({type: 'zoomed', on: !store.getState().zoomed});
	store.dispatch({type: 'viewed', view: 'log'});
}

/** Esc and q unwind one step; what there was to unwind is said by the answer. */
export function back({store}: Context): boolean {
	const {view, zoomed, focus, lists, logLook, message, text} = store.getState();
	if (message) store.dispatch({type: 'message', message: undefined});
	const list = focus === 'images' ? 'images' : 'containers';
	if ((view === 'log' || (view === 'home' && focus === 'logs')) && logLook.search !== '') store.dispatch({type: 'log-look', look: {search: '', match: undefined}});
	else if (view === 'text' && text && text.search !== '') store.dispatch({type: 'text-search', search: '', top: text.top});
	else if (view !== 'home') store.dispatch({type: 'viewed', view: 'home'});
	else if (zoomed) store.dispatch({type: 'zoomed', on: false});
	else if (lists[list].filter !== '') store.dispatch({type: 'filtered', list, filter: ''});
	else return message !== undefined;
	return true;
}
