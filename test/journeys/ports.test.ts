import {createSocket} from 'node:dgram';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

/** What a server of the host hears that wants this port: `free`, or the error's code. */
const tryTcp = (port: number, address: string): Promise<string> =>
	new Promise(resolve => {
		const server = createServer();
		server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
		server.listen({port, host: address, exclusive: true}, () => server.close(() => resolve('free')));
	});

const tryUdp = (port: number, address: string): Promise<string> =>
	new Promise(resolve => {
		const socket = createSocket('udp4');
		socket.once('error', (error: NodeJS.ErrnoException) => socket.close(() => resolve(error.code ?? '')));
		socket.bind({port, address, exclusive: true}, () => socket.close(() => resolve('free')));
	});

const freePort = (): Promise<number> =>
	new Promise(resolve => {
		const server = createServer();
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});

const sleeper = ['busybox', 'sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'];

const statusField = (id: string, key: string): string => new RegExp(`^${key} (.*)$`, 'm').exec(readFileSync(join(store.state, 'containers', id, 'status'), 'utf8'))?.[1] ?? '';

type Descriptor = {readonly target: string; readonly closesOnExec: boolean};

const O_CLOEXEC = 0o2000000;

const descriptors = (pid: string): Descriptor[] =>
	readdirSync(`/proc/${pid}/fd`).map(fd => ({
		target: readlinkSync(`/proc/${pid}/fd/${fd}`),
		closesOnExec: (Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0', 8) & O_CLOEXEC) !== 0,
	}));

/** The program starts one sleep after the other. */
function unlessGone<T>(look: () => T[]): T[] {
	try {
		return look();
	} catch (error) {
		if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return [];
		throw error;
	}
}

test.serial('nobody else on the host gets a published port while the container runs, and anybody afterwards', async t => {
	const [tcp, udp] = [await freePort(), await freePort()];
	const look = async (): Promise<string[]> => [await tryTcp(tcp, '127.0.0.1'), await tryTcp(tcp, '0.0.0.0'), await tryUdp(udp, '0.0.0.0')];
	const kept = ['EADDRINUSE', 'EADDRINUSE', 'EADDRINUSE'];
	const free = ['free', 'free', 'free'];
	t.deepEqual(await look(), free);
	await store.must('run', '-d', '--name', 'web', '-p', `127.0.0.1:${tcp}:80`, '-p', `${udp}:53/udp`, ...sleeper);
	t.deepEqual(await look(), kept);
	await store.must('restart', 'web');
	t.deepEqual(await look(), kept, 'a restart gives them back and takes them again');
	await store.must('stop', 'web');
	t.deepEqual(await look(), free);
	await store.must('start', 'web');
	t.deepEqual(await look(), kept);
	await store.must('kill', 'web');
	await store.must('wait', 'web');
	await waitFor('the ports to be free', async () => (await look()).every(found => found === 'free'));
	await store.must('rm', 'web');
});

test.serial('the keeper of the ports hands none of them to a program, and stays small', async t => {
	const port = await freePort();
	const id = await store.must('run', '-d', '--name', 'shared', '-p', `127.0.0.1:${port}:80`, ...sleeper);
	await store.must('exec', '-d', 'shared', 'sleep', '1000');
	const monitor = statusField(id, 'monitor');
	const ofMonitor = descriptors(monitor);
	t.true(ofMonitor.some(({target}) => target.startsWith('socket:')));
	t.deepEqual(
		ofMonitor.filter(({target, closesOnExec}) => target.startsWith('socket:') && !closesOnExec),
		[],
	);
	const programs = (await store.must('top', 'shared', '-o', 'pid')).split('\n').slice(1);
	t.true(programs.length >= 2);
	t.deepEqual(
		programs.flatMap(pid => unlessGone(() => descriptors(pid.trim()))).filter(({target}) => target.startsWith('socket:')),
		[],
	);
	const count = ofMonitor.length;
	for (let round = 0; round < 3; round++) await store.must('restart', '-t', '0', 'shared');
	await waitFor('no more descriptors than before', () => descriptors(monitor).length <= count);
	const rollup = readFileSync(`/proc/${monitor}/smaps_rollup`, 'utf8');
	const kib = Number(/^Private_Dirty:\s+(\d+) kB/m.exec(rollup)?.[1]);
	t.log(`private memory of the monitor: ${kib} KiB`);
	t.true(kib <= 160, `${kib} KiB`);
	await store.must('rm', '-f', 'shared');
	t.is(await tryTcp(port, '127.0.0.1'), 'free');
});

test.serial('a container that could not be started keeps no port', async t => {
	const port = await freePort();
	t.is((await store.run('run', '--rm', '-p', `127.0.0.1:${port}:80`, 'busybox', 'not-there')).code, 127);
	t.is(await tryTcp(port, '127.0.0.1'), 'free');
});

test.serial('more ports than one message carries are all kept', async t => {
	const first = 21_000;
	const last = first + 299;
	await store.must('run', '-d', '--name', 'many', '-p', `127.0.0.1:${first}-${last}:${first}-${last}`, ...sleeper);
	for (const port of [first, first + 199, first + 200, last]) t.is(await tryTcp(port, '127.0.0.1'), 'EADDRINUSE', `${port}`);
	await store.must('rm', '-f', 'many');
	for (const port of [first, first + 199, first + 200, last]) t.is(await tryTcp(port, '127.0.0.1'), 'free', `${port}`);
});
