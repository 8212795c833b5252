import type {Change} from './change.ts';
import {reduce} from './reduce.ts';
import type {State} from './state.ts';

/** State outside React, with one writer: `reduce`. */
export type Store = {
	readonly getState: () => State;
	readonly dispatch: (...changes: readonly Change[]) => void;
	/** Called once after each dispatch that changed something. */
	readonly subscribe: (listener: () => void) => () => void;
};

export function createStore(initial: State): Store {
	let state = initial;
	const listeners = new Set<() => void>();
	return {
		getState: () => state,
		dispatch(...changes) {
			const next = changes.reduce(reduce, state);
			if (next === state) return;
			state = next;
			for (const listener of listeners) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
