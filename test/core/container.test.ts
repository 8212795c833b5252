import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {
	type Attachment,
	createContainer,
	type Engine,
	execContainer,
	findContainer,
	inspectContainer,
	killContainer,
	listContainers,
	openStats,
	pauseContainer,
	pruneContainers,
	readLogs,
	removeContainer,
	renameContainer,
	restartContainer,
	startContainer,
	stopContainer,
	topContainer,
	unpauseContainer,
	waitContainer,
	watchEvents,
} from '../../core/index.ts';
import {addBusybox, create, openTestStore, until} from './store.ts';

function openStore(t: ExecutionContext): Engine {
	const engine = openTestStore(t);
	addBusybox(engine);
	return engine;
}

type Run = {readonly exitCode: number; readonly stdout: string; readonly stderr: string};

async function gather(attachment: Attachment): Promise<Run> {
	const text = {1: '', 2: ''};
	attachment.onOutput((stream, data) => {
		text[stream] += Buffer.from(data).toString();
	});
	const exit = await attachment.exit;
	return {exitCode: exit === 'detached' ? -1 : exit.exitCode, stdout: text[1], stderr: text[2]};
}

async function run(engine: Engine, command: readonly string[], more: Parameters<typeof create>[2] = {}): Promise<Run & {id: string}> {
	const id = await create(engine, command, more);
	const attachment = await startContainer(engine, id, {attach: {input: false}});
	if (attachment === undefined) throw new Error('not attached');
	return {...(await gather(attachment)), id};
}

async function logText(engine: Engine, id: string, options: Parameters<typeof readLogs>[2] = {}): Promise<string> {
	let text = '';
	for await (const batch of readLogs(engine, id, options)) text += batch.map(({log}) => log).join('');
	return text;
}

const sleeper = ['sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'];

test('a container runs to its exit code, and its output arrives whole and in its streams', async t => {
	const engine = openStore(t);
	const {id, ...result} = await run(engine, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
	t.deepEqual(result, {exitCode: 3, stdout: 'out\n', stderr: 'err\n'});
	t.like(findContainer(engine, id), {status: 'exited', exitCode: 3, pid: 0});
	t.is(await logText(engine, id), 'out\nerr\n');
	t.like(await waitContainer(engine, id), {exitCode: 3});
	await removeContainer(engine, id);
	t.is(t.throws(() => findContainer(engine, id)).message, `No such container: ${id}`);
});

test('a started container goes through running, paused, running and stopped', async t => {
	const engine = openStore(t);
	const id = await create(engine, sleeper, {name: 'web'});
	t.is(findContainer(engine, 'web').status, 'created');
	await startContainer(engine, 'web');
	const running = findContainer(engine, id.slice(0, 12));
	t.is(running.status, 'running');
	t.true(running.pid > 1);
	t.deepEqual(
		listContainers(engine).map(({name}) => name),
		['web'],
	);
	await startContainer(engine, 'web');
	await pauseContainer(engine, 'web');
	t.is(findContainer(engine, 'web').status, 'paused');
	await unpauseContainer(engine, 'web');
	t.is(findContainer(engine, 'web').status, 'running');
	await until('the trap is set', async () => (await logText(engine, id)).includes('ready'));
	await stopContainer(engine, 'web');
	t.like(findContainer(engine, 'web'), {status: 'exited', exitCode: 5});
	t.deepEqual(listContainers(engine), []);
	await startContainer(engine, 'web');
	await restartContainer(engine, 'web', {timeout: 5});
	t.is(findContainer(engine, 'web').status, 'running');
	await killContainer(engine, 'web');
	t.like(await waitContainer(engine, 'web'), {exitCode: 137});
});

test('stopContainer() kills what does not go, and says so meanwhile', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
	await startContainer(engine, id);
	await until('the trap is set', async () => (await logText(engine, id)).includes('ready'));
	const phases: string[] = [];
	await stopContainer(engine, id, {timeout: 1, onProgress: ({phase}) => phases.push(phase)});
	t.deepEqual(phases, ['signalled', 'killing', 'stopped']);
	t.is(findContainer(engine, id).exitCode, 137);
});

