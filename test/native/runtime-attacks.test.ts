/** Hostile images, configurations and processes. Each attack has a twin: the honest thing beside it still works. */
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {compileProbe} from '../helpers/probe.ts';
import {spawn} from '../helpers/spawn-pty.ts';
import {beside, type Box, capabilities, type Config, isGone, mountCount, openWorld, runtime, silently, unified} from './runtime-world.ts';

const world = openWorld();
const probe = compileProbe(world.directory);
const canary = `${world.directory}/canary`;
mkdirSync(canary);
test.after.always(() => world.close());

/** With /dev/null of the host as stdin, whose owner a runtime may wish to change. */
function silentlyRun(box: Box): {code: number | null; err: string} {
	box.verb('state');
	const {status, stderr} = spawnSync(runtime, ['--root', world.root, 'run', '--bundle', box.bundle, box.id], {
		encoding: 'utf8',
		stdio: ['ignore', 'ignore', 'pipe'],
		timeout: 30_000,
	});
	return {code: status, err: stderr};
}

const hostCorePattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
const untouched = (): boolean => readdirSync(canary).length === 0 && readFileSync('/proc/sys/kernel/core_pattern', 'utf8') === hostCorePattern;

for (let fd = 3; fd <= 12; fd++)
	test(`A2: a working folder of /proc/self/fd/${fd} is refused, in run and in exec`, t => {
		const box = world.box(['ls', '.'], config => void (config.process.cwd = `/proc/self/fd/${fd}`));
		const {code, err, out} = box.run();
		t.is(code, 1);
		t.is(out, '');
		t.regex(err, /process\.cwd/);
		t.true(isGone(world, box));
	});

test('A2: exec --cwd into a descriptor is refused; twins: a link to a folder, and a missing one that run makes', t => {
	const box = world.box(['sh', '-c', 'pwd; sleep 100'], (config, {rootfs}) => {
		symlinkSync('/tmp', `${rootfs}/place`);
		config.process.cwd = '/place/new/folder';
	});
	box.up();
	for (const path of ['/proc/self/fd/7', '/proc/self/fd/7/../../..', '/proc/1/root', '/proc/self/cwd'])
		t.regex(box.verb('exec', ['--cwd', path], ['pwd']).err, /process\.cwd/, path);
	t.is(box.verb('exec', ['--cwd', '/place'], ['pwd']).out, '/tmp\n');
	t.true(existsSync(`${box.rootfs}/tmp/new/folder`));
	t.is(box.exec('ls', '/proc/1/fd').out, '0\n1\n2\n', 'no descriptor but the three');
	box.verb('delete', ['--force']);
});

test('A3: a created container that waits holds nothing of the host', t => {
	const box = world.box(['sleep', '100']);
	box.verb('state');
	t.is(silently(['--root', world.root, 'create', '--bundle', box.bundle, box.id]), 0);
	const {pid} = box.state();
	const held = readdirSync(`/proc/${pid}/fd`)
		.filter(fd => Number(fd) > 2)
		.map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));
	t.deepEqual(
		held.filter(path => path !== '/' && !path.startsWith(`${world.root}/${box.id}/start`)),
		[],
	);
	box.verb('delete', ['--force']);
});

test('A4: an image whose /dev/null is a link cannot turn a mask into a mount of its choice', t => {
	const box = world.box(
		['sh', '-c', 'cat /proc/kcore | wc -c; stat -c %F /dev/null; ls -A /proc/acpi /sys/firmware 2>/dev/null | wc -l; echo "|x" > /proc/sys/kernel/core_pattern'],
		(_config, {rootfs}) => {
			rmSync(`${rootfs}/dev`, {recursive: true});
			mkdirSync(`${rootfs}/dev`);
			symlinkSync('/proc/sys/kernel/core_pattern', `${rootfs}/dev/null`);
		},
	);
	const {out, err} = box.run();
	t.regex(out, /^0\ncharacter special file\n/, err);
	t.regex(err, /Read-only file system|Permission denied/);
	t.true(untouched());
});

