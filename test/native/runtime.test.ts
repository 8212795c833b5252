import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, rmdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test from 'ava';
import {call, isGone, mountCount, openWorld, silently, unified, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

test('create, start, state, kill, delete: a container goes through its life and leaves nothing', async t => {
	const box = world.box(['sleep', '100']);
	const mounts = mountCount();
	box.up();
	const {status, pid} = box.state();
	t.is(status, 'running');
	t.is(readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), 'sleep');
	t.is(mountCount(), mounts, 'the host has no mount of it');
	t.regex(box.verb('delete').err, /is running: stop it first/);
	t.is(box.verb('kill', [], ['KILL']).code, 0);
	await until('the end', () => box.state().status === 'stopped');
	t.is(box.verb('delete').code, 0);
	t.true(isGone(world, box));
});

test('create leaves the program waiting; start lets it go, once', t => {
	const box = world.box(['sleep', '100']);
	t.is(call(['--root', world.root, 'state', box.id]).code, 1);
	box.verb('state');
	t.is(silently(['--root', world.root, 'create', '--bundle', box.bundle, '--pid-file', `${box.bundle}/pid`, box.id]), 0);
	t.is(box.state().status, 'created');
	t.is(Number(readFileSync(`${box.bundle}/pid`, 'utf8')), box.state().pid);
	t.is(box.verb('start').code, 0);
	t.regex(box.verb('start').err, /is running, and only a created one can be started/);
	t.regex(box.verb('create').err, /exists already/);
	t.is(box.verb('delete', ['--force']).code, 0);
	t.true(isGone(world, box));
});

const exits: Array<[string, string[], number]> = [
	['true', ['true'], 0],
	['false', ['false'], 1],
	['a code', ['sh', '-c', 'exit 42'], 42],
	['a signal', ['sh', '-c', 'kill -9 $$'], 0],
];
for (const [title, args, code] of exits)
	test(`run gives the exit code of the program: ${title}`, t => {
		const box = world.box(args);
		const {code: got, err} = box.run();
		// The first process of a pid namespace is not ended by its own signal.
		t.is(got, code, err);
		t.true(isGone(world, box));
	});

const missing: Array<[string, string[], number, RegExp]> = [
	['not in $PATH', ['nothere'], 127, /exec: "nothere": executable file not found in \$PATH/],
	['no such path', ['/no/such'], 127, /stat \/no\/such: no such file or directory/],
	['not executable', ['/etc/passwd'], 126, /permission denied/],
	['a folder', ['/tmp'], 126, /is a directory: permission denied/],
	['no interpreter', ['/script'], 127, /no such file or directory/],
];
for (const [title, args, code, words] of missing)
	test(`a program that cannot be run is told in runc's words: ${title}`, t => {
		const box = world.box(args, (_config, {rootfs}) => writeFileSync(`${rootfs}/script`, '#!/nowhere\n', {mode: 0o755}));
		const {code: got, err} = box.run();
		t.regex(err, words);
		t.is(got, code);
		t.is(err.trim().split('\n').length, 1, 'one line');
		t.true(isGone(world, box));
	});

test('a container has namespaces, host name, cgroup and processes of its own', t => {
	const box = world.box([
		'sh',
		'-c',
		'for n in mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$n; done; hostname; cat /proc/self/cgroup; echo $$; ls /proc | grep -c "^[0-9]"; cat /sys/class/net/lo/operstate',
	]);
	const {out, err} = box.run();
	const lines = out.trim().split('\n');
	for (const [i, name] of ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'].entries()) t.not(lines[i], readlinkSync(`/proc/self/ns/${name}`));
	t.is(lines[6], 'box', err);
	t.true(
		lines.filter(line => /^\d+:/.test(line)).every(line => line.endsWith(':/') || line.startsWith('0::/')),
		out,
	);
	t.true(lines.includes('1'));
});

test('exec runs one more process in it, with its exit code, folder, environment and user', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	t.is(box.exec('sh', '-c', 'exit 7').code, 7);
	t.is(box.exec('hostname').out, 'box\n');
	t.is(
		box
			.exec('sh', '-c', 'readlink /proc/self/ns/pid; readlink /proc/1/ns/pid')
			.out.trim()
			.split('\n')
			.filter((line, i, all) => line === all[0]).length,
		2,
	);
	t.is(box.verb('exec', ['--cwd', '/tmp', '--env', 'A=b c', '--user', '1000:1001'], ['sh', '-c', 'pwd; echo $A; id -u; id -g']).out, '/tmp\nb c\n1000\n1001\n');
	t.is(box.exec('ls', '/proc/self/fd').out, '0\n1\n2\n3\n', 'descriptor 3 is the listing itself');
	const gone = box.exec('nothere');
	t.is(gone.code, 127);
	t.regex(gone.err, /executable file not found in \$PATH/);
	t.is(box.exec('sh', '-c', 'kill -TERM $$').code, 143);
	t.regex(box.exec('cat', '/proc/self/status').out, /Seccomp:\t2/);
	t.deepEqual(box.exec('cat', '/proc/self/cgroup').out.match(/[^\n]*:\/\.\.[^\n]*/g), null, 'in the cgroups of the container');
	t.is(box.verb('delete', ['--force']).code, 0);
});

