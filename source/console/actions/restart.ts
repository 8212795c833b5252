import type {Target} from '../store/state.ts';
import {ask} from './ask.ts';
import {type Context, runTask} from './context.ts';
import {containerTargets} from './marks.ts';

export function restart(context: Context): void {
	const targets = containerTargets(context);
	if (targets.length === 1 && !context.store.getState().settings.confirmStop) return void restartTargets(context, targets);
	ask(context, {verb: 'restart', what: 'Restart', targets, details: ['It is stopped as by S, and started again.']});
}

export async function restartTargets(context: Context, targets: readonly Target[]): Promise<void> {
	await Promise.all(targets.map(target => runTask(context, target, {verb: 'restarting', phase: `Restarting ${target.name}…`}, () => context.engine.restart(target.id))));
}
