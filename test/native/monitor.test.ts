import {execFileSync} from 'node:child_process';
import {closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, readlinkSync} from 'node:fs';
import test from 'ava';
import {readExitRecord} from '../../core/monitor/exit-record.ts';
import {request, requestExit} from '../../core/monitor/request.ts';
import {attach} from '../../core/monitor/stream.ts';
import {openStatsRing} from '../../core/monitor/stats-ring.ts';
import {collect, createWorld, hasCgroup, until} from './monitor-world.ts';

const world = await createWorld();
test.after.always(() => world.close());

const sleeper = ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'];
const never = '0001-01-01T00:00:00Z';

const command = (mark: string): string[] => ['/bin/sh', '-c', `echo "$PATH" > ${mark}`];

const open = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));

const frame = (type: number, payload: string): Buffer => {
	const head = Buffer.alloc(8);
	head.writeUInt32LE(Buffer.byteLength(payload), 0);
	head[4] = type;
	return Buffer.concat([head, Buffer.from(payload)]);
};

test('a container runs, logs both streams, and leaves its exit code and nothing else', async t => {
	const container = world.container({args: ['sh', '-c', 'echo out; echo err >&2; exit 3']});
	const {state, pid} = await container.launch();
	t.is(state, 'running');
	t.true(pid > 1);
	await container.gone();
	t.is(container.status()?.status.state, 'exited');
	t.is(container.status()?.status.exitCode, 3);
	t.is(container.output(), 'out\n');
	t.is(container.output('stderr'), 'err\n');
	t.like(readExitRecord(container.plan.exitRecord), {id: container.id, exitCode: 3, signal: 0, oom: false, manual: false, error: ''});
	t.deepEqual(container.actions(), ['start', 'die']);
	t.is(container.events()[1]?.Actor.Attributes['exitCode'], '3');
	t.false(existsSync(`${container.directory}/monitor.sock`));
	t.false(hasCgroup(container));
});

test('a container that waits is started by the verb, and its client misses no output', async t => {
	const container = world.container({args: ['echo', 'hello'], start: 'wait'});
	t.is((await container.launch()).state, 'created');
	t.is(container.state(), 'created');
	t.is(container.status()?.status.startedAt, never);
	const stream = await attach(container.directory);
	const output = collect(stream);
	await request(container.directory, 'start');
	t.like(await stream.exit, {exitCode: 0, signal: 0});
	t.is(output.text(), 'hello\n');
	await container.gone();
});

