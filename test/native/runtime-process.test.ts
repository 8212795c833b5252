/** What the specification says of a process: where and when it runs, its numbers, its environment, and the hooks around it. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {call, isGone, openWorld, runtime, unified} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

test('numbers up to 2^64-1 are read: limits without an end, arguments of a filter', t => {
	const box = world.box(['sh', '-c', 'ulimit -f; kill -0 1; echo $?'], config => {
		config.process['rlimits'] = [{type: 'RLIMIT_FSIZE', soft: 'BIG', hard: 'BIG'}];
		config.linux['seccomp'] = {
			defaultAction: 'SCMP_ACT_ALLOW',
			syscalls: [{names: ['kill'], action: 'SCMP_ACT_ERRNO', args: [{index: 0, value: 'BIG', op: 'SCMP_CMP_EQ'}]}],
		};
	});
	box.verb('state');
	const file = `${box.bundle}/config.json`;
	writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"BIG"', '18446744073709551615'));
	t.is(call(['--root', world.root, 'run', '--bundle', box.bundle, box.id]).out, 'unlimited\n0\n');
	writeFileSync(file, readFileSync(file, 'utf8').replace('"oomScoreAdj":0', '"oomScoreAdj":18446744073709551615'));
	t.regex(call(['--root', world.root, 'run', '--bundle', box.bundle, box.id]).err, /oomScoreAdj must be a whole number/);
});

test('scheduler, I/O priority and memory policy are those that are named', t => {
	const box = world.box(['cat', '/proc/self/sched', '/proc/self/numa_maps', '/proc/self/stat'], config => {
		config.process['scheduler'] = {policy: 'SCHED_BATCH', nice: 7};
		config.process['ioPriority'] = {class: 'IOPRIO_CLASS_IDLE', priority: 0};
		config.linux['memoryPolicy'] = {mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES']};
	});
	const {out, err} = box.run();
	t.regex(out, /policy +: +3\n/, err);
	t.regex(out, / bind=static:0 /);
	t.regex(out, /\) R (?:-?\d+ ){15}7 /, 'field 19 is nice');
});

const wrong: Array<[string, (config: {process: Record<string, unknown>; linux: Record<string, unknown>}) => void, RegExp]> = [
	['a scheduler without policy', ({process}) => void (process['scheduler'] = {nice: 1}), /scheduler\.policy is missing/],
	['a policy that is not known', ({process}) => void (process['scheduler'] = {policy: 'SCHED_X'}), /SCHED_X, which is not known/],
	['a deadline below the runtime', ({process}) => void (process['scheduler'] = {policy: 'SCHED_DEADLINE', runtime: 5000, deadline: 4000}), /runtime must not be above the deadline/],
	['processors that are no list', ({process}) => void (process['execCPUAffinity'] = {initial: '0-'}), /execCPUAffinity\.initial must be a list/],
	['a memory policy without nodes', ({linux}) => void (linux['memoryPolicy'] = {mode: 'MPOL_BIND'}), /memoryPolicy\.nodes are missing/],
	['offsets without a time namespace', ({linux}) => void (linux['timeOffsets'] = {boottime: {secs: 5}}), /timeOffsets need a new time namespace/],
	['an offset of the wall clock', ({linux}) => void (linux['timeOffsets'] = {realtime: {secs: 5}}), /realtime is not a clock/],
];
for (const [title, change, words] of wrong)
	test(`a configuration with ${title} is refused`, t => {
		const box = world.box(['true'], config => change(config));
		const {code, err} = box.run();
		t.is(code, 1);
		t.regex(err, words);
		t.true(isGone(world, box));
	});

test('a time namespace shifts the clocks that it is told to shift, for exec too', t => {
	const box = world.box(['sleep', '100'], config => {
		config.linux.namespaces.push({type: 'time'});
		config.linux['timeOffsets'] = {monotonic: {secs: 5, nanosecs: 1}, boottime: {secs: 1_000_000_000}};
	});
	box.up();
	t.regex(box.exec('cat', '/proc/self/timens_offsets').out, /monotonic +5 +1\nboottime +1000000000 +0\n/);
	t.true(Number(box.exec('cat', '/proc/uptime').out.split('.')[0]) >= 1_000_000_000);
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

test('HOME comes from the image when nobody set it', t => {
	const home = (uid: number): string => world.box(['sh', '-c', 'echo $HOME'], config => void (config.process['user'] = {uid, gid: 0})).run().out;
	t.is(home(0), '/root\n');
	t.is(home(1000), '/home/app\n');
	t.is(home(4242), '/\n');
});

test('a new network namespace has its loopback up', t => {
	const box = world.box(['ip', '-o', 'link', 'show', 'lo']);
	t.regex(box.run().out, /<LOOPBACK,UP,LOWER_UP>/);
});

test('sockets of systemd are handed on', t => {
	const box = world.box(['sh', '-c', 'echo $LISTEN_FDS $LISTEN_PID; readlink /proc/self/fd/3']);
	box.verb('state');
	const run = (env: Record<string, string>): string =>
		spawnSync(runtime, ['--root', world.root, 'run', '--bundle', box.bundle, box.id], {
			encoding: 'utf8',
			env: {ASAN_OPTIONS: 'detect_leaks=0', ...env},
			stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
		}).stdout;
	t.regex(run({LISTEN_FDS: '1'}), /^1 1\nsocket:/);
	t.is(run({}), '\n');
	t.is(run({LISTEN_FDS: '1', LISTEN_PID: '1'}), '\n', 'meant for another process');
});

test('exec runs on the processors, and in the sub-cgroup, that it is told', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const process = {args: ['grep', 'Cpus_allowed_list', '/proc/self/status'], cwd: '/', env: ['PATH=/bin'], execCPUAffinity: {initial: '0', final: '1'}};
	writeFileSync(`${box.bundle}/p.json`, JSON.stringify(process));
	t.regex(box.verb('exec', ['--process', `${box.bundle}/p.json`]).out, /\t1\n/);
	const folders = box.cgroups().map(path => `${path}/below`);
	for (const folder of folders) mkdirSync(folder);
	const {out, err} = box.verb('exec', ['--cgroup', unified ? 'below' : 'memory:below'], ['cat', '/proc/self/cgroup']);
	t.regex(out, unified ? /0::\/below\n/ : /memory:\/below\n/, err);
	t.regex(box.verb('exec', ['--cgroup', '../x'], ['true']).err, /must not hold/);
	for (const folder of folders) rmdirSync(folder);
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

test('a new user namespace without a mapping has the caller as its root', t => {
	const box = world.box(['cat', '/proc/self/uid_map'], config => {
		config.linux.namespaces.push({type: 'user'});
		config.mounts = config.mounts.filter(({destination}) => destination !== '/dev/pts');
	});
	const {out, err} = box.run();
	t.regex(out, /^ +0 +0 +1\n$/, err);
});

test('hooks see the mounts of the container before the host has left its sight, and say why they fail', t => {
	const box = world.box(['true'], (config, {bundle}) => {
		const hook = (words: string): unknown[] => [{path: '/bin/sh', args: ['sh', '-c', words]}];
		config.hooks = {createContainer: hook('ls rootfs/proc/self/status rootfs/dev/null > seen'), poststop: [...hook('exit 3'), ...hook(`echo stopped >> ${bundle}/seen`)]};
	});
	const {code, err} = box.run();
	t.is(code, 0, err);
	t.is(readFileSync(`${box.bundle}/seen`, 'utf8'), 'rootfs/dev/null\nrootfs/proc/self/status\nstopped\n');
	t.regex(err, /^hawser-runtime: warning: poststop hook failed with exit code 3: \/bin\/sh\n$/);
	const failing = world.box(['true'], config => void (config.hooks = {createContainer: [{path: '/bin/sh', args: ['sh', '-c', 'echo no luck >&2; exit 4']}]}));
	t.regex(failing.run().err, /createContainer hook failed with exit code 4: \/bin\/sh: no luck\n$/);
	t.true(isGone(world, failing));
});

test('a poststart hook that fails takes the container down', t => {
	const box = world.box(['sleep', '100'], config => void (config.hooks = {poststart: [{path: '/bin/false'}]}));
	const {code, err} = box.verb('run', ['--detach']);
	t.is(code, 1);
	t.regex(err, /poststart hook failed/);
	t.true(isGone(world, box));
});

test('flags: one line that names the wrong one; help for each verb; another configuration file', t => {
	t.is(world.call('kill', '--nope', 'x').err, 'hawser-runtime: kill: unknown flag --nope; see kill --help\n');
	t.is(world.call('--log-format', 'xml', 'list').err, "hawser-runtime: --log-format is text or json, not 'xml'\n");
	t.is(world.call('create', '--bundle').err, 'hawser-runtime: create: flag --bundle needs a value\n');
	t.regex(world.call('exec', '--help').out, /^usage: hawser-runtime exec /);
	const box = world.box(['echo', 'default']);
	box.verb('state');
	writeFileSync(`${box.bundle}/other.json`, readFileSync(`${box.bundle}/config.json`, 'utf8').replace('default', 'other'));
	t.is(box.verb('run', ['--config', `${box.bundle}/other.json`]).out, 'other\n');
});

test("spec --rootless writes an ordinary user's configuration", t => {
	const folder = `${world.directory}/rootless`;
	mkdirSync(folder);
	t.is(world.call('spec', '--rootless', '--bundle', folder).code, 0);
	const {linux} = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')) as {linux: {namespaces: Array<{type: string}>; resources?: unknown; uidMappings: unknown[]}};
	t.deepEqual(
		linux.namespaces.map(({type}) => type),
		['pid', 'user', 'ipc', 'uts', 'mount', 'cgroup'],
	);
	t.is(linux.resources, undefined);
	t.is(linux.uidMappings.length, 1);
});
