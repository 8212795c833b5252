import {rmSync, writeFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {bootContainers, type ContainerSpec, type Engine, findContainer, haltContainers, startContainer, stopContainer} from '../../core/index.ts';
import {readStatus} from '../../core/monitor/status.ts';
import {addBusybox, create, openTestStore, until} from './store.ts';

function openStore(t: ExecutionContext): Engine {
	const engine = openTestStore(t);
	addBusybox(engine);
	return engine;
}

const policies = ['always', 'unless-stopped', 'on-failure', 'no'] as const;

async function startOne(engine: Engine, name: string, more: Partial<ContainerSpec> = {}): Promise<string> {
	const id = await create(engine, ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'], {name, ...more});
	await startContainer(engine, id);
	return id;
}

async function list(outcomes: AsyncIterable<{name: string; done: string}>): Promise<string[]> {
	const lines: string[] = [];
	for await (const {name, done} of outcomes) lines.push(`${name} ${done}`);
	return lines.toSorted();
}

/** The host loses its power: everything that runs is gone, with all of STATE; the next boot has another id. */
async function losePower(engine: Engine, ids: readonly string[]): Promise<void> {
	for (const id of ids) {
		const status = readStatus(`${engine.state}/containers/${id}`)?.status;
		if (status === undefined || status.pid === 0) continue;
		// The keeper first: it would put another in the monitor's place.
		for (const pid of [status.keeper, status.monitor, status.pid]) if (pid > 0) process.kill(pid, 'SIGKILL');
		await until('the container to be gone', () => findContainer(engine, id).status !== 'running');
		rmSync(`${engine.state}/runtime/${id}`, {recursive: true, force: true});
		rmSync(`${engine.state}/containers/${id}`, {recursive: true, force: true});
		writeFileSync(`${engine.root}/containers/${id}/start`, `another-boot\n${new Date().toISOString()}\n`);
	}
}

test('after a power loss the policies bring back what ran, and what was stopped as Docker does', async t => {
	const engine = openStore(t);
	const ids = await Promise.all(policies.map(name => startOne(engine, `ran-${name}`, {restart: {name, maximumRetryCount: 0}})));
	const stopped = await Promise.all(policies.map(name => startOne(engine, `stopped-${name}`, {restart: {name, maximumRetryCount: 0}})));
	for (const id of stopped) await stopContainer(engine, id);
	await create(engine, ['true'], {name: 'never-started', restart: {name: 'always', maximumRetryCount: 0}});
	const passing = await startOne(engine, 'passing', {autoRemove: true});
	await losePower(engine, [...ids, ...stopped, passing]);
	t.is(findContainer(engine, 'ran-always').exitCode, 255);
	t.deepEqual(await list(bootContainers(engine)), ['passing removed', 'ran-always started', 'ran-on-failure started', 'ran-unless-stopped started', 'stopped-always started']);
	t.is(findContainer(engine, 'ran-always').status, 'running');
	t.deepEqual(await list(bootContainers(engine)), []);
});

test('boot --down stops everything in order, and boot brings it back', async t => {
	const engine = openStore(t);
	for (const name of policies) await startOne(engine, name, {restart: {name, maximumRetryCount: 0}});
	t.deepEqual(await list(haltContainers(engine)), ['always stopped', 'no stopped', 'on-failure stopped', 'unless-stopped stopped']);
	t.is(findContainer(engine, 'always').exitCode, 0);
	t.deepEqual(await list(bootContainers(engine)), ['always started', 'unless-stopped started']);
});
