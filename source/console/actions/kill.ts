import type {MenuItem, Target} from '../store/state.ts';
import {isProtected} from './ask.ts';
import {type Context, inform, runTask} from './context.ts';
import {containerTargets} from './marks.ts';
import {running} from './stop.ts';

/** The first does nothing: Enter alone never destroys. */
const signals: readonly MenuItem[] = [
	{value: '', label: 'none', hint: 'leave it alone'},
	{value: 'SIGTERM', label: 'SIGTERM', hint: '15  asks it to end'},
	{value: 'SIGKILL', label: 'SIGKILL', hint: '9   ends it at once'},
	{value: 'SIGINT', label: 'SIGINT', hint: '2   as Ctrl-C'},
	{value: 'SIGHUP', label: 'SIGHUP', hint: '1   often: read the configuration again'},
	{value: 'SIGQUIT', label: 'SIGQUIT', hint: '3   ends it with a core dump'},
	{value: 'SIGUSR1', label: 'SIGUSR1', hint: '10  its own meaning'},
	{value: 'SIGUSR2', label: 'SIGUSR2', hint: '12  its own meaning'},
	{value: 'SIGWINCH', label: 'SIGWINCH', hint: '28  often: end gracefully'},
	{value: 'SIGSTOP', label: 'SIGSTOP', hint: '19  stands still until SIGCONT'},
	{value: 'SIGCONT', label: 'SIGCONT', hint: '18  goes on'},
];

export function kill(context: Context): void {
	const chosen = containerTargets(context);
	const targets = running(context, chosen);
	const [first] = targets;
	if (!first) return chosen[0] && inform(context, `${chosen[0].name} does not run`);
	const guarded = targets.filter(target => isProtected(context.store.getState(), target));
	if (guarded.length > 0) return inform(context, `${guarded[0]?.name ?? ''} is protected: S asks for its name`);
	context.store.dispatch({
		type: 'overlay',
		overlay: {kind: 'menu', purpose: 'kill', title: targets.length === 1 ? `Signal to ${first.name}` : `Signal to ${targets.length} containers`, items: signals, index: 0, targets},
	});
}

export async function sendSignal(context: Context, targets: readonly Target[], signal: string): Promise<void> {
	if (signal === '') return;
	await Promise.all(
		targets.map(target => runTask(context, target, {verb: `signalling ${signal}`, phase: `Sending ${signal} to ${target.name}…`}, () => context.engine.kill(target.id, signal))),
	);
}
