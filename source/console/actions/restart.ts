import type {Target} from '../store/state.ts';
import {type Context, runTask} from './context.ts';
import {targetOf} from './target.ts';

export function restart(context: Context): void {
	const target = targetOf(context);
	if (!target) return;
	context.store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'restart',
			question: `Restart ${target.name}?`,
			details: ['It is stopped as by S, and started again.'],
			targets: [target],
			focus: 'no',
			typed: '',
		},
	});
}

export async function restartTargets(context: Context, targets: readonly Target[]): Promise<void> {
	await Promise.all(targets.map(target => runTask(context, target, {verb: 'restarting', phase: `Restarting ${target.name}…`}, () => context.engine.restart(target.id))));
}
