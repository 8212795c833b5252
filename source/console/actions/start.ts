import {containerById} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {ask} from './ask.ts';
import {type Context, inform, runTask} from './context.ts';
import {containerTargets} from './marks.ts';

export function start(context: Context): void {
	const chosen = containerTargets(context);
	const statusOf = ({id}: Target): string | undefined => containerById(context.store.getState(), id)?.status;
	const targets = chosen.filter(target => !/^(running|paused|restarting|stopping)$/.test(statusOf(target) ?? ''));
	const [first] = chosen;
	if (first && targets.length === 0) return inform(context, statusOf(first) === 'paused' ? `${first.name} is paused: P resumes it` : `${first.name} runs already`);
	if (targets.length > 1) return ask(context, {verb: 'start', what: 'Start', targets, details: []});
	void startTargets(context, targets);
}

export async function startTargets(context: Context, targets: readonly Target[]): Promise<void> {
	await Promise.all(targets.map(target => runTask(context, target, {verb: 'starting', phase: `Starting ${target.name}…`}, () => context.engine.start(target.id))));
}