test('A5: with a terminal, links at /dev/console and /dev/pts lead nowhere; twin: the terminal works', async t => {
	const box = world.box(['sh', '-c', 'stat -c %F /dev/console; tty; test -t 0 && echo terminal; stty size'], (config, {rootfs}) => {
		config.process['terminal'] = true;
		config.process['consoleSize'] = {height: 31, width: 97};
		symlinkSync('/proc/sysrq-trigger', `${rootfs}/dev/console`);
		symlinkSync(canary, `${rootfs}/dev/pts`);
	});
	box.verb('state');
	const {output, code} = await spawn(runtime, ['--root', world.root, 'run', '--bundle', box.bundle, box.id]);
	t.regex(output, /character special file\r\n\/dev\/pts\/0\r\nterminal\r\n/);
	t.is(code, 0);
	t.true(untouched());
	t.true(isGone(world, box));
});

for (const target of ['CANARY', '../../../canary', '/tmp'])
	test(`A7: a /dev that is a link to ${target} is refused, and nothing is made there`, t => {
		const box = world.box(['true'], (_config, {rootfs}) => {
			rmdirSync(`${rootfs}/dev`);
			symlinkSync(target === 'CANARY' ? canary : target, `${rootfs}/dev`);
		});
		const {code, err} = box.run();
		t.is(code, 1);
		t.regex(err, /\/dev of the root file system must be a folder, not a link/);
		t.deepEqual(readdirSync(`${box.rootfs}/tmp`), []);
		t.true(untouched());
		t.true(isGone(world, box));
	});

for (const mapped of ['no user namespace', 'a user namespace of its own', "a user namespace where all ids are the host's"] as const)
	test(`A7: crun gave the host's /dev/null to the container's user: its owner and mode stay, with ${mapped}, with and without a link at /dev`, t => {
		const owner = (): string => execFileSync('stat', ['-c', '%u:%g:%a:%t', '/dev/null', '/dev/zero'], {encoding: 'utf8'});
		const before = owner();
		const change = (config: Config): void => {
			config.process['user'] = {uid: 4242, gid: 4242};
			if (mapped === 'no user namespace') return;
			const [hostID, size] = mapped.includes('own') ? [100_000, 65_536] : [0, 4_294_967_295];
			config.linux.namespaces.push({type: 'user'});
			config.linux['uidMappings'] = config.linux['gidMappings'] = [{containerID: 0, hostID, size}];
		};
		const box = world.box(['sh', '-c', 'echo x > /dev/null; stat -c %a /dev/null'], change);
		chmodSync(world.directory, 0o755);
		const {code, err} = silentlyRun(box);
		t.is(code, 0, err);
		t.is(owner(), before);
		const linked = world.box(['true'], (config, {rootfs}) => {
			change(config);
			rmdirSync(`${rootfs}/dev`);
			symlinkSync('/dev', `${rootfs}/dev`);
		});
		t.is(silentlyRun(linked).code, 1);
		t.is(owner(), before);
	});

test('A7 twin: an image without /dev, /proc and /sys runs', t => {
	const box = world.box(['sh', '-c', 'echo ok > /dev/null; ls /dev'], (_config, {rootfs}) => {
		for (const name of ['dev', 'proc', 'sys']) rmdirSync(`${rootfs}/${name}`);
	});
	const {code, out, err} = box.run();
	t.is(code, 0, err);
	t.regex(out, /full\n.*null\n.*ptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n$/s);
});

const proc: Array<[string, string, boolean]> = [
	['/proc', 'a volume', false],
	['/proc/sys', 'a part of it', false],
	['/proc/self/attr', 'labels', false],
	['/p/sys', 'by a link', false],
	['/sys', 'a volume', false],
	['//proc/.', 'spelled otherwise', false],
	['/proc/cpuinfo', 'a file that lxcfs gives', true],
	['/sys/fs/other', 'below /sys', false],
];
for (const [target, what, allowed] of proc)
	test(`A9: a mount on ${target} (${what}) is ${allowed ? 'allowed' : 'refused'}`, t => {
		const box = world.box(['sh', '-c', 'cat /proc/cpuinfo; grep Seccomp: /proc/self/status'], (config, {rootfs, bundle}) => {
			symlinkSync('/proc', `${rootfs}/p`);
			writeFileSync(`${bundle}/file`, 'given\n');
			mkdirSync(`${bundle}/volume`);
			config.mounts.push({destination: target, type: 'bind', source: `${bundle}/${allowed ? 'file' : 'volume'}`, options: ['rbind']});
		});
		const {code, out, err} = box.run();
		t.is(code === 0, allowed, err);
		if (allowed) t.is(out, 'given\nSeccomp:\t2\n');
		t.true(isGone(world, box));
	});

