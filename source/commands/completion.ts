import {type CommandTable, completionScript} from '../cli/completion.ts';
import {UsageError} from '../cli/flags.ts';
import {manPage} from '../cli/man-page.ts';
import {print} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Gets the table it is itself a line of. */
export const completionVerb = (verbs: CommandTable['verbs'], groups: CommandTable['groups']): Verb => ({
	usage: 'bash|zsh|fish',
	description: 'Print the completion script for a shell, e.g. into /etc/bash_completion.d/hawser',
	args: [1, 1],
	flags: [],
	async run({args: [name]}) {
		const shell = SHELLS.find(known => known === name);
		if (shell === undefined) throw new UsageError(`hawser: no completion for '${name}': the shells are ${SHELLS.join(', ')}`, {exitCode: 1});
		print(await completionScript(shell, {verbs, groups}));
		return 0;
	},
});

export const manVerb = (verbs: CommandTable['verbs'], groups: CommandTable['groups']): Verb => ({
	usage: '',
	description: 'Print the manual page, e.g. into /usr/local/share/man/man1/hawser.1',
	args: [0, 0],
	flags: [],
	async run() {
		print(await manPage({verbs, groups}));
		return 0;
	},
});