test('execContainer() runs beside the main process, with its environment and as whom it says', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sleep', '60'], {env: ['COLOUR=blue'], hostname: 'here'});
	await startContainer(engine, id);
	const first = await gather(await execContainer(engine, id, {command: ['sh', '-c', 'echo $COLOUR $SIZE; hostname; pwd; exit 7'], env: ['SIZE=xl'], workdir: '/tmp'}));
	t.deepEqual(first, {exitCode: 7, stdout: 'blue xl\nhere\n/tmp\n', stderr: ''});
	const second = await gather(await execContainer(engine, id, {command: ['id'], user: 'app'}));
	t.is(second.stdout, 'uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)\n');
	const missing = await t.throwsAsync(execContainer(engine, id, {command: ['no-such-command']}));
	t.regex(missing?.message ?? '', /executable file not found in \$PATH/);
	t.like(missing, {code: 'command.not-found'});
});

test('execContainer() passes input on and ends with it', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sleep', '60']);
	await startContainer(engine, id);
	const attachment = await execContainer(engine, id, {command: ['wc', '-c'], stdin: true});
	const result = gather(attachment);
	await attachment.write(Buffer.alloc(300_000, 'x'));
	attachment.end();
	t.is((await result).stdout.trim(), '300000');
});

for (const [user, expected] of [
	['', 'uid=0(root) gid=0(root) groups=0(root)'],
	['app', 'uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)'],
	['1000', 'uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)'],
	['1000:0', 'uid=1000(app) gid=0(root)'],
	['4242', 'uid=4242 gid=0(root)'],
	['app:extra', 'uid=1000(app) gid=2000(extra)'],
] as const) {
	test(`USER ${JSON.stringify(user)} is ${expected}`, async t => {
		const engine = openStore(t);
		const {stdout} = await run(engine, ['id'], {user});
		t.true(stdout.startsWith(expected), stdout);
	});
}

for (const user of ['nobody-there', '1:', ':0', '-1', '4294967296', '0x0 ', '+1', 'a:b:c', 'root\nx']) {
	test(`USER ${JSON.stringify(user)} is refused, and is never root`, async t => {
		const engine = openStore(t);
		await t.throwsAsync(async () => {
			await startContainer(engine, await create(engine, ['true'], {user}));
		});
	});
}

test('what is missing or cannot be run is told with runc’s words and Docker’s codes', async t => {
	const engine = openStore(t);
	const missing = await t.throwsAsync(async () => startContainer(engine, await create(engine, ['nonsense'], {name: 'missing'})));
	t.regex(missing?.message ?? '', /executable file not found in \$PATH/);
	t.like(missing, {code: 'command.not-found'});
	t.like(findContainer(engine, 'missing'), {status: 'created', exitCode: 127});
	const forbidden = await t.throwsAsync(async () => startContainer(engine, await create(engine, ['/etc/passwd'])));
	t.regex(forbidden?.message ?? '', /permission denied/);
	t.like(forbidden, {code: 'command.not-invokable'});
	// It is as if nothing had been: another start meets the same, and rm works.
	await t.throwsAsync(startContainer(engine, 'missing'));
	await removeContainer(engine, 'missing');
});

test('a container sees its limits, its own namespaces, and nothing of the caller', async t => {
	const engine = openStore(t);
	process.env['CANARY'] = 'secret';
	const {stdout} = await run(
		engine,
		[
			'sh',
			'-c',
			'env; hostname; cat /etc/hostname; echo pid $$; ls /proc/self/fd | wc -l; grep -E "CapEff|Seccomp:" /proc/self/status; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null',
		],
		{
			hostname: 'box',
			env: ['A=1'],
			resources: {memory: 64 * 1024 * 1024, pidsLimit: 33, nanoCpus: 5e8},
		},
	);
	delete process.env['CANARY'];
	t.notRegex(stdout, /CANARY/);
	t.regex(stdout, /^HOSTNAME=box$/m);
	t.regex(stdout, /^A=1$/m);
	t.regex(stdout, /^PATH=\/usr\/local\/bin:\/bin$/m);
	t.regex(stdout, /^HOME=\/root$/m);
	t.regex(stdout, /^box\nbox\npid 1$/m);
	t.regex(stdout, /CapEff:\t00000000a80425fb/);
	t.regex(stdout, /Seccomp:\t2/);
	t.regex(stdout, /^33$/m);
});

