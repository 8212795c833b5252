import {joinSession} from '../../core/index.ts';
import {DEFAULT_DETACH_KEYS} from '../cli/detach-keys.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {printError} from '../cli/output.ts';
import {runSession} from '../cli/session.ts';
import {terminalSize} from '../cli/terminal.ts';
import type {Verb} from '../cli/verb.ts';

/** The console calls it to go back to a shell whose line was lost. */
export const verb: Verb = {
	usage: 'CONTAINER SESSION',
	description: 'Join an exec session that was left',
	args: [2, 2],
	flags: [],
	async run({args: [name = '', session = ''], engine}) {
		const attachment = await joinSession(engine(), name, session, terminalSize());
		const status = await runSession(attachment, {tty: true, input: true, stdout: true, stderr: true, detachKeys: DEFAULT_DETACH_KEYS});
		if (status !== 'detached') return exitCodeOfProgram(status);
		printError('read escape sequence');
		return 0;
	},
};
