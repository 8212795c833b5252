import {loadImages} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal, printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Load images from a tar archive: docker save or an OCI layout, plain or compressed',
	args: [0, 0],
	flags: [
		{name: 'input', short: 'i', kind: 'string', help: 'Read this file instead of STDIN'},
		{name: 'quiet', short: 'q', kind: 'bool', help: "Don't show the progress"},
	],
	async run({flags, engine}) {
		const path = flags.text('input');
		if (path === '' && isTerminal(0)) throw new UsageError('requested load from stdin, but stdin is empty', {exitCode: 1, usage: false});
		for (const name of await loadImages(engine(), path === '' ? {stdin: true} : {path})) printLine(`Loaded image${name.startsWith('sha256:') ? ' ID' : ''}: ${name}`);
		return 0;
	},
};