test('exec --process reads the process, its user and groups by name', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const file = `${box.bundle}/process.json`;
	writeFileSync(
		file,
		JSON.stringify({
			args: ['sh', '-c', 'id -u; id -g; id -G; echo $HOME'],
			cwd: '/',
			env: box.config.process.env,
			annotations: {'io.hawser.user': 'app', 'io.hawser.groups': '77'},
		}),
	);
	const {out, err} = box.verb('exec', ['--process', file]);
	t.is(out, '1000\n1001\n1001 77 2000\n/home/app\n', err);
	writeFileSync(file, JSON.stringify({args: ['true'], cwd: '/', annotations: {'io.hawser.user': 'nobody-here'}}));
	t.regex(box.verb('exec', ['--process', file]).err, /unable to find user nobody-here: no matching entries in passwd file/);
});

const users: Array<[string, string]> = [
	['', '0 0 0 /root'],
	['1', '1 0 0 /'],
	['app', '1000 1001 1001,2000 /home/app'],
	['app:extra', '1000 2000 2000 /home/app'],
	['1000', '1000 1001 1001,2000 /home/app'],
	['1000:5', '1000 5 5 /home/app'],
	['4294967294', '4294967294 0 0 /'],
	['1:', '1 0 0 /'],
	[':5', '0 5 5 /root'],
	['4294967295', 'error'],
	['4294967296', 'error'],
	['-1', 'error'],
	['+1', 'error'],
	['0x0', 'error'],
	['１', 'error'],
	['absent', 'error'],
	['app:absent', 'error'],
];
for (const [user, expected] of users)
	test(`USER '${user}' gives ${expected}`, t => {
		const box = world.box(['sh', '-c', 'echo $(id -u) $(id -g) $(id -G | sed "s/ /,/g") $HOME'], config => {
			config.process.args = ['sh', '-c', 'set -- $(id -G); echo $(id -u) $(id -g) $(IFS=,; echo "$*") $HOME'];
			config.annotations = {...config.annotations, 'io.hawser.user': user};
		});
		const {out, err, code} = box.run();
		if (expected === 'error') {
			t.is(out, '');
			t.is(code, 1);
			t.regex(err, /unable to find|out of range/);
		} else t.is(out.trim(), expected, err);
	});

test('limits are in the files of the cgroup, and update changes them', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	t.is(box.limit('memory.limit_in_bytes', 'memory.max'), '268435456');
	t.is(box.limit('pids.max', 'pids.max'), '100');
	t.is(box.limit('cpu.cfs_quota_us', 'cpu.max'), unified ? '50000 100000' : '50000');
	t.is(box.verb('update', ['--memory', '512m', '--memory-swap', '512m', '--pids-limit', '50']).code, 0);
	t.is(box.limit('memory.limit_in_bytes', 'memory.max'), '536870912');
	t.is(box.limit('pids.max', 'pids.max'), '50');
	t.is(box.verb('update', ['--resources', '-'], [], '{"cpu":{"quota":25000,"period":100000}}').code, 0);
	t.is(box.limit('cpu.cfs_quota_us', 'cpu.max'), unified ? '25000 100000' : '25000');
	t.regex(box.verb('update', ['--resources', '-'], [], '{"cpu":{"quota":"x"}}').err, /linux\.resources\.cpu\.quota must be a whole number/);
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

// Two starts at once: one has made the common parent, and has not filled it when the other makes its own below.
test('a cpuset that another start has made and not filled yet is filled', t => {
	if (unified) return t.pass('v2 has no such state');
	const parent = `/hawser-test-runtime-${process.pid}`;
	const folder = `/sys/fs/cgroup/cpuset${parent}`;
	mkdirSync(folder);
	t.teardown(() => rmdirSync(folder));
	const box = world.box(['true'], config => (config.linux.cgroupsPath = `${parent}/box`));
	t.deepEqual(box.run(), {code: 0, out: '', err: ''});
	t.is(readFileSync(`${folder}/cpuset.cpus`, 'latin1'), readFileSync('/sys/fs/cgroup/cpuset/cpuset.cpus', 'latin1'));
	t.true(isGone(world, box));
});

test('pause freezes and resume thaws; a frozen container can be deleted', async t => {
	const box = world.box(['sleep', '100']);
	box.up();
	t.is(box.verb('pause').code, 0);
	t.is(box.state().status, 'paused');
	t.regex(box.exec('true').err, /is paused/);
	t.is(box.verb('resume').code, 0);
	t.is(box.state().status, 'running');
	t.is(box.verb('pause').code, 0);
	t.is(box.verb('delete', ['--force']).code, 0);
	t.true(isGone(world, box));
});

test('list and ps tell what is there', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const {pid} = box.state();
	t.deepEqual(JSON.parse(box.verb('ps', ['--format', 'json']).out), [pid]);
	t.true(world.call('list', '--quiet').out.split('\n').includes(box.id));
	t.is((JSON.parse(world.call('list', '--format', 'json').out) as Array<{id: string; status: string}>).find(({id}) => id === box.id)?.status, 'running');
	box.verb('delete', ['--force']);
});

