import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {closeSync, existsSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {type Box, type Config, type Outcome, openWorld, runtime, unified, until} from './runtime-world.ts';
import {hierarchies, isAlive, type Manner, Systemd, sliceFolder} from './systemd-peer.ts';

const world = openWorld();
const slice = `hawsertest-${process.pid}.slice`;
const peers: Systemd[] = [];
test.after.always(() => {
	for (const peer of peers) peer.close();
	world.close();
});

/** A container with a systemd of its own, and verbs that leave this process free to be it. */
function open(manner: Manner, change?: (config: Config) => void) {
	const box = world.box(['sleep', '100'], config => {
		config.linux.cgroupsPath = '';
		change?.(config);
	});
	const path = `${world.directory}/${box.id}.bus`;
	const peer = new Systemd(path);
	peers.push(peer);
	peer.manner = manner;
	const env = {PATH: process.env['PATH'] ?? '', ASAN_OPTIONS: 'detect_leaks=0', DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${path},guid=12`};
	const verb = (name: string, ...rest: string[]): Promise<Outcome> => invoke(env, ['--root', world.root, '--systemd-cgroup', name, ...rest]);
	const create = (): Promise<Outcome> => {
		writeFileSync(`${box.bundle}/config.json`, JSON.stringify(box.config));
		return verb('create', '--bundle', box.bundle, box.id);
	};
	return {box, peer, verb, create, members: () => peer.calls.map(call => call.member)};
}

/** Output goes to a file: a created container keeps what its creator gave it, and a pipe would have no end. */
async function invoke(env: Record<string, string>, args: string[]): Promise<Outcome> {
	const files = ['out', 'err'].map(name => `${world.directory}/${randomUUID()}.${name}`);
	const [out, err] = files.map(path => openSync(path, 'w')) as [number, number];
	const child = spawn(runtime, args, {env, stdio: ['ignore', out, err]});
	closeSync(out);
	closeSync(err);
	const [code] = (await once(child, 'exit')) as [number | null];
	const [output, errors] = files.map(path => readFileSync(path, 'utf8')) as [string, string];
	return {code, out: output, err: errors};
}

const scoped = (box: Box, config: Config): void => void (config.linux.cgroupsPath = `${slice}:docker:${box.id}`);
const folders = (box: Box): string[] => hierarchies.map(root => `${root}${sliceFolder(slice)}/docker-${box.id}.scope`);

test('a container is a scope of systemd from create to delete, with the limits that systemd knows', async t => {
	const {box, peer, verb, create, members} = open('good');
	scoped(box, box.config);
	box.config.annotations = {...box.config.annotations, 'org.systemd.property.TimeoutStopSec': 'uint64 7', 'org.systemd.property.CollectMode': "'inactive-or-failed'"};
	t.like(await create(), {code: 0, err: ''});
	t.deepEqual(members(), ['Hello', 'AddMatch', 'Subscribe', 'StartTransientUnit']);
	const start = peer.calls.at(-1);
	t.is(start?.args[0], `docker-${box.id}.scope`);
	t.like(start?.properties, {
		Description: `container ${box.id}`,
		Slice: slice,
		Delegate: true,
		DefaultDependencies: false,
		MemoryAccounting: true,
		CPUAccounting: true,
		TasksAccounting: true,
		TasksMax: 100n,
		CPUQuotaPerSecUSec: 500_000n,
		CPUQuotaPeriodUSec: 100_000n,
		TimeoutStopUSec: 7_000_000n,
		CollectMode: 'inactive-or-failed',
		...(unified ? {MemoryMax: 268_435_456n, MemorySwapMax: 0n, CPUWeight: 20n} : {MemoryLimit: 268_435_456n, CPUShares: 512n, DevicePolicy: 'strict'}),
	});
	const {pid} = box.state();
	t.is((await verb('start', box.id)).code, 0);
	for (const folder of folders(box)) t.is(readFileSync(`${folder}/cgroup.procs`, 'utf8'), `${pid}\n`, folder);
	t.false(isAlive(peer.pids[0] as number), 'who held the scope open is gone');
	const limit = folders(box).find(folder => unified || folder.includes('/memory/'));
	t.is(readFileSync(`${limit}/${unified ? 'memory.max' : 'memory.limit_in_bytes'}`, 'utf8').trim(), '268435456');
	t.regex((await verb('exec', box.id, 'cat', '/proc/self/cgroup')).out, unified ? /^0::\/$/m : /:memory:\/$/m);

	t.like(await verb('update', '--memory', '128m', '--memory-swap', '128m', '--cpu-quota', '25000', '--cpuset-cpus', '0', box.id), {code: 0, err: ''});
	t.is(members().at(-1), 'SetUnitProperties');
	t.deepEqual(peer.calls.at(-1)?.args.slice(0, 2), [`docker-${box.id}.scope`, true]);
	t.like(peer.calls.at(-1)?.properties, {CPUQuotaPerSecUSec: 250_000n, CPUQuotaPeriodUSec: 100_000n, [unified ? 'MemoryMax' : 'MemoryLimit']: 134_217_728n});
	if (unified) t.deepEqual(peer.calls.at(-1)?.properties['AllowedCPUs'], Buffer.from([1]));
	t.is(readFileSync(`${limit}/${unified ? 'memory.max' : 'memory.limit_in_bytes'}`, 'utf8').trim(), '134217728');

	t.like(await verb('delete', '--force', box.id), {code: 0, err: ''});
	t.deepEqual(members().slice(-2), ['StopUnit', 'ResetFailedUnit']);
	t.deepEqual(folders(box).filter(existsSync), []);
	t.false(existsSync(`${world.root}/${box.id}`));
});

const failures: Array<[string, Manner, RegExp]> = [
	['gives no answer', 'silent', /gave no answer for \d+ seconds/],
	['refuses', 'refuses', /StartTransientUnit: Unit .* already exists\./],
	['answers what is no D-Bus', 'garbage', /no D-Bus message/],
	['answers without end', 'oversized', /of over \d+ KiB/],
	['cannot start the scope', 'fails', /job for .* ended as 'failed'/],
	['leaves the process where it is', 'leaves', /did not put process \d+ into/],
	['hangs up', 'hangs up', /closed the connection/],
	['lets nobody in', 'rejects', /does not let user 0 in: REJECTED/],
];
for (const [title, manner, words] of failures)
	test(`a systemd that ${title} is told of, and nothing stays`, async t => {
		const {box, peer, create} = open(manner);
		scoped(box, box.config);
		const {code, err} = await create();
		t.is(code, 1);
		t.regex(err, words);
		t.is(err.trim().split('\n').length, 1);
		t.false(existsSync(`${world.root}/${box.id}`));
		t.deepEqual(folders(box).filter(existsSync), []);
		await until('the end of the holder', () => !peer.pids.some(isAlive));
	});

test('a container that fails after its scope was started leaves no process in it', async t => {
	const {box, peer, create, verb} = open('good', config => config.mounts.push({destination: '/x', type: 'bind', source: '/nowhere/at/all', options: ['bind']}));
	scoped(box, box.config);
	t.regex((await create()).err, /nowhere/);
	t.true(peer.calls.some(call => call.member === 'StopUnit'));
	t.false(isAlive(peer.pids[0] as number));
	t.deepEqual(folders(box).filter(existsSync), []);
	t.regex((await verb('state', box.id)).err, /does not exist/);
});

test('a systemd of old is asked again for what it knows', async t => {
	const {box, peer, create, verb} = open('is old');
	scoped(box, box.config);
	t.like(await create(), {code: 0, err: ''});
	t.false('CPUQuotaPeriodUSec' in (peer.calls.at(-1)?.properties ?? {}));
	t.is((await verb('delete', '--force', box.id)).code, 0);
});

test('without linux.cgroupsPath it is a scope of hawser in system.slice', async t => {
	const {box, peer, create} = open('refuses');
	await create();
	t.is(peer.calls.at(-1)?.args[0], `hawser-${box.id}.scope`);
	t.is(peer.calls.at(-1)?.properties['Slice'], 'system.slice');
});

const refused: Array<[string, (config: Config) => void, RegExp]> = [
	['a path of the other manager', config => (config.linux.cgroupsPath = '/docker/x'), /must be slice:prefix:name for systemd, not '\/docker\/x'/],
	['a name with a slash', config => (config.linux.cgroupsPath = 'system.slice:docker:a/b'), /is no name of a unit/],
	['what is no slice', config => (config.linux.cgroupsPath = 'ssh.service:docker:a'), /'ssh\.service' is no name of a slice/],
	['a slice for the container', config => (config.linux.cgroupsPath = 'system.slice:docker:a.slice'), /holds units and no processes/],
	...['ExecStopPost', 'PIDs', 'Slice', 'Delegate', 'OnFailure', 'StandardOutput'].map((name): [string, (config: Config) => void, RegExp] => [
		`an annotation for ${name}`,
		config => (config.annotations = {[`org.systemd.property.${name}`]: "['/bin/sh']"}),
		/annotation org\.systemd\.property\.\w+ is refused/,
	]),
	['an annotation that is no number', config => (config.annotations = {'org.systemd.property.TimeoutStopUSec': "'1'"}), /must be a number/],
];
for (const [title, change, words] of refused)
	test(`systemd is not asked for ${title}`, async t => {
		const {box, create, members} = open('good', change);
		t.regex((await create()).err, words);
		t.deepEqual(members(), []);
		t.false(existsSync(`${world.root}/${box.id}`));
	});

test('where systemd does not run, the error says where it was looked for', async t => {
	const box = world.box(['true']);
	box.config.linux.cgroupsPath = '';
	writeFileSync(`${box.bundle}/config.json`, JSON.stringify(box.config));
	const run = (env: Record<string, string>): Promise<Outcome> => invoke(env, ['--root', world.root, '--cgroup-manager', 'systemd', 'create', '--bundle', box.bundle, box.id]);
	t.regex((await run({DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere/bus'})).err, /connect to \/nowhere\/bus: No such file or directory/);
	t.regex((await run({DBUS_SYSTEM_BUS_ADDRESS: 'tcp:host=1.2.3.4'})).err, /not the address of a socket/);
	if (!existsSync('/run/systemd/private') && !existsSync('/run/dbus/system_bus_socket'))
		t.regex((await run({})).err, /not to be reached at \/run\/systemd\/private .*connect to \/run\/dbus\/system_bus_socket/);
	t.false(existsSync(`${world.root}/${box.id}`));
});
