import {isTerminal} from './output.ts';
import {linesProgress, type ProgressView} from './progress-lines.ts';

/** Bars that are drawn over on a terminal, plain lines elsewhere. */
export const openProgress = async (descriptor: number): Promise<ProgressView> =>
	isTerminal(descriptor) ? (await import('./progress-bars.ts')).barsProgress(descriptor) : linesProgress(descriptor);
