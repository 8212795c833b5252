import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {
	createContainer,
	type Engine,
	execContainer,
	findContainer,
	inspectContainer,
	killContainer,
	listContainers,
	openEngine,
	pruneContainers,
	readLogs,
	removeContainer,
	startContainer,
	stopContainer,
	waitContainer,
	watchEvents,
} from '../../core/index.ts';
import {addBusybox, create, openTestStore, until} from './store.ts';

const core = new URL('../../core/index.ts', import.meta.url).href;

/** Another process with the same store. */
function elsewhere(engine: Engine, code: string): ChildProcess {
	const program = `import * as core from ${JSON.stringify(core)};
		const engine = core.openEngine({root: ${JSON.stringify(engine.root)}, state: ${JSON.stringify(engine.state)}});
		${code}`;
	return spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'pipe', 'inherit']});
}

/** With its keeper, which would start another. */
async function killMonitor(engine: Engine, id: string): Promise<void> {
	const status = readFileSync(`${engine.state}/containers/${id}/status`, 'utf8');
	const pidOf = (key: string): number => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(status)?.[1]);
	const pids = ['keeper', 'monitor'].map(pidOf);
	for (const pid of pids) process.kill(pid, 'SIGKILL');
	await until('both are dead', () => pids.every(isGone));
}

/** What the runtime still has of containers; it keeps a note of its own beside them. */
const inRuntime = (engine: Engine): string[] => (existsSync(`${engine.state}/runtime`) ? readdirSync(`${engine.state}/runtime`).filter(name => !name.startsWith('.')) : []);

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

test('a container outlives its monitor and the keeper; the next command says so and takes it over', async t => {
	const notices: string[] = [];
	const {root, state} = openTestStore(t);
	const engine = openEngine({root, state, notice: text => void notices.push(text)});
	addBusybox(engine);
	const id = await create(engine, ['sleep', '60'], {name: 'orphan'});
	await startContainer(engine, id);
	await killMonitor(engine, id);
	const orphan = findContainer(engine, 'orphan');
	t.is(orphan.status, 'running');
	t.regex(orphan.note ?? '', /its monitor was killed/);
	const session = await execContainer(engine, id, {command: ['true']});
	session.onOutput(() => {});
	t.like(await session.exit, {exitCode: 0});
	t.deepEqual(notices, ['the monitor of container orphan was killed: it has a new one']);
	await stopContainer(engine, id, {timeout: 0});
	const ended = findContainer(engine, id);
	t.is(ended.status, 'exited');
	// Before Linux 6.15 only its parent is told how a process ends.
	t.true(ended.exitCode === 137 || (ended.exitCode === 255 && /nobody saw/.test(String((inspectContainer(engine, id)['State'] as {Error: string}).Error))));
	await startContainer(engine, id);
	t.like(findContainer(engine, id), {status: 'running'});
	t.is(findContainer(engine, id).note, undefined);
	await removeContainer(engine, id, {force: true});
	t.deepEqual(inRuntime(engine), []);
});

test('a monitor and its program killed together: 255 with a reason, and a start takes up again', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const id = await create(engine, ['sleep', '60']);
	await startContainer(engine, id);
	const {pid} = findContainer(engine, id);
	await killMonitor(engine, id);
	process.kill(pid, 'SIGKILL');
	await until('it is dead', () => isGone(pid));
	t.like(findContainer(engine, id), {status: 'exited', exitCode: 255, pid: 0});
	await startContainer(engine, id);
	t.is(findContainer(engine, id).status, 'running');
	await killContainer(engine, id);
	t.like(await waitContainer(engine, id), {exitCode: 137});
});

test('a container goes on when the process that started it is killed', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const id = await create(engine, ['sh', '-c', 'sleep 0.3; echo done; sleep 60']);
	const child = elsewhere(engine, `await core.startContainer(engine, ${JSON.stringify(id)}, {attach: {input: false}}); console.log('started'); setInterval(() => {}, 1000);`);
	await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
	child.kill('SIGKILL');
	await once(child, 'exit');
	t.is(findContainer(engine, id).status, 'running');
	await until('it goes on', async () => {
		for await (const batch of readLogs(engine, id)) if (batch.some(({log}) => log === 'done\n')) return true;
		return false;
	});
});

for (const verb of ['create', 'start', 'remove'] as const) {
	test(`a process killed within ${verb} leaves nothing that the same command cannot finish`, async t => {
		const engine = openTestStore(t);
		addBusybox(engine);
		let killed = 0;
		for (let delay = 0; delay < 8; delay++) {
			const id = await create(engine, ['sleep', '60'], {name: `c${delay}`});
			if (verb === 'remove') await startContainer(engine, id);
			const code = {
				create: `for (let i = 0; i < 200; i++) await core.createContainer(engine, {image: 'busybox', name: 'n${delay}-' + i, network: 'none'});`,
				start: `await core.startContainer(engine, ${JSON.stringify(id)});`,
				remove: `await core.removeContainer(engine, ${JSON.stringify(id)}, {force: true});`,
			}[verb];
			// Its killer counts from when it begins, whatever it is doing then.
			const child = elsewhere(engine, `(await import('node:child_process')).spawn('sh', ['-c', 'sleep ${delay * 0.006}; kill -9 ' + process.pid]); ${code} console.log('done');`);
			let said = '';
			child.stdout?.on('data', data => (said += data));
			await once(child, 'close');
			if (!said.includes('done')) killed++;
			if (verb === 'start') {
				await startContainer(engine, id);
				t.is(findContainer(engine, id).status, 'running');
			}
			const left = listContainers(engine, {all: true});
			for (const {id: other} of left) await removeContainer(engine, other, {force: true});
			t.deepEqual(listContainers(engine, {all: true}), []);
		}
		t.true(killed > 0);
		await pruneContainers(engine);
		t.deepEqual(inRuntime(engine), []);
		t.deepEqual(existsSync(`${engine.state}/containers`) ? readdirSync(`${engine.state}/containers`) : [], []);
	});
}

