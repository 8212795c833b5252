import {importImage} from '../../core/index.ts';
import {printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
	description: 'Make an image out of a tar of a file system, plain or compressed',
	args: [1, 2],
	flags: [
		{name: 'change', short: 'c', kind: 'list', help: 'Apply a Dockerfile instruction to the created image'},
		{name: 'message', short: 'm', kind: 'string', help: 'Message in the history of the image'},
		{name: 'platform', kind: 'string', help: 'Platform of the image, e.g. linux/arm64'},
	],
	async run({flags, args: [source = '', reference], engine}) {
		const id = await importImage(engine(), source, {
			...(reference !== undefined && {reference}),
			changes: flags.list('change'),
			...(flags.given('message') && {message: flags.text('message')}),
			platform: flags.given('platform') ? flags.text('platform') : (process.env['DOCKER_DEFAULT_PLATFORM'] ?? ''),
		});
		printLine(id);
		return 0;
	},
};
