import type {Overlay, Target} from '../store/state.ts';
import type {Context} from './context.ts';
import {pruneNow} from './prune.ts';
import {quitNow} from './quit.ts';
import {removeImages, removeNetworks, removeTargets, removeVolumes} from './remove.ts';
import {restartTargets} from './restart.ts';
import {attachTargets} from './shell.ts';
import {startTargets} from './start.ts';
import {stopTargets} from './stop.ts';

type Confirm = Extract<Overlay, {kind: 'confirm'}>;

const verbs: Readonly<Record<Confirm['verb'], (context: Context, targets: readonly Target[]) => unknown>> = {
	start: startTargets,
	stop: stopTargets,
	restart: restartTargets,
	remove: removeTargets,
	'remove-image': removeImages,
	'remove-volume': removeVolumes,
	'remove-network': removeNetworks,
	prune: pruneNow,
	attach: attachTargets,
	quit: quitNow,
};

/** Yes was said: to these things, by id, and to nothing else. Their marks are used up. */
export function carryOut(context: Context, {verb, targets}: Confirm): void {
	const {store} = context;
	store.dispatch({type: 'overlay', overlay: undefined});
	const [first] = targets;
	if (first) store.dispatch({type: 'marked', list: first.kind === 'container' ? 'containers' : first.kind === 'image' ? 'images' : 'sheet', marks: new Set()});
	void verbs[verb](context, targets);
}
