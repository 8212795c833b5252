import {containerById, isLive} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {ask} from './ask.ts';
import {type Context, inform, runTask} from './context.ts';
import {containerTargets} from './marks.ts';

export const running = ({store}: Context, targets: readonly Target[]): readonly Target[] =>
	targets.filter(({id}) => {
		const container = containerById(store.getState(), id);
		return container !== undefined && isLive(container);
	});

export function stop(context: Context): void {
	const chosen = containerTargets(context);
	const targets = running(context, chosen);
	if (chosen.length > 0 && targets.length === 0) return inform(context, `${chosen[0]?.name ?? ''} does not run`);
	if (targets.length === 1 && !context.store.getState().settings.confirmStop) return void stopTargets(context, targets);
	ask(context, {verb: 'stop', what: 'Stop', targets, details: ['It gets its stop signal, and SIGKILL when its time of grace is over.', 'Z while it waits calls the SIGKILL off.']});
}

export async function stopTargets(context: Context, targets: readonly Target[]): Promise<void> {
	await Promise.all(targets.map(target => stopOne(context, target)));
}

async function stopOne(context: Context, target: Target): Promise<void> {
	const {engine, undo} = context;
	const calledOff = new AbortController();
	undo.set(target.id, () => calledOff.abort());
	await runTask(context, target, {verb: 'stopping', phase: `Stopping ${target.name}…`}, update =>
		engine.stop(target.id, calledOff.signal, ({phase, deadline}) => {
			if (phase === 'signalled' && deadline !== undefined) update({deadline});
			if (phase === 'killing') update({phase: `Stopping ${target.name}: SIGKILL sent`});
		}),
	);
	undo.delete(target.id);
	if (calledOff.signal.aborted) inform(context, `${target.name} keeps its stop signal, but is not killed`);
}
