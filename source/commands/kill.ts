import {killContainer} from '../../core/index.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Send a signal to running containers',
	args: [1, Infinity],
	flags: [{name: 'signal', short: 's', kind: 'string', help: 'Signal to send instead of SIGKILL'}],
	run: ({flags, args, engine}) =>
		eachTarget(args, async name => {
			await killContainer(engine(), name, {...(flags.text('signal') !== '' && {signal: flags.text('signal')})});
			return name;
		}),
};
