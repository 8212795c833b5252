import {type Engine, pullImage} from '../../core/index.ts';
import {isTerminal} from './output.ts';
import {linesProgress, type ProgressView} from './progress-lines.ts';
import {withTag} from './reference-text.ts';

export type PullOptions = {readonly quiet: boolean /** Where the progress goes. */; readonly descriptor: number; readonly platform?: string};

/** Pulls, and shows how it goes: bars that are drawn over on a terminal, plain lines elsewhere. */
export async function pullWithProgress(engine: Engine, reference: string, {quiet, descriptor, platform}: PullOptions): Promise<void> {
	const view = quiet ? undefined : await openView(descriptor);
	try {
		await pullImage(engine, withTag(reference), {...(platform !== undefined && {platform}), ...(view && {onProgress: progress => view.show(progress)})});
	} finally {
		view?.close();
	}
}

const openView = async (descriptor: number): Promise<ProgressView> =>
	isTerminal(descriptor) ? (await import('./progress-bars.ts')).barsProgress(descriptor) : linesProgress(descriptor);
