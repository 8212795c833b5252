import {type Engine, type PullProgress, pullAllTags, pullImage} from '../../core/index.ts';
import {openProgress} from './progress.ts';
import {type ProgressView, retryLine} from './progress-lines.ts';
import {withTag} from './reference-text.ts';

export type PullOptions = {readonly quiet: boolean /** Where the progress goes. */; readonly descriptor: number; readonly platform?: string; readonly allTags?: boolean};

type Layer = Extract<PullProgress, {kind: 'layer'}>;

/** Docker's words for the states of a layer. */
const layerWords: Readonly<Record<Layer['state'], string>> = {
	waiting: 'Pulling fs layer',
	downloading: 'Downloading',
	verifying: 'Verifying Checksum',
	extracting: 'Extracting',
	done: 'Pull complete',
	exists: 'Already exists',
};
const passing: ReadonlySet<Layer['state']> = new Set(['downloading', 'extracting']);

/** Pulls, and shows how it goes. */
export async function pullWithProgress(engine: Engine, reference: string, {quiet, descriptor, platform, allTags = false}: PullOptions): Promise<void> {
	const view = quiet ? undefined : await openProgress(descriptor);
	try {
		const options = {...(platform !== undefined && {platform}), ...(view && {onProgress: (progress: PullProgress) => showPull(view, progress)})};
		if (allTags) await pullAllTags(engine, reference, options);
		else await pullImage(engine, withTag(reference), options);
	} finally {
		view?.close();
	}
}

export function showPull(view: ProgressView, progress: PullProgress): void {
	switch (progress.kind) {
		case 'resolved':
			return view.say(`${tagOf(progress.reference)}: Pulling from ${progress.from}`);
		case 'layer':
			return view.item(layerItem(progress));
		case 'retry':
			return view.say(retryLine(progress.id, progress.inSeconds, progress.reason));
		case 'done':
			view.say(`Digest: ${progress.digest}`);
			return view.say(`Status: ${progress.changed ? 'Downloaded newer image for' : 'Image is up to date for'} ${progress.reference}`);
	}
}

export function layerItem({id, state, current, total}: Layer) {
	const isPassing = passing.has(state);
	return {id, words: layerWords[state], lasting: !isPassing, ...(isPassing && {bar: {current, total}})};
}

const tagOf = (reference: string): string => /@(sha256:[\da-f]+)$/.exec(reference)?.[1] ?? /:([^/:]+)$/.exec(reference)?.[1] ?? 'latest';
