import {exportContainer} from '../../core/index.ts';
import {writeArchive} from '../cli/archive.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER',
	description: "Write a container's file system as a tar archive",
	args: [1, 1],
	flags: [{name: 'output', short: 'o', kind: 'string', help: 'Write to a file instead of STDOUT'}],
	async run({flags, args: [container = ''], engine}) {
		await writeArchive(flags.text('output'), 'container', descriptor => exportContainer(engine(), container, descriptor));
		return 0;
	},
};
