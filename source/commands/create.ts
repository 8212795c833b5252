import {createFromFlags} from '../cli/create-container.ts';
import {printLine} from '../cli/output.ts';
import {containerFlags} from '../cli/run-flags.ts';
import {readAttach} from '../cli/attach-flags.ts';
import {readSpec} from '../cli/run-spec.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
	description: 'Create a new container',
	args: [1, Infinity],
	stopsAtArgument: true,
	misuseCode: 125,
	flags: containerFlags,
	async run({flags, args, engine}) {
		const spec = readSpec(flags, args);
		printLine(await createFromFlags(engine(), {...spec, stdinOnce: flags.bool('interactive'), attach: readAttach(flags)}, flags));
		return 0;
	},
};
