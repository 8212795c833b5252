import test, {type ExecutionContext} from 'ava';
import {type ContainerSpec, type Engine, inspectContainer, readLogs, startContainer, stopContainer, waitContainer} from '../../core/index.ts';
import {addBusybox, create, openTestStore, until} from './store.ts';

function openStore(t: ExecutionContext): Engine {
	const engine = openTestStore(t);
	addBusybox(engine);
	return engine;
}

async function logOf(engine: Engine, id: string): Promise<string> {
	let text = '';
	for await (const entries of readLogs(engine, id)) text += entries.map(({log}) => log).join('');
	return text;
}

async function runOut(engine: Engine, script: string, more: Partial<ContainerSpec> = {}): Promise<{code: number; log: string}> {
	const id = await create(engine, ['sh', '-c', script], {init: true, ...more});
	await startContainer(engine, id);
	const {exitCode} = await waitContainer(engine, id);
	return {code: exitCode, log: await logOf(engine, id)};
}

test('with --init process 1 is ours, and ends with the code or the signal of the program', async t => {
	const engine = openStore(t);
	const plain = await runOut(engine, 'tr "\\0" " " </proc/1/cmdline; exit 7');
	t.is(plain.code, 7);
	t.true(plain.log.startsWith('/sbin/docker-init -- sh -c'));
	t.is((await runOut(engine, 'kill -USR1 $$')).code, 128 + 10);
	const missing = await create(engine, ['no-such-program'], {init: true});
	await startContainer(engine, missing);
	t.is((await waitContainer(engine, missing)).exitCode, 127);
});

test('with --init the program hears the stop signal, and orphans are reaped', async t => {
	const engine = openStore(t);
	const script = 'trap "echo stopped; exit 3" TERM; (sleep 0.01 &); echo up; while :; do sleep 0.05; done';
	const id = await create(engine, ['sh', '-c', script], {init: true});
	await startContainer(engine, id);
	await until('the program', async () => (await logOf(engine, id)) === 'up\n');
	await stopContainer(engine, id, {timeout: 20});
	t.is((await waitContainer(engine, id)).exitCode, 3);
	t.is(await logOf(engine, id), 'up\nstopped\n');
	const orphans = await runOut(engine, '(sleep 0.05 & echo $! >/tmp/orphan); while [ -d /proc/$(cat /tmp/orphan) ]; do sleep 0.02; done; echo reaped');
	t.is(orphans.log, 'reaped\n');
});

test('with --init and a terminal the program has it', async t => {
	const engine = openStore(t);
	const {code, log} = await runOut(engine, 'stty -a >/dev/null </dev/tty && tty', {tty: true, openStdin: true});
	t.is(code, 0);
	t.regex(log, /\/dev\/(pts\/\d+|console)/);
});

test('inspect says that there is an init, and keeps it out of the command', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['true'], {init: true});
	const {Path, HostConfig} = inspectContainer(engine, id) as {Path: string; HostConfig: {Init: boolean}};
	t.is(Path, 'true');
	t.true(HostConfig.Init);
});