test('the writable layer lasts from start to start, and goes with the container', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'echo again >> /data/from-image; cat /data/from-image']);
	await startContainer(engine, id);
	await waitContainer(engine, id);
	await startContainer(engine, id);
	await waitContainer(engine, id);
	t.is(await logText(engine, id), 'image\nagain\nimage\nagain\nagain\n');
	await removeContainer(engine, id);
	t.is((await run(engine, ['cat', '/data/from-image'])).stdout, 'image\n');
});

test('volumes and binds: what is written is there afterwards; a new volume takes over the image’s content', async t => {
	const engine = openStore(t);
	const mount = {type: 'volume', source: 'kept', target: '/data', readOnly: false, options: []} as const;
	await run(engine, ['sh', '-c', 'echo mine > /data/mine'], {mounts: [mount]});
	const second = await run(engine, ['sh', '-c', 'cat /data/mine /data/from-image'], {mounts: [{...mount, readOnly: true}]});
	t.is(second.stdout, 'mine\nimage\n');
	const third = await run(engine, ['touch', '/data/x'], {mounts: [{...mount, readOnly: true}]});
	t.is(third.exitCode, 1);
	t.regex(third.stderr, /Read-only file system/);
});

test('createContainer() refuses a name in use in Docker’s words', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['true'], {name: 'web'});
	const error = await t.throwsAsync(create(engine, ['true'], {name: 'web'}));
	t.is(error?.message, `Conflict. The container name "/web" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`);
	t.is(listContainers(engine, {all: true}).length, 1);
});

for (const [what, spec, message] of [
	['an unknown image', {image: 'nothing:here'}, /No such image: nothing:here/],
	['a bad name', {name: '-x'}, /Invalid container name \(-x\)/],
	['too little memory', {resources: {memory: 1024}}, /Minimum memory limit allowed is 6MB/],
	['a hostname with a newline', {hostname: 'a\nb'}, /invalid hostname format/],
	['a variable without a name', {env: ['=x']}, /invalid environment variable: =x/],
	['a control character in a variable’s name', {env: ['A\nB=1']}, /control characters/],
	['a workdir that is a descriptor', {workdir: '/proc/self/fd/7'}, /is not allowed/],
	['a relative workdir', {workdir: 'x'}, /needs to be an absolute path/],
	['a sysctl of the host', {sysctls: {'kernel.core_pattern': 'x'}}, /is not allowed/],
	['a sysctl with a trick in it', {sysctls: {'kernel.shm_rmid_forced': '1\nkernel.core_pattern=x'}}, /is not allowed/],
	['an unknown capability', {capAdd: ['FLY']}, /invalid CapAdd: unknown capability: "CAP_FLY"/],
	['an unknown log driver', {logDriver: 'paper'}, /error looking up logging plugin paper: plugin "paper" not found/],
	['an unknown network', {network: 'nowhere'}, /network nowhere not found/],
	['an unknown signal', {stopSignal: 'SIGNOPE'}, /Invalid signal: SIGNOPE/],
	['the root as a mount’s target', {mounts: [{type: 'bind', source: '/tmp', target: '/', readOnly: false, options: []}]}, /destination can't be '\/'/],
	['more CPUs than there are', {resources: {nanoCpus: 1e15}}, /range of CPUs is from 0.01 to/],
	['--rm with a restart policy', {autoRemove: true, restart: {name: 'always', maximumRetryCount: 0}}, /can't create 'AutoRemove' container with restart policy/],
] as ReadonlyArray<[string, Partial<Parameters<typeof createContainer>[1]>, RegExp]>) {
	test(`createContainer() refuses ${what}, and leaves nothing behind`, async t => {
		const engine = openStore(t);
		const error = await t.throwsAsync(create(engine, ['true'], spec));
		t.regex(error?.message ?? '', message);
		t.deepEqual(listContainers(engine, {all: true}), []);
	});
}

test('findContainer() takes ids, names and unique beginnings, and says when there are several', async t => {
	const engine = openStore(t);
	const ids = await Promise.all(Array.from({length: 20}, () => create(engine, ['true'])));
	const [first = ''] = ids;
	t.is(findContainer(engine, first).id, first);
	t.is(findContainer(engine, first.slice(0, 16)).id, first);
	const digits = Map.groupBy(ids, id => id[0] ?? '');
	const [shared = ''] = [...digits].find(([, list]) => list.length > 1) ?? [];
	t.is(t.throws(() => findContainer(engine, shared)).message, `Multiple IDs found with provided prefix: ${shared}`);
	t.is(t.throws(() => findContainer(engine, 'nobody')).message, 'No such container: nobody');
	const names = listContainers(engine, {all: true}).map(({name}) => name);
	t.is(new Set(names).size, 20);
	t.regex(names[0] ?? '', /^[a-z]+_[a-z]+\d*$/);
});

test('a container that has written nothing is removed without the helper; one that has needs it', async t => {
	const engine = openStore(t);
	const lame: Engine = {...engine, db: engine.db, settings: engine.settings, storageDriver: engine.storageDriver, native: {...engine.native, layer: '/bin/false'}};
	const {id: clean} = await run(engine, ['true']);
	await removeContainer(lame, clean);
	t.false(existsSync(`${engine.root}/containers/${clean}`));
	const {id: written} = await run(engine, ['sh', '-c', 'echo x > /file']);
	await t.throwsAsync(removeContainer(lame, written), {message: /^cannot remove /});
	t.true(existsSync(`${engine.root}/trash`));
	await pruneContainers(engine);
	t.deepEqual(readdirSync(`${engine.root}/trash`), []);
});

test('prune takes what a killed create has left, at once, and nothing that is being made', async t => {
	const engine = openStore(t);
	const [left, made, killed] = ['a', 'b', 'c'].map(letter => letter.repeat(64));
	for (const id of [left, made, killed]) mkdirSync(`${engine.root}/containers/${id}/upper`, {recursive: true});
	mkdirSync(`${engine.state}/making/${process.pid}-${made}`, {recursive: true});
	// No process has this number: it is past the kernel's largest.
	mkdirSync(`${engine.state}/making/4194305-${killed}`);
	await pruneContainers(engine);
	t.deepEqual(readdirSync(`${engine.root}/containers`), [made]);
	rmSync(`${engine.state}/making/${process.pid}-${made}`, {recursive: true});
	await pruneContainers(engine);
	t.deepEqual(readdirSync(`${engine.root}/containers`), []);
	await create(engine, ['true']);
	t.deepEqual(readdirSync(`${engine.state}/making`), []);
});

test('removeContainer() refuses a running container unless forced', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sleep', '60'], {name: 'web'});
	await startContainer(engine, id);
	const error = await t.throwsAsync(removeContainer(engine, 'web'));
	t.is(error?.message, 'cannot remove container "web": container is running: stop the container before removing or force remove');
	await removeContainer(engine, 'web', {force: true});
	t.deepEqual(listContainers(engine, {all: true}), []);
});

test('renameContainer() gives a new name, once', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['true'], {name: 'old'});
	await create(engine, ['true'], {name: 'taken'});
	await renameContainer(engine, 'old', 'new');
	t.is(findContainer(engine, 'new').id, id);
	await t.throwsAsync(renameContainer(engine, 'new', 'taken'), {message: /Conflict/});
	await t.throwsAsync(renameContainer(engine, 'new', 'b/d'), {message: /Invalid container name/});
});