test('A8: a place that is swapped for a link while mounts are put on it never leads outside', t => {
	const volume = `${world.directory}/shared-volume`;
	mkdirSync(`${volume}/d`, {recursive: true});
	const stop = beside('sh', '-c', `cd ${volume} && ln -s ${canary} l && while :; do mv -T d x; mv -T l d; mv -T d l; mv -T x d; done`);
	const before = mountCount();
	const outcomes = Array.from({length: 60}, () => {
		const box = world.box(['cat', '/v/d/f'], (config, {bundle}) => {
			writeFileSync(`${bundle}/f`, 'f\n');
			config.mounts.push({destination: '/v', type: 'bind', source: volume, options: ['rbind']}, {destination: '/v/d/f', type: 'bind', source: `${bundle}/f`, options: ['bind']});
		});
		const {code} = box.run();
		t.true(isGone(world, box));
		return code;
	});
	stop();
	t.true(outcomes.includes(0), 'now and then it works');
	t.is(mountCount(), before);
	t.true(untouched());
});

test('A9: a /proc that is a link is refused', t => {
	const box = world.box(['true'], (_config, {rootfs}) => {
		rmdirSync(`${rootfs}/proc`);
		symlinkSync('/tmp', `${rootfs}/proc`);
	});
	t.regex(box.run().err, /\/proc of the root file system must be a folder/);
});

test('A10: places of mounts and the working folder are made inside, through links too', t => {
	const box = world.box(['sh', '-c', 'cat /w/f; cat /up/g; pwd'], (config, {rootfs, bundle}) => {
		symlinkSync(canary, `${rootfs}/w`);
		symlinkSync('../../../../..', `${rootfs}/up`);
		writeFileSync(`${bundle}/f`, 'f\n');
		config.process.cwd = '/w/new';
		config.mounts.push(
			{destination: '/w/f', type: 'bind', source: `${bundle}/f`, options: ['bind', 'ro']},
			{destination: '/up/g', type: 'bind', source: `${bundle}/f`, options: ['bind', 'ro']},
		);
	});
	const {out, code, err} = box.run();
	t.is(code, 0, err);
	t.is(out, `f\nf\n${canary}/new\n`);
	t.true(existsSync(`${box.rootfs}${canary}/f`));
	t.true(existsSync(`${box.rootfs}/g`));
	t.true(untouched());
});

test('A10 twin: /var/run that is a link to /run, which is not there, takes a mount', t => {
	const box = world.box(['cat', '/run/x/f'], (config, {rootfs, bundle}) => {
		mkdirSync(`${rootfs}/var`);
		symlinkSync('/run', `${rootfs}/var/run`);
		writeFileSync(`${bundle}/f`, 'f\n');
		config.mounts.push({destination: '/var/run/x/f', type: 'bind', source: `${bundle}/f`, options: ['bind']});
	});
	t.is(box.run().out, 'f\n');
});

test('A13: capabilities are those that are named, and none is inheritable or ambient', t => {
	const names = ['CAP_CHOWN', 'CAP_KILL'];
	const box = world.box(['sh', '-c', 'grep ^Cap /proc/self/status'], config => void (config.process['capabilities'] = {bounding: names, effective: names, permitted: names}));
	const wanted = 'CapInh:\t0000000000000000\nCapPrm:\t0000000000000021\nCapEff:\t0000000000000021\nCapBnd:\t0000000000000021\nCapAmb:\t0000000000000000\n';
	t.is(box.run().out, wanted);
});

