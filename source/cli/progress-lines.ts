import {print} from './output.ts';

/** What one of several things that go on side by side is at. */
export type ItemProgress = {
	readonly id: string;
	readonly words: string;
	/** Worth a line of its own where lines stay. */
	readonly lasting: boolean;
	readonly bar?: {readonly current: number; readonly total: number};
};

export type ProgressView = {
	item(progress: ItemProgress): void;
	/** A line that stays. */
	say(line: string): void;
	close(): void;
};

export const retryLine = (id: string, inSeconds: number, reason: string): string => `${id === '' ? '' : `${id}: `}Retrying in ${inSeconds} seconds: ${reason}`;

/** For files and pipes: a line for each lasting state. */
export function linesProgress(descriptor: number): ProgressView {
	const shown = new Map<string, string>();
	const say = (line: string): void => print(`${line}\n`, descriptor);
	return {
		item({id, words, lasting}) {
			if (!lasting || shown.get(id) === words) return;
			shown.set(id, words);
			say(`${id}: ${words}`);
		},
		say,
		close() {},
	};
}
