import type {Change} from './change.ts';
import {reduce} from './reduce.ts';
import type {State} from './state.ts';

/** State outside React, with one writer: `reduce`. */
export type Store = {
	readonly getState: () => State;
	readonly dispatch: (...changes: readonly Change[]) => void;
	/** Called once after each dispatch that changed something; `byHand`: somebody did it and waits to see it. */
	readonly subscribe: (listener: (byHand: boolean) => void) => () => void;
	/** What is dispatched meanwhile was done by hand. */
	readonly handle: (act: () => void) => void;
};

export function createStore(initial: State): Store {
	let state = initial;
	const listeners = new Set<(byHand: boolean) => void>();
	let byHand = false;
	return {
		getState: () => state,
		dispatch(...changes) {
			const next = changes.reduce(reduce, state);
			if (next === state) return;
			state = next;
			for (const listener of listeners) listener(byHand);
		},
		handle(act) {
			byHand = true;
			try {
				act();
			} finally {
				byHand = false;
			}
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
