import {existsSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import anyTest, {type TestFn} from 'ava';
import {readExitRecord} from '../../core/monitor/exit-record.ts';
import {adoptByMonitor} from '../../core/monitor/launch.ts';
import {request} from '../../core/monitor/request.ts';
import {processStartTime} from '../../core/monitor/status.ts';
import {attach, exec} from '../../core/monitor/stream.ts';
import {collect, type Container, createWorld, hasCgroup, monitorProgram, processSpec, until, type World} from './monitor-world.ts';

const test = anyTest as TestFn<{world: World}>;

test.before(async t => {
	t.context.world = await createWorld();
});

test.after.always(async t => {
	await t.context.world?.close();
});

function statusOf(container: Container): NonNullable<ReturnType<Container['status']>>['status'] {
	const found = container.status();
	if (found === undefined) throw new Error('there is no status');
	return found.status;
}

/** SIGKILL to the monitor, and the next one is there. */
async function killMonitor(container: Container): Promise<void> {
	const {monitor, adopted} = statusOf(container);
	process.kill(monitor, 'SIGKILL');
	await until('the next monitor', () => container.status()?.alive === true && statusOf(container).adopted > adopted);
}

async function killBoth(container: Container): Promise<void> {
	const {monitor, monitorStart, keeper} = statusOf(container);
	process.kill(keeper, 'SIGKILL');
	process.kill(monitor, 'SIGKILL');
	await until('the monitor to be gone', () => processStartTime(monitor) !== monitorStart);
}

/** Counts until it is told to end, and ends with 7. */
const counter = ['sh', '-c', 'trap "exit 7" TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.002; done'];

function missing(container: Container): string[] {
	const numbers = container.output().split('\n').slice(0, -1).map(Number);
	return numbers.flatMap((number, index) => (index > 0 && number !== (numbers[index - 1] ?? 0) + 1 ? [`${numbers[index - 1]}…${number}`] : []));
}

const kills = Number(process.env['TEST_MONITOR_KILLS'] ?? 12);

test('killed with -9 again and again: output, exec, wait, stop and exit code go on', async t => {
	const container = t.context.world.container({args: counter});
	const {pid} = await container.launch();
	for (let round = 0; round < kills; round++) {
		await killMonitor(container);
		await sleep(round * 3);
	}
	t.is(statusOf(container).pid, pid);
	t.is(statusOf(container).adopted, kills);
	const session = await exec(container.directory, JSON.stringify(processSpec(['sh', '-c', 'echo here; exit 3'])), {id: 'after', tty: false, command: 'echo'});
	const output = collect(session);
	t.like(await session.exit, {exitCode: 3});
	t.is(output.text(), 'here\n');
	await request(container.directory, 'stop', {signal: 15, timeout: 10});
	await container.gone();
	t.like(readExitRecord(container.plan.exitRecord), {exitCode: 7, signal: 0, manual: true});
	// A monitor that dies takes with it what it had read and not yet written: a line at most at each kill of a slow program.
	t.true(missing(container).length <= kills, missing(container).join(' '));
	t.false(hasCgroup(container));
	t.is(container.actions().filter(action => action === 'adopt').length, kills);
	t.deepEqual(container.actions().slice(-2), ['die', 'stop']);
});

test('a terminal outlives the monitor that held it', async t => {
	const container = t.context.world.container({args: ['sh', '-c', 'while read line; do echo "<$line>"; done'], tty: true, stdin: true});
	await container.launch();
	await killMonitor(container);
	const stream = await attach(container.directory, {input: true, rows: 30, columns: 90});
	const output = collect(stream);
	await stream.write(Buffer.from('hello\n'));
	await until('the answer', () => output.text().includes('<hello>'));
	await request(container.directory, 'kill', {signal: 9});
	t.like(await stream.exit, {exitCode: 137});
	await container.gone();
});

test('a program that ends while there is no monitor has its exit code seen', async t => {
	const container = t.context.world.container({args: ['sh', '-c', 'exec sleep 1000']});
	const {pid} = await container.launch();
	const {monitor} = statusOf(container);
	process.kill(monitor, 'SIGKILL');
	process.kill(pid, 'SIGTERM');
	process.kill(pid, 'SIGKILL');
	await until('the record', () => readExitRecord(container.plan.exitRecord));
	await container.gone();
	t.like(readExitRecord(container.plan.exitRecord), {exitCode: 137, signal: 9});
});

test('a paused container stays paused, a restart policy goes on, and a stop that was under way comes to its end', async t => {
	const {world} = t.context;
	const paused = world.container({args: counter});
	await paused.launch();
	await request(paused.directory, 'pause');
	await killMonitor(paused);
	t.is(paused.state(), 'paused');
	await request(paused.directory, 'unpause');
	await request(paused.directory, 'kill', {signal: 9});
	await paused.gone();

	const restarting = world.container({args: ['false'], restart: {name: 'on-failure', maximumRetryCount: 3}});
	await restarting.launch();
	await until('the first restart', () => statusOf(restarting).restarts > 0);
	if (restarting.state() !== 'gone') await killMonitor(restarting).catch(() => undefined);
	await until('the end', () => restarting.state() === 'gone' || restarting.state() === 'exited', 30_000);
	await restarting.gone();
	t.like(readExitRecord(restarting.plan.exitRecord), {exitCode: 1, restarts: 3});

	const stubborn = world.container({args: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done']});
	await stubborn.launch();
	await request(stubborn.directory, 'stop', {signal: 15, timeout: 1});
	await killMonitor(stubborn);
	await stubborn.gone();
	t.like(readExitRecord(stubborn.plan.exitRecord), {exitCode: 137, manual: true});
});

test('when the keeper is killed as well, a new monitor takes over from what the container still has', async t => {
	const container = t.context.world.container({args: counter});
	const {pid} = await container.launch();
	await until('some output', () => container.output().length > 20);
	await killBoth(container);
	t.true(existsSync(`/proc/${pid}`));
	t.deepEqual(await adoptByMonitor(monitorProgram, container.directory), []);
	await until('its status', () => container.state() === 'running');
	const size = container.output().length;
	await until('more output', () => container.output().length > size);
	t.true(missing(container).length <= 1, missing(container).join(' '));
	await t.throwsAsync(adoptByMonitor(monitorProgram, container.directory), {message: /has a monitor already/});
	await request(container.directory, 'stop', {signal: 15, timeout: 10});
	await container.gone();
	const record = readExitRecord(container.plan.exitRecord);
	// Before Linux 6.15 only its parent is told how a process ends.
	if (record?.exitCode === 255) t.regex(record.error, /nobody saw how it ended/);
	else t.like(record, {exitCode: 7, signal: 0});
	t.false(hasCgroup(container));
});

test('there is nothing to take over of a container that has ended', async t => {
	const container = t.context.world.container({args: ['true']});
	await container.launch();
	await container.gone();
	await t.throwsAsync(adoptByMonitor(monitorProgram, container.directory), {message: /has ended/});
});
