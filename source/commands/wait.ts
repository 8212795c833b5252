import {waitContainer} from '../../core/index.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: 'CONTAINER [CONTAINER...]',
	description: 'Wait until containers stop, then print their exit codes',
	args: [1, Infinity],
	flags: [],
	run: ({args, engine}) => eachTarget(args, async name => String(exitCodeOfProgram(await waitContainer(engine(), name)))),
};
