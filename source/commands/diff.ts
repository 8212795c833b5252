import {diffContainer} from '../../core/index.ts';
import {print} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: 'CONTAINER',
	description: "Show what changed in a container's files: A added, C changed, D deleted",
	args: [1, 1],
	flags: [],
	async run({args: [container = ''], engine}) {
		const changes = await diffContainer(engine(), container);
		print(changes.map(({kind, path}) => `${kind} ${path}\n`).join(''));
		return 0;
	},
};
