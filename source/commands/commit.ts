import {commitContainer} from '../../core/index.ts';
import {printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
	description: "Create a new image from a container's changes",
	args: [1, 2],
	stopsAtArgument: true,
	flags: [
		{name: 'author', short: 'a', kind: 'string', help: 'Author, e.g. "Jo Doe <jo@example.org>"'},
		{name: 'change', short: 'c', kind: 'list', help: 'Apply a Dockerfile instruction to the created image'},
		{name: 'message', short: 'm', kind: 'string', help: 'Commit message'},
		{name: 'pause', short: 'p', kind: 'bool', default: 'true', help: 'Pause the container while its files are read'},
	],
	async run({flags, args: [container = '', reference], engine}) {
		const {id} = await commitContainer(engine(), container, {
			...(reference !== undefined && {reference}),
			author: flags.text('author'),
			message: flags.text('message'),
			changes: flags.list('change'),
			pause: flags.bool('pause'),
		});
		printLine(id);
		return 0;
	},
};
