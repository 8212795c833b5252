import {containerById} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {type Context, inform, runTask} from './context.ts';
import {containerTargets} from './marks.ts';

/** Pauses what runs, resumes what is paused. Of several: pauses all that run, or resumes them all where none does. */
export async function pause(context: Context): Promise<void> {
	const {engine, store} = context;
	const chosen = containerTargets(context);
	const withStatus = (status: string): readonly Target[] => chosen.filter(({id}) => containerById(store.getState(), id)?.status === status);
	const active = withStatus('running');
	const paused = withStatus('paused');
	if (active.length === 0 && paused.length === 0) return chosen[0] && inform(context, `${chosen[0].name} does not run`);
	if (active.length > 0) await Promise.all(active.map(target => runTask(context, target, {verb: 'pausing', phase: `Pausing ${target.name}…`}, () => engine.pause(target.id))));
	else await Promise.all(paused.map(target => runTask(context, target, {verb: 'resuming', phase: `Resuming ${target.name}…`}, () => engine.unpause(target.id))));
}
