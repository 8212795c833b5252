import {readFileSync, writeFileSync} from 'node:fs';
import anyTest, {type TestFn} from 'ava';
import type {HealthPlan} from '../../core/monitor/plan.ts';
import {request} from '../../core/monitor/request.ts';
import {type Container, createWorld, processSpec, until, type World} from './monitor-world.ts';

const test = anyTest as TestFn<{world: World}>;

test.before(async t => {
	t.context.world = await createWorld();
});

test.after.always(async t => {
	await t.context.world?.close();
});

type Health = {Status: string; FailingStreak: number; Log: Array<{Start: string; End: string; ExitCode: number; Output: string}>};

const MS = 1_000_000;

/** A container whose health is what `script` says; `path` is a folder that both see. */
function watched(world: World, args: readonly string[], health: Partial<HealthPlan> = {}): Container & {health(): Health} {
	const file = `${world.directory}/process-${Math.random()}`;
	writeFileSync(file, JSON.stringify(processSpec(args)));
	const container = world.container({
		args: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'],
		health: {process: file, command: args.join(' '), interval: 100 * MS, ...health},
	});
	return {...container, health: () => JSON.parse(readFileSync(`${container.directory}/health`, 'utf8')) as Health};
}

test('a container is starting until its first good check, then healthy, and the events say so once', async t => {
	const unchecked = watched(t.context.world, ['true'], {interval: 600_000 * MS});
	await unchecked.launch();
	t.is(unchecked.status()?.status.health, 'starting');
	const container = watched(t.context.world, ['sh', '-c', 'echo all; echo well >&2'], {interval: 200 * MS});
	await container.launch();
	await until('a check', () => container.health().Log.length > 0);
	const {Status, FailingStreak, Log} = container.health();
	t.is(Status, 'healthy');
	t.is(FailingStreak, 0);
	t.is(Log[0]?.ExitCode, 0);
	t.deepEqual(new Set(Log[0]?.Output.split('\n')), new Set(['all', 'well', '']));
	t.true((Log[0]?.Start ?? '') < (Log[0]?.End ?? ''));
	t.is(container.status()?.status.health, 'healthy');
	t.is(
		container
			.actions()
			.filter(action => action.startsWith('health_status'))
			.join(),
		'health_status: healthy',
	);
	t.deepEqual(container.actions().slice(1, 4), ['exec_create: sh -c echo all; echo well >&2', 'exec_start: sh -c echo all; echo well >&2', 'exec_die']);
});

test('failures in a row make it unhealthy, the log keeps five, and the end leaves it unhealthy', async t => {
	const container = watched(t.context.world, ['sh', '-c', 'echo no; exit 3'], {retries: 2, interval: 50 * MS});
	await container.launch();
	await until('the first failure', () => container.health().FailingStreak >= 1);
	await until('unhealthy', () => container.status()?.status.health === 'unhealthy');
	await until('six failures', () => container.health().FailingStreak >= 6, 60_000);
	t.is(container.health().Log.length, 5);
	t.deepEqual(container.health().Log.at(-1)?.ExitCode, 3);
	await request(container.directory, 'stop', {signal: 15, timeout: 5});
	await container.gone();
	t.is(container.health().Status, 'unhealthy');
	t.is(container.actions().filter(action => action === 'health_status: unhealthy').length, 1);
});

test('failures within the start period do not count, and it has an interval of its own', async t => {
	const container = watched(t.context.world, ['false'], {interval: 60_000 * MS, startPeriod: 60_000 * MS, startInterval: 40 * MS, retries: 1});
	await container.launch();
	await until('three failures', () => container.health().Log.length >= 3);
	t.is(container.health().FailingStreak, 0);
	t.is(container.health().Status, 'starting');
});

test('a check that takes too long is ended and is a failure, with what it said', async t => {
	const container = watched(t.context.world, ['sh', '-c', 'echo begun; exec sleep 60'], {timeout: 150 * MS, retries: 1});
	await container.launch();
	await until('unhealthy', () => container.health().Status === 'unhealthy');
	t.is(container.health().Log[0]?.ExitCode, -1);
	t.is(container.health().Log[0]?.Output, 'Health check exceeded timeout (150ms): begun\n');
});

test('a check that cannot be run is a failure with the reason', async t => {
	const container = watched(t.context.world, ['/no/such'], {retries: 1});
	await container.launch();
	await until('unhealthy', () => container.health().Status === 'unhealthy');
	t.is(container.health().Log[0]?.ExitCode, -1);
	t.regex(container.health().Log[0]?.Output ?? '', /\/no\/such.*no such file/i);
});

test('what a check prints has a bound and becomes valid JSON whatever it is', async t => {
	const container = watched(t.context.world, ['sh', '-c', 'printf "\\377\\"\\n"; head -c 20000 /dev/zero'], {retries: 1});
	await container.launch();
	await until('a check', () => container.health().Log.length > 0);
	const output = container.health().Log[0]?.Output ?? '';
	t.true(output.startsWith('\ufffd"\n\0'));
	t.is(output.length, 4096 + 3);
	t.true(output.endsWith('...'));
});

test('a paused container is not checked, and is unhealthy as Docker has it', async t => {
	const container = watched(t.context.world, ['true'], {interval: 50 * MS});
	await container.launch();
	await until('healthy', () => container.health().Status === 'healthy');
	await request(container.directory, 'pause');
	t.is(container.health().Status, 'unhealthy');
	const checks = container.actions().filter(action => action === 'exec_die').length;
	await request(container.directory, 'unpause');
	await until('healthy again', () => container.health().Status === 'healthy');
	t.true(container.actions().filter(action => action === 'exec_die').length > checks);
});
