import {resetStore} from '../../core/index.ts';
import {confirm} from '../cli/confirm.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Stop and remove everything of this store: containers, images, volumes, networks',
	args: [0, 0],
	flags: [{name: 'force', short: 'f', kind: 'bool', help: "Don't ask"}],
	async run({flags, engine}) {
		const {root} = engine();
		if (!flags.bool('force') && !(await confirm(`WARNING! This will remove everything in ${root}: all containers, images, volumes and networks.`))) return 0;
		await resetStore(engine());
		return 0;
	},
};
