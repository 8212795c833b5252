import {renameContainer} from '../../core/index.ts';
import {reportFailure} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: 'CONTAINER NEW_NAME',
	description: 'Rename a container',
	args: [2, 2],
	flags: [],
	async run({args: [name = '', newName = ''], engine}) {
		if (name === '' || newName === '') throw new Error('Neither old nor new names may be empty');
		try {
			await renameContainer(engine(), name, newName);
			return 0;
		} catch (error) {
			reportFailure(error);
			throw new Error(`failed to rename container named ${name}`, {cause: error});
		}
	},
};
