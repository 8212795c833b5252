import {topContainer} from '../../core/index.ts';
import {alignColumns} from '../cli/columns.ts';
import {print} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

const COLUMN = 20;

export const verb: Verb = {
	usage: 'CONTAINER [ps OPTIONS]',
	description: 'Show the processes of a container',
	args: [1, Infinity],
	stopsAtArgument: true,
	flags: [],
	async run({args: [name = '', ...psArgs], engine}) {
		const {Titles, Processes} = await topContainer(engine(), name, psArgs);
		print(`${alignColumns([Titles, ...Processes].map(cells => cells.join('\t')).join('\n'), {minimum: COLUMN})}\n`);
		return 0;
	},
};
