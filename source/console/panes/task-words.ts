import type {State, Task} from '../store/state.ts';

const secondsTo = (deadline: number, now: number): number => Math.max(0, Math.ceil((deadline - now) / 1000));

/** For a row: `stopping 4s`. */
export const taskWords = ({verb, deadline}: Task, now: number): string => (deadline === undefined ? `${verb}…` : `${verb} ${secondsTo(deadline, now)}s`);

/** `Stopping web: SIGKILL in 4 s`: the grace of a stop is counted down. */
export const taskSentence = ({phase, subject, deadline}: Task, now: number): string =>
	deadline === undefined || deadline <= now ? phase : `Stopping ${subject}: SIGKILL in ${secondsTo(deadline, now)} s`;

/** What is going on, in one line. */
export function progressSentence({tasks, now}: Pick<State, 'tasks' | 'now'>): string {
	const [first] = tasks.values();
	if (!first) return '';
	return tasks.size === 1 ? taskSentence(first, now) : `${taskSentence(first, now)}  and ${tasks.size - 1} more`;
}
