import {attachContainer, findContainer, killContainer} from '../../core/index.ts';
import {DEFAULT_DETACH_KEYS, parseDetachKeys} from '../cli/detach-keys.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal, printError} from '../cli/output.ts';
import {runSession} from '../cli/session.ts';
import {startSignalProxy} from '../cli/signal-proxy.ts';
import {terminalSize} from '../cli/terminal.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER',
	description: 'Attach input, output and errors of this terminal to a running container',
	args: [1, 1],
	flags: [
		{name: 'detach-keys', kind: 'string', default: DEFAULT_DETACH_KEYS, help: 'Keys that leave the container running'},
		{name: 'no-stdin', kind: 'bool', help: 'Do not attach STDIN'},
		{name: 'sig-proxy', kind: 'bool', default: 'true', help: 'Pass signals on to the program'},
	],
	async run({flags, args: [name = ''], engine}) {
		parseDetachKeys(flags.text('detach-keys'));
		const {id, tty, status} = findContainer(engine(), name);
		refuse(status);
		const input = !flags.bool('no-stdin');
		if (tty && input && !isTerminal(0)) throw new UsageError('the input device is not a TTY', {exitCode: 1, usage: false});
		const attachment = await attachContainer(engine(), id, {input, ...terminalSize()});
		const proxy = flags.bool('sig-proxy') && !tty ? startSignalProxy() : undefined;
		proxy?.forwardTo(signal => killContainer(engine(), id, {signal}));
		const ended = await runSession(attachment, {tty, input, stdout: true, stderr: true, detachKeys: flags.text('detach-keys')});
		if (ended !== 'detached') return exitCodeOfProgram(ended);
		printError('read escape sequence');
		return 0;
	},
};

function refuse(status: string): void {
	const sentence: Readonly<Record<string, string>> = {
		created: 'You cannot attach to a stopped container, start it first',
		exited: 'You cannot attach to a stopped container, start it first',
		dead: 'You cannot attach to a stopped container, start it first',
		paused: 'You cannot attach to a paused container, unpause it first',
		restarting: 'You cannot attach to a restarting container, wait until it is running',
	};
	if (Object.hasOwn(sentence, status)) throw new Error(sentence[status]);
}