test('stop sends the signal, and SIGKILL when the time is over', async t => {
	const [kind, stubborn] = [world.container({args: sleeper}), world.container({args: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done']})];
	for (const container of [kind, stubborn]) {
		await container.launch();
		await until('the trap', () => container.output() === 'ready\n');
	}
	const stopped = await requestExit(kind.directory, 'stop', {timeout: 10});
	t.like(await stopped.exit, {exitCode: 7, signal: 0});
	const killed = await requestExit(stubborn.directory, 'stop', {timeout: 1});
	t.like(await killed.exit, {exitCode: 137, signal: 9});
	await Promise.all([kind.gone(), stubborn.gone()]);
	t.deepEqual(kind.actions(), ['start', 'kill', 'die', 'stop']);
	t.deepEqual(stubborn.actions(), ['start', 'kill', 'kill', 'die', 'stop']);
	t.true(readExitRecord(kind.plan.exitRecord)?.manual);
});

test('kill sends any signal; 128 + n is the exit code', async t => {
	const container = world.container({args: ['sleep', '1000']});
	await container.launch();
	t.like(await t.throwsAsync(request(container.directory, 'kill', {signal: 99})), {code: 'monitor.invalid'});
	const {exit} = await requestExit(container.directory, 'wait');
	await request(container.directory, 'kill', {signal: 9});
	t.like(await exit, {exitCode: 137, signal: 9});
	await container.gone();
	t.is(container.events()[1]?.Actor.Attributes['signal'], '9');
});

test('pause freezes, unpause goes on, and stop reaches a paused container', async t => {
	const container = world.container({args: sleeper});
	await container.launch();
	await until('the trap', () => container.output() === 'ready\n');
	await request(container.directory, 'pause');
	t.is(container.state(), 'paused');
	t.like(await t.throwsAsync(request(container.directory, 'pause')), {code: 'monitor.conflict'});
	await request(container.directory, 'unpause');
	t.is(container.state(), 'running');
	await request(container.directory, 'pause');
	const {exit} = await requestExit(container.directory, 'stop');
	t.like(await exit, {exitCode: 7});
	await container.gone();
	t.deepEqual(container.actions().slice(0, 4), ['start', 'pause', 'unpause', 'pause']);
});

test('restart stops and starts again: a new process, the same monitor', async t => {
	const container = world.container({args: sleeper});
	const {pid} = await container.launch();
	const monitor = container.status()?.status.monitor;
	await until('the trap', () => container.output() === 'ready\n');
	await request(container.directory, 'restart', {timeout: 5});
	const status = container.status()?.status;
	t.is(status?.state, 'running');
	t.not(status?.pid, pid);
	t.is(status?.monitor, monitor);
	t.is(status?.restarts, 0);
	t.deepEqual(container.actions(), ['start', 'kill', 'die', 'stop', 'start', 'restart']);
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
});

test('restart policies bring it back with growing pauses, as often as they may', async t => {
	const container = world.container({args: ['false'], restart: {name: 'on-failure', maximumRetryCount: 3}});
	await container.launch();
	await container.gone();
	const times = container
		.events()
		.filter(({Action}) => Action === 'start')
		.map(event => (event as unknown as {timeNano: number}).timeNano / 1e6);
	t.is(times.length, 4);
	t.is(container.status()?.status.restarts, 3);
	for (const [index, pause] of [100, 200, 400].entries()) t.true((times[index + 1] ?? 0) - (times[index] ?? 0) >= pause);
});

test('always restarts a success too, until somebody asks for the stop', async t => {
	const container = world.container({args: ['true'], restart: {name: 'always', maximumRetryCount: 0}});
	await container.launch();
	await until('two restarts', () => (container.status()?.status.restarts ?? 0) >= 2);
	await until('a pause before the next', () => container.state() === 'restarting');
	t.regex(container.status()?.status.nextStart ?? '', /^\d{4}-.*Z$/);
	const {exit} = await requestExit(container.directory, 'stop');
	await exit;
	await container.gone();
	t.is(container.status()?.status.state, 'exited');
	t.true(container.status()?.status.manual);
});

test('a program that is not there is 127, one that may not run 126, and nothing stays', async t => {
	const missing = world.container({args: ['no-such-program']});
	t.like(await t.throwsAsync(missing.launch()), {code: 'command.not-found'});
	const folder = world.container({args: ['/etc']});
	t.like(await t.throwsAsync(folder.launch()), {code: 'command.not-invokable'});
	const broken = world.container({runtime: '/no/such/runtime'});
	await t.throwsAsync(broken.launch(), {code: 'runtime.failed', message: /\/no\/such\/runtime/});
	for (const container of [missing, folder, broken]) {
		await until('the socket to go', () => !existsSync(`${container.directory}/monitor.sock`));
		t.false(existsSync(`${container.directory}/status`));
		t.false(hasCgroup(container));
	}
});

test('an out-of-memory kill is told before the exit, and recorded', async t => {
	const container = world.container({args: ['sh', '-c', 'dd if=/dev/zero of=/dev/shm/x bs=1M count=200'], memory: 16 * 1024 * 1024});
	await container.launch();
	await container.gone();
	t.true(readExitRecord(container.plan.exitRecord)?.oom);
	t.true(container.actions().indexOf('oom') < container.actions().indexOf('die'));
	t.true(container.actions().includes('oom'));
});

test('the exit command runs when nobody promised to remove the container, and only then', async t => {
	const marks = [`${world.directory}/mark-a`, `${world.directory}/mark-b`] as const;
	const alone = world.container({args: ['true'], exitCommand: command(marks[0])});
	await alone.launch();
	await until('the command', () => existsSync(marks[0]));
	const watched = world.container({args: ['true'], start: 'wait', exitCommand: command(marks[1])});
	await watched.launch();
	const stream = await attach(watched.directory, {remove: true});
	stream.onOutput(() => {});
	await request(watched.directory, 'start');
	await stream.exit;
	await watched.gone();
	t.false(existsSync(marks[1]));
});

test('a client that promised to remove the container, and died before it heard of the end, is not relied upon', async t => {
	const mark = `${world.directory}/mark-c`;
	const container = world.container({args: ['sh', '-c', 'echo words'], start: 'wait', exitCommand: command(mark)});
	await container.launch();
	// Paused before it is connected, so that Node never reads from it.
	const client = process
		.getBuiltinModule('node:net')
		.connect({path: `${container.directory}/monitor.sock`})
		.pause();
	await new Promise(resolve => client.write(frame(1, 'verb attach\nremove yes\n'), resolve));
	await request(container.directory, 'start');
	await until('the end', () => container.status()?.status.state === 'exited');
	t.false(existsSync(mark));
	client.destroy();
	await until('the command', () => existsSync(mark));
});

test('a path that is too long for a socket works all the same', async t => {
	const container = world.container({args: ['cat'], longPath: true, tty: true, stdin: true});
	await container.launch();
	const stream = await attach(container.directory, {input: true});
	const output = collect(stream);
	await stream.write(Buffer.from('hello\n'));
	await until('the echo', () => output.text() === 'hello\r\nhello\r\n');
	await request(container.directory, 'kill', {signal: 9});
	t.like(await stream.exit, {exitCode: 137});
	await container.gone();
});

test('a second monitor of the same container is refused, and the first goes on', async t => {
	const container = world.container({args: ['sleep', '1000'], labels: {big: 'x'.repeat(100_000), small: 'a\nb'}});
	await container.launch();
	await t.throwsAsync(container.launch(), {code: 'runtime.failed', message: /has a monitor already/});
	t.is((await request(container.directory, 'status')).get('state')?.[0], 'running');
	t.is(container.events()[0]?.Actor.Attributes['small'], 'a b');
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
});

test('requests that are wrong or too large are refused, and hurt nobody', async t => {
	const container = world.container({args: ['sleep', '1000']});
	await container.launch();
	const net = process.getBuiltinModule('node:net');
	const talk = (data: Buffer): Promise<Buffer> =>
		new Promise(resolve => {
			const parts: Buffer[] = [];
			const socket = net.connect({path: `${container.directory}/monitor.sock`}, () => socket.write(data));
			socket.on('data', part => parts.push(part as Buffer));
			socket.on('error', () => {});
			socket.once('close', () => resolve(Buffer.concat(parts)));
		});
	t.regex((await talk(frame(1, 'verb fly\n'))).toString(), /there is no verb fly/);
	t.regex((await talk(frame(1, 'verb start\ncolour red\n'))).toString(), /not known/);
	for (const nonsense of [frame(1, 'verb'), frame(1, 'V 1\n'), frame(6, 'input first'), frame(77, ''), Buffer.alloc(8, 255), frame(1, 'verb a\0b\n')])
		t.is((await talk(nonsense)).length, 0);
	t.like(await t.throwsAsync(request(container.directory, 'update', {restart: 'often'})), {code: 'monitor.invalid'});
	t.is((await request(container.directory, 'status')).get('state')?.[0], 'running');
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
});

test('statistics are sampled each second, and the memory of the monitor is small', async t => {
	const container = world.container({args: ['sh', '-c', 'dd if=/dev/zero of=/dev/shm/x bs=1M count=4 2>/dev/null; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 1000']});
	await container.launch();
	const ring = await until('a sample', () => {
		const found = openStatsRing(container.plan.stats ?? '');
		if ((found?.history(0, 2 ** 32).length ?? 0) >= 2) return found;
		found?.close();
		return undefined;
	});
	const samples = ring.history(0, 2 ** 32);
	t.true(samples.reduce((sum, {cpuMicros}) => sum + cpuMicros, 0) > 10_000);
	t.true((ring.last()?.pids ?? 0) >= 1);
	t.true((ring.last()?.memory ?? 0) > 10_000);
	t.true((ring.last()?.shmem ?? 0) >= 4 * 2 ** 20, `${ring.last()?.shmem} bytes of shared memory`);
	t.true((ring.last()?.anon ?? 0) > 0);
	t.true(statSync(container.plan.stats ?? '').size <= 300 * 1024);
	ring.close();
	const dirty = (pid: number | undefined, kind: string): number => Number(new RegExp(`^${kind}_Dirty:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
	const {monitor, keeper} = container.status()?.status ?? {};
	// What both share is theirs as well, once.
	const kib = dirty(monitor, 'Private') + dirty(keeper, 'Private') + dirty(monitor, 'Shared');
	t.log(`memory of the monitor and its keeper: ${kib} KiB`);
	t.true(kib <= 160, `${kib} KiB`);
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
});

test('the monitor lives apart: own session, no parent, no descriptor of its launcher, and none leaks as clients come and go', async t => {
	const secret = openSync('/etc/hostname', 'r');
	const container = world.container({args: ['sleep', '1000'], stdin: true});
	await container.launch();
	closeSync(secret);
	const monitor = container.status()?.status.monitor ?? 0;
	const stat = readFileSync(`/proc/${monitor}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
	t.not(Number(stat[1]), process.pid);
	t.not(stat[3], readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[3]);
	t.false(open(monitor).some(path => path.includes('hostname')));
	const count = open(monitor).length;
	for (let round = 0; round < 30; round++) {
		const stream = await attach(container.directory, {input: true});
		stream.detach();
	}
	await until('the clients to be forgotten', () => open(monitor).length === count);
	t.is(open(container.status()?.status.pid ?? 0).length, 3);
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
});

test('a monitor that is killed with its keeper is known to be dead, and its container goes on', async t => {
	const container = world.container({args: ['sleep', '1000']});
	const {pid} = await container.launch();
	process.kill(container.status()?.status.keeper ?? 0, 'SIGKILL');
	process.kill(container.status()?.status.monitor ?? 0, 'SIGKILL');
	await until('the status to be history', () => container.status()?.alive === false);
	t.is(container.status()?.status.state, 'running');
	t.true(existsSync(`/proc/${pid}`));
	await t.throwsAsync(request(container.directory, 'status'), {code: 'monitor.unreachable'});
	t.is(readExitRecord(container.plan.exitRecord), undefined);
	execFileSync(container.plan.runtime, ['--root', container.plan.runtimeRoot, 'delete', '--force', container.id]);
	t.false(hasCgroup(container));
});

test('SIGTERM to the monitor, as when the host goes down, ends the container; the record does not call it a wish', async t => {
	const container = world.container({args: sleeper, restart: {name: 'always', maximumRetryCount: 0}});
	await container.launch();
	await until('the trap', () => container.output() === 'ready\n');
	process.kill(container.status()?.status.monitor ?? 0, 'SIGTERM');
	await container.gone();
	t.like(readExitRecord(container.plan.exitRecord), {exitCode: 7, manual: false});
});

test('a stop at any moment of a crash loop ends it; a restart does not', async t => {
	for (let round = 0; round < 10; round++) {
		const container = world.container({args: ['false'], restart: {name: 'always', maximumRetryCount: 0}});
		await container.launch();
		const restarts = round % 3;
		await until('a restart', () => (container.status()?.status.restarts ?? 0) >= restarts);
		if (round % 2 === 0) await request(container.directory, 'restart', {timeout: 1});
		const {exit} = await requestExit(container.directory, 'stop', {timeout: 1});
		await exit;
		await container.gone();
		t.is(container.status()?.status.state, 'exited');
	}
});