test('two processes that create the same name: one has it, the other is told', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const said = await Promise.all(
		Array.from({length: 2}, async () => {
			const child = elsewhere(
				engine,
				`for (let i = 0; i < 10; i++) await core.createContainer(engine, {image: 'busybox', name: 'same' + i, network: 'none'}).then(() => console.log('made'), error => console.log(error.code));`,
			);
			let text = '';
			child.stdout?.on('data', data => (text += data));
			await once(child, 'close');
			return text.trim().split('\n');
		}),
	);
	const all = said.flat();
	t.is(all.filter(word => word === 'made').length, 10);
	t.is(all.filter(word => word === 'container.name-in-use').length, 10);
	t.is(listContainers(engine, {all: true}).length, 10);
});

test('twenty containers started at once all run, with addresses of their own', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const ids = await Promise.all(Array.from({length: 20}, () => create(engine, ['sleep', '60'], {network: 'bridge'})));
	await Promise.all(ids.map(id => startContainer(engine, id)));
	const running = listContainers(engine);
	t.is(running.length, 20);
	t.is(new Set(running.map(({networks}) => networks['bridge']?.ip)).size, 20);
	await Promise.all(ids.map(id => removeContainer(engine, id, {force: true})));
	t.deepEqual(listContainers(engine, {all: true}), []);
	t.deepEqual(inRuntime(engine), []);
	t.deepEqual(readdirSync(`${engine.root}/containers`), []);
});

test('one container asked to start from five sides at once starts once', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const id = await create(engine, ['sh', '-c', 'echo begin; sleep 60']);
	await Promise.all(Array.from({length: 5}, () => startContainer(engine, id)));
	t.is(findContainer(engine, id).status, 'running');
	await stopContainer(engine, id, {timeout: 0});
	let lines = 0;
	for await (const batch of readLogs(engine, id)) lines += batch.length;
	t.is(lines, 1);
});

test.serial('a change made by another process is heard within 200 ms', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const events = watchEvents(engine);
	const child = elsewhere(
		engine,
		`for (let i = 0; i < 8; i++) await core.createContainer(engine, {image: 'busybox', name: 'loud' + i, network: 'none'}).then(() => new Promise(done => setTimeout(done, 100)));`,
	);
	t.teardown(() => child.kill());
	const delays: number[] = [];
	for await (const batch of events) {
		const now = Date.now();
		for (const {Action, Actor, timeNano} of batch) {
			t.is(Action, 'create');
			t.is(findContainer(engine, Actor.ID).status, 'created');
			delays.push(now - timeNano / 1e6);
		}
		if (delays.length >= 8) break;
	}
	// Of several, because a busy machine may let anybody wait.
	t.true(Math.min(...delays) < 200, delays.join(' '));
});

test('after a restart of the host a container that ran has ended with 255, and one that did not has not', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const ran = await create(engine, ['true']);
	const never = await create(engine, ['true']);
	// As a reboot leaves it: nothing in STATE, and the note of a start under another boot.
	writeFileSync(`${engine.root}/containers/${ran}/start`, '00000000-0000-0000-0000-000000000000\n2026-01-01T00:00:00.000000000Z\n');
	t.like(findContainer(engine, ran), {status: 'exited', exitCode: 255});
	t.is(findContainer(engine, never).status, 'created');
	await startContainer(engine, ran);
	t.like(await waitContainer(engine, ran), {exitCode: 0});
});

test('the port of a container whose monitor was killed is free again', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	const ports = [{protocol: 'tcp', hostIp: '', hostPort: 0, containerPort: 80}] as const;
	const {id} = await createContainer(engine, {image: 'busybox', command: ['sleep', '60'], ports});
	await startContainer(engine, id);
	const hostPort = findContainer(engine, id).ports[0]?.hostPort ?? 0;
	t.true(hostPort > 0);
	const fixed = [{...ports[0], hostPort}];
	const {id: second} = await createContainer(engine, {image: 'busybox', command: ['sleep', '60'], ports: fixed});
	const error = await t.throwsAsync(startContainer(engine, second));
	t.regex(error?.message ?? '', /port is already allocated/);
	const {pid} = findContainer(engine, id);
	await killMonitor(engine, id);
	process.kill(pid, 'SIGKILL');
	await until('it is dead', () => isGone(pid));
	await startContainer(engine, second);
	t.is(findContainer(engine, second).status, 'running');
});
