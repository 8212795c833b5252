import type {Overlay, Target} from '../store/state.ts';
import type {Context} from './context.ts';
import {quitNow} from './quit.ts';
import {removeImages, removeTargets} from './remove.ts';
import {restartTargets} from './restart.ts';
import {stopTargets} from './stop.ts';

type Confirm = Extract<Overlay, {kind: 'confirm'}>;

const verbs: Readonly<Record<Confirm['verb'], (context: Context, targets: readonly Target[]) => unknown>> = {
	stop: stopTargets,
	restart: restartTargets,
	remove: removeTargets,
	'remove-image': removeImages,
	quit: quitNow,
};

/** Yes was said: to these things, by id, and to nothing else. */
export function carryOut(context: Context, {verb, targets}: Confirm): void {
	context.store.dispatch({type: 'overlay', overlay: undefined});
	void verbs[verb](context, targets);
}
