import {type Engine, findContainer, inspectContainer, killContainer, startContainer} from '../../core/index.ts';
import {DEFAULT_DETACH_KEYS, parseDetachKeys} from '../cli/detach-keys.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {type FlagValues, UsageError} from '../cli/flags.ts';
import {isTerminal, printError} from '../cli/output.ts';
import {runSession} from '../cli/session.ts';
import {startSignalProxy} from '../cli/signal-proxy.ts';
import {eachTarget} from '../cli/targets.ts';
import {terminalSize} from '../cli/terminal.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Start stopped containers',
	args: [1, Infinity],
	flags: [
		{name: 'attach', short: 'a', kind: 'bool', help: 'Attach output and errors, and pass signals on'},
		{name: 'checkpoint', kind: 'string', help: 'Refused: there are no checkpoints', hidden: true},
		{name: 'checkpoint-dir', kind: 'string', help: 'Refused: there are no checkpoints', hidden: true},
		{name: 'detach-keys', kind: 'string', default: DEFAULT_DETACH_KEYS, help: 'Keys that leave the container running'},
		{name: 'interactive', short: 'i', kind: 'bool', help: 'Attach STDIN too'},
	],
	async run({flags, args, engine}) {
		refuseCheckpoints(flags);
		parseDetachKeys(flags.text('detach-keys'));
		if (!flags.bool('attach') && !flags.bool('interactive')) return startAll(engine(), args);
		if (args.length > 1) throw new UsageError('you cannot start and attach multiple containers at once', {exitCode: 1, usage: false});
		return startAndAttach(engine(), args[0] ?? '', flags);
	},
};

/** Docker's sentence where the daemon is not an experimental one. */
function refuseCheckpoints(flags: FlagValues): void {
	const given = ['checkpoint', 'checkpoint-dir'].find(name => flags.given(name));
	if (given !== undefined) throw new UsageError(`"--${given}" is only supported on a Docker daemon with experimental features enabled`, {exitCode: 1, usage: false});
}

async function startAll(engine: Engine, names: readonly string[]): Promise<number> {
	const failed: string[] = [];
	await eachTarget(names, async name => {
		try {
			await startContainer(engine, name);
			return name;
		} catch (error) {
			failed.push(name);
			throw error;
		}
	});
	if (failed.length > 0) printError(`Error: failed to start containers: ${failed.join(', ')}`);
	return failed.length > 0 ? 1 : 0;
}

async function startAndAttach(engine: Engine, name: string, flags: FlagValues): Promise<number> {
	const {id, tty} = findContainer(engine, name);
	const input = flags.bool('interactive') && keepsStdin(engine, id);
	if (tty && input && !isTerminal(0)) throw new UsageError('the input device is not a TTY', {exitCode: 1, usage: false});
	const proxy = tty ? undefined : startSignalProxy();
	const attachment = await startContainer(engine, id, {attach: {input, ...terminalSize()}});
	if (attachment === undefined) return 0;
	proxy?.forwardTo(signal => killContainer(engine, id, {signal}));
	const status = await runSession(attachment, {tty, input, stdout: true, stderr: true, detachKeys: flags.text('detach-keys')});
	return status === 'detached' ? 0 : exitCodeOfProgram(status);
}

function keepsStdin(engine: Engine, id: string): boolean {
	const {Config} = inspectContainer(engine, id) as {Config?: {OpenStdin?: boolean}};
	return Config?.OpenStdin === true;
}