test('A13: no capabilities named means none; a user gets none in effect, twin: ambient ones when asked', t => {
	const none = world.box(['grep', '^CapBnd\\|^CapEff', '/proc/self/status'], config => void delete config.process['capabilities']);
	t.is(none.run().out, 'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n');
	const user = world.box(['grep', '^CapEff', '/proc/self/status'], config => {
		config.process['user'] = {uid: 1000, gid: 1000};
		config.process['capabilities'] = {bounding: capabilities};
	});
	t.is(user.run().out, 'CapEff:\t0000000000000000\n');
	const ambient = world.box(['grep', '^CapEff', '/proc/self/status'], config => {
		const names = ['CAP_NET_BIND_SERVICE'];
		config.process['user'] = {uid: 1000, gid: 1000};
		config.process['capabilities'] = {bounding: names, effective: names, permitted: names, inheritable: names, ambient: names};
	});
	t.is(ambient.run().out, 'CapEff:\t0000000000000400\n');
});

test('A19 control: the names that an image may not decide by do decide where the caller gives them', t => {
	const box = world.box(['id', '-u'], config => void (config.annotations = {...config.annotations, 'io.hawser.user': 'app'}));
	t.is(box.run().out, '1000\n');
});

const sysctls: Array<[string, boolean, string?]> = [
	['net.ipv4.ip_forward', true],
	['kernel.shmmax', true],
	['kernel.core_pattern', false],
	['kernel.shm_rmid_forced=1+kernel.core_pattern', false],
	['kernel/../kernel/core_pattern', false],
	['net.ipv4/../../kernel/core_pattern', false],
	['vm.swappiness', false],
	['fs.mqueue.msg_max', true],
	['net.ipv4.ip_forward', false, 'network'],
	['kernel.shmmax', false, 'ipc'],
];
for (const [key, allowed, without] of sysctls)
	test(`A18: sysctl ${key} is ${allowed ? 'set' : 'refused'}${without ? ` without a namespace (${without})` : ''}`, t => {
		const box = world.box(['true'], config => {
			config.linux['sysctl'] = {[key]: '1'};
			config.linux.namespaces = config.linux.namespaces.filter(({type}) => type !== without);
			// Without an own network there is no sysfs to mount beside it; the mounts do not matter here.
		});
		const {code, err} = box.run();
		t.is(code === 0, allowed, err);
		if (!allowed) t.regex(err, /sysctl\.\S+ (is not a key|would change the host)/);
		t.true(untouched());
	});

test("A23: a key in the caller's session is not in the container's, in run and in exec, though nothing refuses to look", t => {
	const box = world.box(['sh', '-c', '/bin/probe find; sleep 100'], (config, {rootfs}) => {
		copyFileSync(probe, `${rootfs}/bin/probe`);
		delete config.linux['seccomp'];
	});
	box.verb('state');
	const keeping = (...words: string[]): string => execFileSync(probe, ['keep', runtime, '--root', world.root, ...words], {encoding: 'utf8', timeout: 30_000});
	t.is(execFileSync(probe, ['keep', probe, 'find'], {encoding: 'utf8'}), 'key\n', 'the caller finds it');
	const once = world.box(['/bin/probe', 'find'], (config, {rootfs}) => {
		copyFileSync(probe, `${rootfs}/bin/probe`);
		delete config.linux['seccomp'];
	});
	once.verb('state');
	t.is(keeping('run', '--bundle', once.bundle, once.id), 'no key\n');
	box.up();
	t.is(keeping('exec', box.id, '/bin/probe', 'find'), 'no key\n');
	box.verb('delete', ['--force']);
});

test("A24: what a program types into its terminal, or into the one that it was given, is not in the caller's queue; control: chroot on the same terminal", async t => {
	const box = world.box(['/bin/probe', 'type'], (_config, {rootfs}) => copyFileSync(probe, `${rootfs}/bin/probe`));
	const own = world.box(['/bin/probe', 'type'], (config, {rootfs}) => {
		copyFileSync(probe, `${rootfs}/bin/probe`);
		config.process['terminal'] = true;
	});
	for (const each of [box, own]) each.verb('state');
	const queueAfter = async (command: string): Promise<string | undefined> => {
		const {output} = await spawn('bash', ['-c', `${command}; IFS= read -r -t 0.3 line; echo "queue=[$line]"`]);
		return /queue=\[(.*)\]/.exec(output)?.[1];
	};
	t.is(await queueAfter(`chroot ${box.rootfs} /bin/probe type`), 'eecchhoo  ttyyppeedd');
	for (const {bundle, id} of [box, own]) t.is(await queueAfter(`${runtime} --root ${world.root} run --bundle ${bundle} ${id}`), '');
});