test('an overlay of layers is mounted inside only: what is written goes to the upper folder', t => {
	const folder = mkdtempSync(`${tmpdir()}/hawser-runtime-overlay-`);
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	for (const name of ['upper', 'work', 'top']) mkdirSync(`${folder}/${name}`);
	writeFileSync(`${folder}/top/layered`, 'from the top');
	const box = world.box(['sh', '-c', 'cat /layered; echo changed > /layered; rm /etc/group; echo new > /new; cat /proc/mounts | head -1'], (config, {rootfs}) => {
		mkdirSync(`${folder}/empty`);
		config.root.path = `${folder}/empty`;
		config.annotations = {
			...config.annotations,
			'io.hawser.rootfs.lower': `${folder}/top:${rootfs}`,
			'io.hawser.rootfs.upper': `${folder}/upper`,
			'io.hawser.rootfs.work': `${folder}/work`,
		};
	});
	const mounts = mountCount();
	const {out, err, code} = box.run();
	t.is(code, 0, err);
	t.regex(out, /^from the top.* overlay /s);
	t.regex(out, /nodev/);
	t.is(readFileSync(`${folder}/top/layered`, 'utf8'), 'from the top');
	t.true(existsSync(`${box.rootfs}/etc/group`));
	t.is(readFileSync(`${folder}/upper/layered`, 'utf8'), 'changed\n');
	t.true(existsSync(`${folder}/upper/new`));
	t.deepEqual(readdirSync(`${folder}/empty`), []);
	t.is(mountCount(), mounts);
});

test('an overlay of 127 layers is mounted', t => {
	const folder = mkdtempSync(`${tmpdir()}/hawser-runtime-layers-`);
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	const layers = Array.from({length: 126}, (_, i) => `${folder}/${'x'.repeat(60)}${i}`);
	for (const [i, layer] of layers.entries()) {
		mkdirSync(layer);
		writeFileSync(`${layer}/f${i}`, '');
	}
	for (const name of ['upper', 'work', 'empty']) mkdirSync(`${folder}/${name}`);
	const box = world.box(['sh', '-c', 'ls / | grep -c "^f"'], (config, {rootfs}) => {
		config.root.path = `${folder}/empty`;
		config.annotations = {'io.hawser.rootfs.lower': [...layers, rootfs].join(':'), 'io.hawser.rootfs.upper': `${folder}/upper`, 'io.hawser.rootfs.work': `${folder}/work`};
	});
	const {out, err} = box.run();
	t.is(out, '126\n', err);
});

test('a new volume takes over what the image has in its place', t => {
	const box = world.box(['sh', '-c', 'ls /data; cat /data/in/x; stat -c %u:%g:%a /data/in; stat -c %F /data/link'], (config, {rootfs, bundle}) => {
		mkdirSync(`${bundle}/volume`);
		mkdirSync(`${rootfs}/data/in`, {recursive: true, mode: 0o750});
		writeFileSync(`${rootfs}/data/in/x`, 'image\n');
		config.mounts.push({destination: '/data', type: 'bind', source: `${bundle}/volume`, options: ['rbind', 'rprivate']});
		config.annotations = {...config.annotations, 'io.hawser.copyup': '["/data"]'};
	});
	const {out, err} = box.run();
	t.regex(out, /^in\nimage\n0:0:750\n/, err);
	t.is(readFileSync(`${box.bundle}/volume/in/x`, 'utf8'), 'image\n');
});
