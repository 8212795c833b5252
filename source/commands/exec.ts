import {type ExecSpec, execContainer} from '../../core/index.ts';
import {DEFAULT_DETACH_KEYS, parseDetachKeys} from '../cli/detach-keys.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {type FlagValues, UsageError} from '../cli/flags.ts';
import {isTerminal, printError} from '../cli/output.ts';
import {checkEnv, readPairsFile, resolveEnv} from '../cli/run-values.ts';
import {runSession} from '../cli/session.ts';
import {terminalSize} from '../cli/terminal.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
	description: 'Execute a command in a running container',
	args: [2, Infinity],
	stopsAtArgument: true,
	flags: [
		{name: 'detach', short: 'd', kind: 'bool', help: 'Run the command in the background'},
		{name: 'detach-keys', kind: 'string', default: DEFAULT_DETACH_KEYS, help: 'Keys that leave the command running'},
		{name: 'env', short: 'e', kind: 'list', help: 'Set environment variables', check: checkEnv},
		{name: 'env-file', kind: 'list', help: 'Read environment variables from a file'},
		{name: 'interactive', short: 'i', kind: 'bool', help: 'Keep STDIN open even if not attached'},
		{name: 'privileged', kind: 'bool', help: 'Give the command all that the host has'},
		{name: 'tty', short: 't', kind: 'bool', help: 'Give the command a terminal'},
		{name: 'user', short: 'u', kind: 'string', help: 'User name or UID, and group: NAME|UID[:GROUP|GID]'},
		{name: 'workdir', short: 'w', kind: 'string', help: 'Working directory in the container'},
	],
	async run({flags, args: [name = '', ...command], engine}) {
		const [tty, detach, input] = [flags.bool('tty'), flags.bool('detach'), flags.bool('interactive') && !flags.bool('detach')];
		parseDetachKeys(flags.text('detach-keys'));
		if (tty && input && !isTerminal(0)) throw new UsageError('the input device is not a TTY', {exitCode: 1, usage: false});
		const attachment = await execContainer(engine(), name, readExecSpec(flags, command));
		if (detach) return 0;
		const status = await runSession(attachment, {tty, input, stdout: true, stderr: true, detachKeys: flags.text('detach-keys')});
		if (status !== 'detached') return exitCodeOfProgram(status);
		printError('read escape sequence');
		return 0;
	},
};

function readExecSpec(flags: FlagValues, command: readonly string[]): ExecSpec {
	const detach = flags.bool('detach');
	return {
		command,
		env: [...flags.list('env-file').flatMap(path => readPairsFile(path, 'environment')), ...flags.list('env').map(resolveEnv)],
		tty: flags.bool('tty'),
		stdin: flags.bool('interactive') && !detach,
		privileged: flags.bool('privileged'),
		detach,
		...(flags.given('user') && {user: flags.text('user')}),
		...(flags.given('workdir') && {workdir: flags.text('workdir')}),
		...(!detach && flags.bool('tty') && terminalSize()),
	};
}