test("A24: the caller's terminal is out of reach, and the container's own is its controlling one", async t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const {output} = await spawn(runtime, [
		'--root',
		world.root,
		'exec',
		'--tty',
		box.id,
		'sh',
		'-c',
		'tty; for n in 0 1 2; do readlink /proc/self/fd/$n; done; exec 3<>/dev/tty && echo own',
	]);
	t.regex(output, /^(\/dev\/pts\/0\r\n){4}own\r\n$/);
	const plain = await spawn(runtime, ['--root', world.root, 'exec', box.id, 'sh', '-c', 'exec 3<>/dev/tty']);
	t.regex(plain.output, /\/dev\/tty: No such device/);
	box.verb('delete', ['--force']);
});

test('A26: devices that were not given cannot be opened, even where a node can be made', t => {
	const try_ =
		'for d in "b 254 0" "c 1 1" "c 10 200" "b 8 0"; do rm -f /tmp/n; mknod /tmp/n $d 2>/dev/null || { echo no node; continue; }; head -c 1 /tmp/n >/dev/null 2>&1 && echo OPEN || echo shut; done; head -c 1 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c';
	const without = world.box(['sh', '-c', try_]);
	t.is(without.run().out, 'no node\nno node\nno node\nno node\n1\n4\n');
	const withIt = world.box(['sh', '-c', try_], config => {
		const names = [...capabilities, 'CAP_MKNOD'];
		config.process['capabilities'] = {bounding: names, effective: names, permitted: names};
		(config.linux.resources['devices'] as unknown[]).splice(1, 0, {allow: true, type: 'c', access: 'm'}, {allow: true, type: 'b', access: 'm'});
	});
	t.is(withIt.run().out, 'shut\nshut\nshut\nshut\n1\n4\n');
});

test('A26 twin: a device that is given can be opened', t => {
	const box = world.box(['sh', '-c', 'head -c 3 /dev/given/zero | wc -c; stat -c %a:%u /dev/given/zero'], config => {
		config.linux['devices'] = [{path: '/dev/given/zero', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 7, gid: 8}];
	});
	t.is(box.run().out, '3\n640:7\n');
});

test('A28: masked paths are empty, read-only paths cannot be written', t => {
	const box = world.box([
		'sh',
		'-c',
		'for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do head -c 1 $f 2>/dev/null | wc -c; done; find /sys/firmware /proc/acpi /proc/scsi /sys/devices/virtual/powercap -mindepth 1 2>/dev/null | wc -l; echo 1 > /proc/sys/kernel/panic; touch /sys/x; mount -t tmpfs x /tmp',
	]);
	const {out, err} = box.run();
	t.is(out, '0\n0\n0\n0\n0\n');
	t.is(err.match(/Read-only file system|Permission denied|Operation not permitted|not permitted/gi)?.length, 3, err);
});

test('A29: a volume that is read-only recursively is so in a mount of the host below it too; twin: with ro alone that one is written', t => {
	const volume = `${world.directory}/with-mount`;
	mkdirSync(`${volume}/sub`, {recursive: true});
	execFileSync('mount', ['-t', 'tmpfs', 'none', `${volume}/sub`]);
	try {
		const outcome = (option: string) =>
			world
				.box(
					['sh', '-c', 'touch /d/x; touch /d/sub/x && echo wrote'],
					config => void config.mounts.push({destination: '/d', type: 'bind', source: volume, options: ['rbind', option]}),
				)
				.run();
		t.is(outcome('rro').err.match(/Read-only file system/g)?.length, 2);
		t.is(outcome('ro').out, 'wrote\n');
	} finally {
		execFileSync('umount', [`${volume}/sub`]);
	}
});

test("A29: rro makes a volume read-only all the way down; nothing reaches the host's mounts", t => {
	const box = world.box(['sh', '-c', 'touch /d/a /d/sub/b; touch /e/sub/c && echo wrote'], (config, {bundle}) => {
		mkdirSync(`${bundle}/volume/sub`, {recursive: true});
		config.mounts.push(
			{destination: '/d', type: 'bind', source: `${bundle}/volume`, options: ['rbind', 'rro']},
			{destination: '/e', type: 'bind', source: `${bundle}/volume`, options: ['rbind']},
		);
	});
	const before = mountCount();
	const {out, err} = box.run();
	t.is(out, 'wrote\n');
	t.is(err.match(/Read-only file system/g)?.length, 2, err);
	t.is(mountCount(), before);
});

