import type {Context} from './context.ts';
import {back} from './views.ts';

/** Leaves at once where nothing is lost by it; containers go on in any case. */
export function quit(context: Context): void {
	const {store} = context;
	const {shells, tasks} = store.getState();
	const open = shells.filter(({ended}) => ended === undefined);
	if (open.length === 0 && tasks.size === 0) return context.quit();
	const details = [...open.map(({title}) => `${title} is open.`), ...[...tasks.values()].map(({phase}) => phase)];
	store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'quit',
			question: 'Leave the console?',
			details: [...details.slice(0, 5), open.length > 0 ? 'Containers and shells go on either way; 9 finds the shells again.' : 'Containers go on either way.'],
			targets: [],
			focus: 'no',
			typed: '',
		},
	});
}

export const quitNow = (context: Context): void => context.quit();

/** `q`: one step back, and out at the root. */
export function backOrQuit(context: Context): void {
	const {view, zoomed} = context.store.getState();
	if (view !== 'home' || zoomed) back(context);
	else quit(context);
}
