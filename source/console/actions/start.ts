import {containerById} from '../store/select.ts';
import {type Context, inform, runTask} from './context.ts';
import {targetOf} from './target.ts';

export async function start(context: Context): Promise<void> {
	const target = targetOf(context);
	if (!target) return;
	const status = containerById(context.store.getState(), target.id)?.status;
	if (status === 'running') return inform(context, `${target.name} runs already`);
	if (status === 'paused') return inform(context, `${target.name} is paused: P resumes it`);
	await runTask(context, target, {verb: 'starting', phase: `Starting ${target.name}…`}, () => context.engine.start(target.id));
}