test('the program file of the runtime cannot be written through a process of ours', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const {out} = box.exec(
		'sh',
		'-c',
		'printf "#!/proc/self/exe\\n" > /self; chmod +x /self; for p in /proc/[0-9]*; do (echo x >> $p/exe) 2>/dev/null && echo WROTE $p; done; echo done',
	);
	t.is(out, 'done\n');
	const before = readFileSync(runtime).length;
	box.exec('/self');
	t.is(readFileSync(runtime).length, before);
	box.verb('delete', ['--force']);
});

test('a read-only root is read-only, and its mounts are not', t => {
	const box = world.box(['sh', '-c', 'touch /x; touch /dev/shm/y && echo shm'], config => void (config.root.readonly = true));
	const {out, err} = box.run();
	t.is(out, 'shm\n');
	t.regex(err, /\/x: Read-only file system/);
});

test('seccomp is in force: refused calls fail, newer ones say ENOSYS; the compiled filter is kept, and only ours is read', t => {
	const box = world.box(['sh', '-c', 'grep ^Seccomp: /proc/self/status; umount /proc']);
	const {out, err} = box.run();
	t.is(out, 'Seccomp:\t2\n');
	t.regex(err, /not permitted/);
	const kept = readdirSync(world.directory).filter(name => name.startsWith('seccomp-'));
	t.is(kept.length, 1);
	writeFileSync(`${world.directory}/${kept[0]}`, 'HWSECC1\0junk');
	t.is(box.run().out, 'Seccomp:\t2\n', 'junk is passed over');
});

test('without a word about a cache the compiled filter is kept under the root, unless others could write there', t => {
	const box = world.box(['grep', '^Seccomp:', '/proc/self/status'], config => void delete config.annotations);
	const root = `${world.directory}/other-root`;
	mkdirSync(`${root}/.cache`, {recursive: true, mode: 0o700});
	chmodSync(`${root}/.cache`, 0o777);
	const run = () => {
		box.verb('state');
		return world.call('--root', root, 'run', '--bundle', box.bundle, box.id).out;
	};
	t.is(run(), 'Seccomp:\t2\n');
	t.deepEqual(readdirSync(`${root}/.cache`), []);
	chmodSync(`${root}/.cache`, 0o700);
	for (let i = 0; i < 70; i++) writeFileSync(`${root}/.cache/seccomp-${i}`, '');
	t.is(run(), 'Seccomp:\t2\n');
	t.true(readdirSync(`${root}/.cache`).length <= 64, 'a bound on what is kept');
	t.is(run(), 'Seccomp:\t2\n', 'by the kept one');
});

