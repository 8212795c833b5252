import {stopContainer} from '../../core/index.ts';
import {readStopOptions, stopFlags} from '../cli/stop-flags.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Stop running containers',
	args: [1, Infinity],
	flags: stopFlags,
	run: ({flags, args, engine}) =>
		eachTarget(args, async name => {
			await stopContainer(engine(), name, readStopOptions(flags));
			return name;
		}),
};
