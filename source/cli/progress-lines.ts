import type {PullProgress} from '../../core/index.ts';
import {print} from './output.ts';

export type ProgressView = {show(progress: PullProgress): void; close(): void};

export type LayerState = Extract<PullProgress, {kind: 'layer'}>['state'];

/** Docker's words for the states of a layer. */
export const layerWords: Readonly<Record<LayerState, string>> = {
	waiting: 'Pulling fs layer',
	downloading: 'Downloading',
	verifying: 'Verifying Checksum',
	extracting: 'Extracting',
	done: 'Pull complete',
	exists: 'Already exists',
};

/** Worth a line of its own where lines stay. */
const LASTING: readonly LayerState[] = ['waiting', 'verifying', 'done', 'exists'];

/** The lines that end a pull. */
export function doneLines({digest, reference, changed}: Extract<PullProgress, {kind: 'done'}>): string[] {
	return [`Digest: ${digest}`, `Status: ${changed ? 'Downloaded newer image for' : 'Image is up to date for'} ${reference}`];
}

export const headLine = ({reference, from}: Extract<PullProgress, {kind: 'resolved'}>): string => `${tagOf(reference)}: Pulling from ${from}`;

const tagOf = (reference: string): string => /@(sha256:[\da-f]+)$/.exec(reference)?.[1] ?? /:([^/:]+)$/.exec(reference)?.[1] ?? 'latest';

/** For files and pipes: a line when a layer begins and when it is done. */
export function linesProgress(descriptor: number): ProgressView {
	const shown = new Map<string, string>();
	const line = (text: string): void => print(`${text}\n`, descriptor);
	return {
		show(progress) {
			if (progress.kind === 'resolved') line(headLine(progress));
			else if (progress.kind === 'retry') line(`${progress.id}: Retrying in ${progress.inSeconds} seconds: ${progress.reason}`);
			else if (progress.kind === 'done') for (const text of doneLines(progress)) line(text);
			else if (LASTING.includes(progress.state) && shown.get(progress.id) !== progress.state) {
				shown.set(progress.id, progress.state);
				line(`${progress.id}: ${layerWords[progress.state]}`);
			}
		},
		close() {},
	};
}