test('listContainers() filters by Docker’s keys', async t => {
	const engine = openStore(t);
	await create(engine, ['true'], {name: 'one', labels: {tier: 'front'}});
	await create(engine, ['true'], {name: 'two', labels: {tier: 'back'}});
	const names = (filters: Record<string, string[]>) => listContainers(engine, {all: true, filters: new Map(Object.entries(filters))}).map(({name}) => name);
	t.deepEqual(names({name: ['on']}), ['one']);
	t.deepEqual(names({label: ['tier=back']}), ['two']);
	t.deepEqual(names({label: ['tier']}), ['two', 'one']);
	t.deepEqual(names({status: ['running']}), []);
	t.deepEqual(names({status: ['created'], name: ['two']}), ['two']);
	t.deepEqual(names({ancestor: ['busybox']}), ['two', 'one']);
	t.deepEqual(names({since: ['one']}), ['two']);
	t.throws(() => names({colour: ['red']}), {message: "invalid filter 'colour'"});
});

test('readLogs() follows across rotations, to the end, and loses no line', async t => {
	const engine = openStore(t);
	const count = 20_000;
	const id = await create(engine, ['sh', '-c', `seq 1 ${count}`], {logOptions: {'max-size': '100k', 'max-file': '50'}});
	const attachment = await startContainer(engine, id, {attach: {input: false}});
	attachment?.onOutput(() => {});
	const lines = (await logText(engine, id, {follow: true})).trim().split('\n');
	t.is(lines.length, count);
	t.is(lines.at(-1), String(count));
	t.deepEqual((await logText(engine, id, {tail: 3})).trim().split('\n'), ['19998', '19999', '20000']);
	t.is((await logText(engine, id, {tail: 15_000})).trim().split('\n')[0], '5001');
	t.is(await logText(engine, id, {tail: 0}), '');
	t.is(await logText(engine, id, {until: new Date(0)}), '');
	t.is((await logText(engine, id, {since: new Date(0)})).trim().split('\n').length, count);
});

