import type {Target} from '../store/state.ts';
import {type Context, runTask} from './context.ts';
import {targetOf} from './target.ts';

export function stop(context: Context): void {
	const target = targetOf(context);
	if (!target) return;
	context.store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'stop',
			question: `Stop ${target.name}?`,
			details: ['It gets its stop signal, and SIGKILL when its time of grace is over.'],
			targets: [target],
			focus: 'no',
			typed: '',
		},
	});
}

export async function stopTargets(context: Context, targets: readonly Target[]): Promise<void> {
	const stopOne = (target: Target): Promise<void> =>
		runTask(context, target, {verb: 'stopping', phase: `Stopping ${target.name}…`}, update =>
			context.engine.stop(target.id, ({phase, deadline}) => {
				if (phase === 'signalled' && deadline !== undefined) update({deadline});
				if (phase === 'killing') update({phase: `Stopping ${target.name}: SIGKILL sent`});
			}),
		);
	await Promise.all(targets.map(stopOne));
}
