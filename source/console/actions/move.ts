import type {Step} from '../store/change.ts';
import {paneOrder} from '../store/layout.ts';
import type {PaneId} from '../store/state.ts';
import type {Context} from './context.ts';
import {nextTab, showHost} from './views.ts';

export const move =
	(step: Step) =>
	({store}: Context): void =>
		store.dispatch({type: 'moved', step});

export const scrollColumns =
	(columns: number) =>
	({store}: Context): void =>
		store.dispatch({type: 'scrolled', columns});

export const focus =
	(pane: PaneId) =>
	(context: Context): void => {
		if (pane === 'shell' && context.store.getState().shells.length === 0) return showHost('sessions')(context);
		context.store.dispatch({type: 'focused', pane});
	};

export const focusNext =
	(direction: 1 | -1) =>
	(context: Context): void => {
		const {store} = context;
		const state = store.getState();
		if (state.page) return nextTab(direction)(context);
		const order = paneOrder(state);
		store.dispatch({type: 'focused', pane: order[(order.indexOf(state.focus) + direction + order.length) % order.length] ?? 'containers'});
	};

export const zoom = ({store}: Context): void => store.dispatch({type: 'zoomed', on: !store.getState().zoomed});

/** The next of several shells. */
export const nextShell =
	(direction: 1 | -1) =>
	({store}: Context): void => {
		const {shells, activeShell} = store.getState();
		const index = shells.findIndex(({key}) => key === activeShell);
		const next = shells[(index + direction + shells.length) % Math.max(1, shells.length)];
		if (next) store.dispatch({type: 'shell-active', key: next.key});
	};

export function closeShell({store, shells}: Context): void {
	const {activeShell} = store.getState();
	if (activeShell !== undefined) shells.close(activeShell);
}
