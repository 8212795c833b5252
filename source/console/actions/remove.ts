import {formatBytes} from '../format.ts';
import {containerById, imageName, isLive, selectedImage} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {type Context, inform, runTask} from './context.ts';
import {targetOf} from './target.ts';

/** Asks first, naming the thing. One that runs is removed only by typing its name. */
export function remove(context: Context): void {
	const target = targetOf(context);
	const container = target && containerById(context.store.getState(), target.id);
	if (!container) return;
	const running = isLive(container);
	const details = [
		`${container.id.slice(0, 12)}, of ${container.image}.`,
		running ? 'It RUNS: it is killed, and what it wrote is lost.' : 'What it wrote into its own layer is lost. Volumes stay.',
	];
	context.store.dispatch({
		type: 'overlay',
		overlay: {kind: 'confirm', verb: 'remove', question: `Remove ${target.name}?`, details, targets: [target], focus: 'no', typed: '', ...(running ? {expect: target.name} : {})},
	});
}

export async function removeTargets(context: Context, targets: readonly Target[]): Promise<void> {
	const {engine, store} = context;
	const removeOne = (target: Target): Promise<void> => {
		const container = containerById(store.getState(), target.id);
		return runTask(context, target, {verb: 'removing', phase: `Removing ${target.name}…`}, () => engine.remove(target.id, container !== undefined && isLive(container)));
	};
	await Promise.all(targets.map(removeOne));
}

export function removeImage(context: Context): void {
	const image = selectedImage(context.store.getState());
	if (!image) return inform(context, 'No image is selected');
	const name = imageName(image);
	const reference = image.repository === '<none>' ? image.id : name;
	const used = image.containers > 0 ? [`${image.containers} container${image.containers > 1 ? 's use' : ' uses'} it.`] : [];
	context.store.dispatch({
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'remove-image',
			question: `Remove the image ${name}?`,
			details: [`${image.id.slice(7, 19)}, ${formatBytes(image.size)}.`, ...used],
			targets: [{kind: 'image', id: reference, name}],
			focus: 'no',
			typed: '',
		},
	});
}

export async function removeImages(context: Context, targets: readonly Target[]): Promise<void> {
	for (const target of targets) await runTask(context, target, {verb: 'removing', phase: `Removing ${target.name}…`}, () => context.engine.removeImage(target.id));
}
