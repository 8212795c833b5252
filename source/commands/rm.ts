import {isEngineError, removeContainer, removeLink} from '../../core/index.ts';
import {eachTarget, reportFailure} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Remove containers',
	args: [1, Infinity],
	flags: [
		{name: 'force', short: 'f', kind: 'bool', help: 'Remove running containers too (SIGKILL)'},
		{name: 'link', short: 'l', kind: 'bool', help: 'Remove a link, CONTAINER/ALIAS, and not a container'},
		{name: 'volumes', short: 'v', kind: 'bool', help: 'Remove anonymous volumes of the container too'},
	],
	run({flags, args, engine}) {
		const [force, volumes] = [flags.bool('force'), flags.bool('volumes')];
		if (flags.bool('link'))
			return eachTarget(args, async name => {
				removeLink(engine(), name);
				return name;
			});
		return eachTarget(args, async name => {
			try {
				await removeContainer(engine(), name, {force, volumes});
				return name;
			} catch (error) {
				// As with rm(1): what is not there need not be removed by force.
				if (!force || !isEngineError(error, 'container.not-found')) throw error;
				reportFailure(error);
				return undefined;
			}
		});
	},
};
