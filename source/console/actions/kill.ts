import {containerById, isLive} from '../store/select.ts';
import type {MenuItem, Target} from '../store/state.ts';
import {type Context, inform, runTask} from './context.ts';
import {targetOf} from './target.ts';

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
];

export function kill(context: Context): void {
	const target = targetOf(context);
	if (!target) return;
	const container = containerById(context.store.getState(), target.id);
	if (container && !isLive(container)) return inform(context, `${target.name} does not run`);
	context.store.dispatch({type: 'overlay', overlay: {kind: 'menu', purpose: 'kill', title: `Signal to ${target.name}`, items: signals, index: 0, target}});
}

export async function sendSignal(context: Context, target: Target, signal: string): Promise<void> {
	if (signal === '') return;
	await runTask(context, target, {verb: 'signalling', phase: `Sending ${signal} to ${target.name}…`}, () => context.engine.kill(target.id, signal));
}
