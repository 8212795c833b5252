import {containerById} from '../store/select.ts';
import {type Context, inform, runTask} from './context.ts';
import {targetOf} from './target.ts';

/** Pauses what runs, resumes what is paused. */
export async function pause(context: Context): Promise<void> {
	const target = targetOf(context);
	if (!target) return;
	const {engine, store} = context;
	const status = containerById(store.getState(), target.id)?.status;
	if (status === 'paused') return runTask(context, target, {verb: 'resuming', phase: `Resuming ${target.name}…`}, () => engine.unpause(target.id));
	if (status !== 'running') return inform(context, `${target.name} does not run`);
	await runTask(context, target, {verb: 'pausing', phase: `Pausing ${target.name}…`}, () => engine.pause(target.id));
}