const malformed: Array<[string, (text: string) => string, RegExp]> = [
	['not JSON', () => '{', /config\.json: line 1/],
	['junk after it', text => `${text} x`, /config\.json: line 1/],
	['a list', () => '[]', /must be an object/],
	['a NUL', text => text.replace('"box"', '"b\\u0000x"'), /config\.json: line 1/],
	['a key twice', text => text.replace('{', '{"root":{},'), /config\.json: line 1.*duplicate/],
	['empty', () => '', /config\.json/],
	['no version', text => text.replace('ociVersion', 'other'), /ociVersion is missing/],
	['another version', text => text.replace('1.2.0', '2.0.0'), /ociVersion is not a 1\.x version/],
	['args a word', text => text.replace('"args":["true"]', '"args":"true"'), /process\.args must be a list/],
	['args with a number', text => text.replace('"args":["true"]', '"args":["true",1]'), /process\.args must be a list of strings/],
	['no args', text => text.replace('"args":["true"]', '"args":[]'), /process\.args is missing/],
	['args null', text => text.replace('"args":["true"]', '"args":null'), /process\.args is missing/],
	['uid a word', text => text.replace('"uid":0', '"uid":"0"'), /process\.user\.uid must be a whole number/],
	['uid too large', text => text.replace('"uid":0', '"uid":4294967295'), /process\.user\.uid is out of range/],
	['uid below 0', text => text.replace('"uid":0', '"uid":-1'), /process\.user\.uid is out of range/],
	['a folder that is not absolute', text => text.replace('"cwd":"/"', '"cwd":"tmp"'), /process\.cwd must be absolute/],
	['an unknown capability', text => text.replace('CAP_KILL', 'CAP_FLY'), /capability, CAP_FLY/],
	['an unknown namespace', text => text.replace('"type":"uts"', '"type":"moon"'), /namespaces\[3\]\.type is not a known namespace/],
	['a namespace twice', text => text.replace('"type":"uts"', '"type":"pid"'), /is given twice/],
	['a namespace that is none', text => text.replace('"type":"uts"', '"type":"uts","path":"/dev/null"'), /\/dev\/null is not a uts namespace/],
	['a mount without a target', text => text.replace('"destination":"/proc"', '"other":"/proc"'), /mounts\[0\]\.destination is missing/],
	['an unknown file system', text => text.replace('"type":"mqueue"', '"type":"nofs"'), /mount \/dev\/mqueue: file system nofs/],
	['an unknown option', text => text.replace('mode=755', 'mood=755'), /mount \/dev: option mood=755 of tmpfs/],
	['a missing source', text => text.replace('"type":"mqueue","source":"mqueue"', '"type":"bind","source":"/no/such"'), /open the source \/no\/such of mount \/dev\/mqueue/],
	['no root folder', text => text.replace('"path":"rootfs"', '"path":"nowhere"'), /root\.path .*nowhere/],
	['a cgroup path with ..', text => text.replace('/hawser-test-runtime/', '/hawser-test-runtime/../../x/'), /cgroupsPath must not hold/],
	['a limit of a wrong type', text => text.replace('"limit":268435456', '"limit":"256m"'), /linux\.resources\.memory\.limit must be a whole number/],
	['a limit that the kernel refuses', text => text.replace('"quota":50000', '"quota":1'), /cpu\.(cfs_quota_us|max)/],
	['an unknown action', text => text.replace('"defaultAction":"SCMP_ACT_ERRNO"', '"defaultAction":"SCMP_ACT_FUN"'), /seccomp\.defaultAction is not a known action/],
	['an annotation that is no text', text => text.replace('"annotations":{', '"annotations":{"x":1,'), /annotations\.x must be a string/],
	['a hook that is not absolute', text => text.replace('"hostname"', '"hooks":{"prestart":[{"path":"x"}]},"hostname"'), /hooks\.prestart\[0\]\.path must be absolute/],
	['a hook that is missing', text => text.replace('"hostname"', '"hooks":{"createRuntime":[{"path":"/no/such"}]},"hostname"'), /createRuntime hook failed .*\/no\/such/],
	['an AppArmor profile that is not there', text => text.replace('"terminal"', '"apparmorProfile":"no-such-profile","terminal"'), /no-such-profile/],
];
for (const [title, change, words] of malformed)
	test(`a configuration with ${title} is one line of error, and nothing is left`, t => {
		const box = world.box(['true']);
		box.verb('state');
		const text = readFileSync(`${box.bundle}/config.json`, 'utf8');
		const changed = change(text);
		t.not(changed, text, 'the case changes something');
		writeFileSync(`${box.bundle}/config.json`, changed);
		const before = mountCount();
		const {code, err} = world.call('create', '--bundle', box.bundle, box.id);
		t.is(code, 1);
		t.regex(err, words);
		t.is(err.trim().split('\n').length, 1);
		t.is(mountCount(), before);
		t.true(isGone(world, box));
		t.is(existsSync(`/sys/fs/cgroup/${unified ? '' : 'memory/'}hawser-test-runtime/${box.id}`), false);
	});

for (const id of ['', '.', '..', '../x', 'a/b', 'a b', '-', 'é', 'x'.repeat(256)])
	test(`the id '${id.slice(0, 8)}' (${id.length}) is refused`, t => {
		const {code, err} = world.call('create', '--bundle', world.directory, '--', id);
		t.is(code, 1);
		t.is(err.trim().split('\n').length, 1);
		t.deepEqual(readdirSync(world.directory).includes('x'), false);
	});
