import {pauseContainer, unpauseContainer} from '../../core/index.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

const verbOf = (description: string, act: typeof pauseContainer): Verb => ({
	usage: 'CONTAINER [CONTAINER...]',
	description,
	args: [1, Infinity],
	flags: [],
	run: ({args, engine}) =>
		eachTarget(args, async name => {
			await act(engine(), name);
			return name;
		}),
});

export const pause = verbOf('Pause all processes in containers', pauseContainer);
export const unpause = verbOf('Let paused containers go on', unpauseContainer);