test('openStats(), topContainer() and inspectContainer() tell of a running container', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'while :; do :; done'], {name: 'busy', resources: {memory: 32 * 1024 * 1024, pidsLimit: 9}});
	await startContainer(engine, id);
	const stats = openStats(engine, id);
	t.teardown(() => stats.close());
	const first = stats.read();
	t.like(first, {memoryLimit: 32 * 1024 * 1024, pidsLimit: 9, pids: 1});
	await until('its CPU time grows', () => (stats.read()?.cpuMicros ?? 0) > (first?.cpuMicros ?? 0) + 20_000);
	const {Titles, Processes} = await topContainer(engine, 'busy');
	t.deepEqual(Titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
	t.deepEqual(
		Processes.map(fields => fields.at(-1)),
		['sh -c while :; do :; done'],
	);
	t.like(inspectContainer(engine, 'busy'), {Name: '/busy', Path: 'sh', Config: {Image: 'busybox'}, HostConfig: {Memory: 32 * 1024 * 1024}});
	await killContainer(engine, id);
	await waitContainer(engine, id);
	t.is(stats.read(), undefined);
});

test('the events of a life come in order', async t => {
	const engine = openStore(t);
	const events = watchEvents(engine, {filters: new Map([['type', ['container']]])});
	const {id} = await run(engine, ['true'], {name: 'short'});
	await removeContainer(engine, id);
	const seen: string[] = [];
	for await (const batch of events) {
		seen.push(...batch.map(({Action}) => Action));
		if (seen.includes('destroy')) break;
	}
	t.deepEqual(
		seen.filter(action => action !== 'attach'),
		['create', 'start', 'die', 'destroy'],
	);
});

test('pruneContainers() removes what does not run', async t => {
	const engine = openStore(t);
	const done = await create(engine, ['true']);
	const busy = await create(engine, ['sleep', '60']);
	await startContainer(engine, busy);
	t.deepEqual((await pruneContainers(engine)).deleted, [done]);
	t.deepEqual(
		listContainers(engine, {all: true}).map(({id}) => id),
		[busy],
	);
});

test('a container with restart policy comes back, until it is stopped', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'echo run; sleep 0.1'], {restart: {name: 'always', maximumRetryCount: 0}});
	await startContainer(engine, id);
	await until('it came back', () => findContainer(engine, id).restartCount > 1);
	await stopContainer(engine, id);
	t.is(findContainer(engine, id).status, 'exited');
	t.true((await logText(engine, id)).split('run').length > 2);
});

test('network none has but a loopback; the default bridge gives an address', async t => {
	const engine = openStore(t);
	t.notRegex((await run(engine, ['ip', 'addr'])).stdout, /eth0/);
	const id = await create(engine, ['sleep', '60'], {network: 'bridge'});
	await startContainer(engine, id);
	const ip = Object.values(findContainer(engine, id).networks)[0]?.ip ?? '';
	t.regex(ip, /^\d+\.\d+\.\d+\.\d+$/);
	const result = await gather(await execContainer(engine, id, {command: ['sh', '-c', 'ip addr show eth0; cat /etc/hosts']}));
	t.regex(result.stdout, new RegExp(`inet ${ip}/`));
	t.regex(result.stdout, new RegExp(`^${ip}\t${id.slice(0, 12)}$`, 'm'));
});

test('what a container writes to the disk is counted as its own', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'dd if=/dev/zero of=/written bs=1M count=4 oflag=direct 2>/dev/null && echo done; sleep 1000']);
	await startContainer(engine, id);
	await until('the write to be over', async () => (await logText(engine, id)).includes('done'));
	const reader = openStats(engine, id);
	await until('4 MiB to be counted', () => (reader.read()?.writeBytes ?? 0) >= 4 * 2 ** 20);
	reader.close();
	t.pass();
});
