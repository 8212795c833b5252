import {logout, registryHost} from '../../core/index.ts';
import {printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[SERVER]',
	description: 'Log out from a registry; from Docker Hub when no server is named',
	args: [0, 1],
	flags: [],
	async run({args: [server = '']}) {
		printLine(`Removing login credentials for ${server === '' ? 'https://index.docker.io/v1/' : registryHost(server)}`);
		await logout(server);
		return 0;
	},
};
