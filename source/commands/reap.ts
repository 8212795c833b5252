import {reapContainer} from '../../core/index.ts';
import type {Verb} from '../cli/verb.ts';

/** Called by a monitor when nobody else will clean up after its container. */
export const verb: Verb = {
	usage: 'ID',
	description: 'Remove what an ended --rm container left',
	args: [1, 1],
	flags: [],
	async run({args: [id = ''], engine}) {
		await reapContainer(engine(), id);
		return 0;
	},
};
