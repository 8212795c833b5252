import {formatBytes} from '../format.ts';
import {containerById, isLive} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {ask} from './ask.ts';
import {type Context, inform, runTask} from './context.ts';
import {containerTargets, imageTargets, rowTargets} from './marks.ts';
import {running} from './stop.ts';
import {waitForRecall} from './undo.ts';

/** Asks first, naming the things. What runs is removed only by typing its name, or their number. */
export function remove(context: Context): void {
	const targets = containerTargets(context);
	const state = context.store.getState();
	const live = running(context, targets);
	const [first] = targets;
	const container = first && containerById(state, first.id);
	if (!container) return;
	const seconds = state.settings.undoSeconds;
	const details = [
		...(targets.length === 1 ? [`${container.id.slice(0, 12)}, of ${container.image}.`] : []),
		live.length > 0
			? `${targets.length === 1 ? 'It RUNS: it is' : `${live.length} of them RUN: they are`} killed, and what was written is lost.`
			: 'What was written into its own layer is lost. Volumes stay.',
		...(seconds > 0 ? [`Z calls it back for ${seconds} s.`] : []),
	];
	ask(context, {verb: 'remove', what: 'Remove', targets, details});
}

export async function removeTargets(context: Context, targets: readonly Target[]): Promise<void> {
	const {engine, store} = context;
	const {undoSeconds} = store.getState().settings;
	const removeOne = (target: Target): Promise<void> =>
		runTask(context, target, {verb: 'removing', phase: `Removing ${target.name} in a moment: Z calls it back`}, async update => {
			await waitForRecall(context, target.id, undoSeconds);
			update({phase: `Removing ${target.name}…`});
			const container = containerById(store.getState(), target.id);
			await engine.remove(target.id, container !== undefined && isLive(container));
		});
	await Promise.all(targets.map(removeOne));
}

export function removeImage(context: Context): void {
	const targets = imageTargets(context);
	const images = context.store.getState().images.filter(({id, repository, tag}) => targets.some(target => target.id === id || target.id === `${repository}:${tag}`));
	const bytes = images.reduce((sum, {size}) => sum + size, 0);
	const users = images.reduce((sum, {containers}) => sum + containers, 0);
	const used = users > 0 ? [`${users} container${users > 1 ? 's use' : ' uses'} ${targets.length > 1 ? 'them' : 'it'}.`] : [];
	ask(context, {verb: 'remove-image', what: targets.length === 1 ? 'Remove the image' : 'Remove', targets, details: [`${formatBytes(bytes)} in all.`, ...used]});
}

export async function removeImages(context: Context, targets: readonly Target[]): Promise<void> {
	for (const target of targets) await runTask(context, target, {verb: 'removing', phase: `Removing ${target.name}…`}, () => context.engine.removeImage(target.id));
}

/** A volume is data: its name is to be typed. */
export function removeRow(context: Context): void {
	const targets = rowTargets(context);
	const [first] = targets;
	if (!first) return inform(context, 'Nothing is selected');
	const isVolume = first.kind === 'volume';
	ask(context, {
		verb: isVolume ? 'remove-volume' : 'remove-network',
		what: `Remove the ${first.kind}`,
		targets,
		details: [isVolume ? 'What is in it is lost for good.' : 'Containers that are on it keep it from being removed.'],
		loses: isVolume,
	});
}

export async function removeVolumes(context: Context, targets: readonly Target[]): Promise<void> {
	for (const target of targets) await runTask(context, target, {verb: 'removing', phase: `Removing ${target.name}…`}, () => context.engine.removeVolume(target.id));
}

export async function removeNetworks(context: Context, targets: readonly Target[]): Promise<void> {
	for (const target of targets) await runTask(context, target, {verb: 'removing', phase: `Removing ${target.name}…`}, () => context.engine.removeNetwork(target.id));
}
