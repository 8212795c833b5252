import {type Attachment, type Engine, killContainer, removeContainer, startContainer} from '../../core/index.ts';
import {readAttach} from '../cli/attach-flags.ts';
import {createFromFlags} from '../cli/create-container.ts';
import {DEFAULT_DETACH_KEYS, parseDetachKeys} from '../cli/detach-keys.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {type FlagValues, UsageError} from '../cli/flags.ts';
import {isTerminal, printError, printLine} from '../cli/output.ts';
import {containerFlags} from '../cli/run-flags.ts';
import {readSpec} from '../cli/run-spec.ts';
import {runSession, type SessionOptions} from '../cli/session.ts';
import {startSignalProxy} from '../cli/signal-proxy.ts';
import {terminalSize} from '../cli/terminal.ts';
import type {Verb} from '../cli/verb.ts';

const ENGINE_FAILED = 125;

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
	description: 'Create and run a new container from an image',
	args: [1, Infinity],
	stopsAtArgument: true,
	errorCode: ENGINE_FAILED,
	flags: [
		...containerFlags,
		{name: 'detach', short: 'd', kind: 'bool', help: 'Run in the background, and print the container ID'},
		{name: 'detach-keys', kind: 'string', default: DEFAULT_DETACH_KEYS, help: 'Keys that leave the container running'},
		{name: 'sig-proxy', kind: 'bool', default: 'true', help: 'Pass signals on to the program'},
	],
	async run({flags, args, engine}) {
		const session = readSession(flags);
		const spec = readSpec(flags, args);
		if (session === undefined) return runDetached(engine(), await createFromFlags(engine(), spec, flags), flags);
		if (session.tty && session.input && !isTerminal(0)) throw new UsageError('the input device is not a TTY', {exitCode: 1, usage: false});
		const id = await createFromFlags(engine(), {...spec, stdinOnce: session.input, attach: {stdin: session.input, stdout: session.stdout, stderr: session.stderr}}, flags);
		// Not before there is a container to pass them to: Ctrl-C has to end a pull.
		const proxy = flags.bool('sig-proxy') && !session.tty ? startSignalProxy() : undefined;
		const attachment = await startAttached(engine(), id, session, flags.bool('rm'));
		proxy?.forwardTo(signal => killContainer(engine(), id, {signal}));
		return finish(engine(), id, {attachment, session, remove: flags.bool('rm')});
	},
};

/** What this terminal is joined to; undefined with `-d`. */
function readSession(flags: FlagValues): SessionOptions | undefined {
	if (flags.bool('detach')) {
		if (flags.given('attach')) throw new UsageError('conflicting options: cannot specify both --attach and --detach', {exitCode: 1, usage: false});
		return undefined;
	}
	parseDetachKeys(flags.text('detach-keys'));
	const {stdin, stdout, stderr} = readAttach(flags);
	return {tty: flags.bool('tty'), input: stdin && flags.bool('interactive'), stdout, stderr, detachKeys: flags.text('detach-keys')};
}

async function runDetached(engine: Engine, id: string, flags: FlagValues): Promise<number> {
	await removeOnFailure(engine, id, flags.bool('rm'), () => startContainer(engine, id));
	printLine(id);
	return 0;
}

async function startAttached(engine: Engine, id: string, {input}: SessionOptions, willRemove: boolean): Promise<Attachment> {
	const attach = {input, willRemove, ...terminalSize()};
	const attachment = await removeOnFailure(engine, id, willRemove, () => startContainer(engine, id, {attach}));
	if (attachment === undefined) throw new Error(`container ${id} was started without its output`);
	return attachment;
}

/** A `--rm` container that could not be started leaves nothing behind. */
async function removeOnFailure<T>(engine: Engine, id: string, remove: boolean, start: () => Promise<T>): Promise<T> {
	try {
		return await start();
	} catch (error) {
		if (remove) await removeContainer(engine, id, {force: true, volumes: true}).catch(() => undefined);
		throw error;
	}
}

type Running = {readonly attachment: Attachment; readonly session: SessionOptions; readonly remove: boolean};

async function finish(engine: Engine, id: string, {attachment, session, remove}: Running): Promise<number> {
	const status = await runSession(attachment, session);
	if (status === 'detached') {
		printError('read escape sequence');
		return 0;
	}
	if (remove) await removeContainer(engine, id, {force: true, volumes: true}).catch((error: unknown) => printError(`Error: ${(error as Error).message}`));
	return exitCodeOfProgram(status);
}
