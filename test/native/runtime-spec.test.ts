/** Parts of the runtime specification beyond what Docker's defaults use. */
import {spawn} from 'node:child_process';
import {chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {beside, type Config, isGone, openWorld, runtime, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

function give(folder: string, id: number): void {
	lchownSync(folder, id, id);
	for (const entry of readdirSync(folder, {withFileTypes: true, recursive: true})) lchownSync(`${entry.parentPath}/${entry.name}`, id, id);
}

test("a user namespace: root inside is nobody outside, devices work, and the host's /dev/null keeps its owner", t => {
	const box = world.box(
		['sh', '-c', 'id -u; cat /proc/self/uid_map | tr -s " "; echo x > /dev/null; head -c 2 /dev/zero | wc -c; touch /made; grep Seccomp: /proc/self/status; sleep 100'],
		(config, {rootfs}) => {
			config.linux.namespaces.push({type: 'user'});
			config.linux['uidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
			config.linux['gidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
			give(rootfs, 100_000);
			chmodSync(world.directory, 0o711);
		},
	);
	const before = statSync('/dev/null');
	box.config.process.args = ['sh', '-c', `${box.config.process.args[2]?.replace('; sleep 100', '')}`];
	const {out, err, code} = box.run();
	t.is(code, 0, err);
	t.is(out, '0\n 0 100000 65536\n2\nSeccomp:\t2\n');
	t.is(statSync(`${box.rootfs}/made`).uid, 100_000);
	t.is(statSync('/dev/null').uid, before.uid);
	t.true(isGone(world, box));
});

test('exec enters a user namespace too', t => {
	const box = world.box(['sleep', '100'], (config, {rootfs}) => {
		config.linux.namespaces.push({type: 'user'});
		config.linux['uidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
		config.linux['gidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
		give(rootfs, 100_000);
	});
	box.up();
	t.is(statSync(`/proc/${box.state().pid}`).uid, 100_000);
	t.is(box.exec('sh', '-c', 'id -u; readlink /proc/self/ns/user; readlink /proc/1/ns/user').out.split('\n')[0], '0');
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

test('namespaces of another container are joined by path', t => {
	const first = world.box(['sleep', '100']);
	first.up();
	const {pid} = first.state();
	const second = world.box(['sh', '-c', 'readlink /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts; ls /proc | grep -c "^1$"; hostname'], config => {
		config.linux.namespaces = [
			{type: 'mount'},
			{type: 'network', path: `/proc/${pid}/ns/net`},
			{type: 'ipc', path: `/proc/${pid}/ns/ipc`},
			{type: 'uts', path: `/proc/${pid}/ns/uts`},
			{type: 'pid', path: `/proc/${pid}/ns/pid`},
		];
		delete config.hostname;
	});
	const inside = first.exec('readlink', '/proc/1/ns/net', '/proc/1/ns/ipc', '/proc/1/ns/uts').out;
	const {out, err} = second.run();
	t.is(out, `${inside}1\nbox\n`, err);
	t.true(isGone(world, second));
	first.verb('delete', ['--force']);
});

test('a mount namespace is joined by path: the container has its own root in it, exec too, and the host has no mount', async t => {
	const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo ready; exec sleep 100'], {stdio: ['ignore', 'pipe', 'ignore']});
	await new Promise(resolve => holder.stdout.once('data', resolve));
	const space = readlinkSync(`/proc/${holder.pid}/ns/mnt`);
	const box = world.box(['sleep', '100'], config => {
		config.linux.namespaces = [{type: 'mount', path: `/proc/${holder.pid}/ns/mnt`}, {type: 'pid'}, {type: 'uts'}, {type: 'ipc'}, {type: 'network'}];
	});
	box.up();
	t.is(readlinkSync(`/proc/${box.state().pid}/ns/mnt`), space);
	const {out, err} = box.exec('sh', '-c', `readlink /proc/self/ns/mnt; ls -d ${box.bundle}; hostname`);
	t.is(out, `${space}\nbox\n`, err);
	t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(box.bundle));
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
	holder.kill('SIGKILL');
});

test('hooks of the host write to the files that annotations name, and a call that seccomp does not know can be an error', t => {
	const box = world.box(['true'], (config, {bundle}) => {
		config.annotations = {...config.annotations, 'run.oci.hooks.stdout': `${bundle}/out`, 'run.oci.hooks.stderr': `${bundle}/err`};
		config.hooks = {createRuntime: [{path: '/bin/sh', args: ['sh', '-c', 'echo said; echo warned >&2']}]};
	});
	t.is(box.run().code, 0);
	t.is(readFileSync(`${box.bundle}/out`, 'utf8'), 'said\n');
	t.is(readFileSync(`${box.bundle}/err`, 'utf8'), 'warned\n');
	const strict = world.box(['true'], config => {
		config.annotations = {...config.annotations, 'run.oci.seccomp_fail_unknown_syscall': '1'};
		config.linux['seccomp'] = {defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{names: ['no_such_call'], action: 'SCMP_ACT_ERRNO'}]};
	});
	t.regex(strict.run().err, /no_such_call is not a system call that is known here/);
});

test('the user namespace of another container is joined, with new namespaces below it', t => {
	const mapped = (config: Config, {rootfs}: {rootfs: string}): void => {
		config.linux.namespaces.push({type: 'user'});
		config.linux['uidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
		config.linux['gidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
		give(rootfs, 100_000);
	};
	const first = world.box(['sleep', '100'], mapped);
	first.up();
	const {pid} = first.state();
	const second = world.box(['sh', '-c', 'readlink /proc/self/ns/user; id -u; hostname; echo $$'], (config, {rootfs}) => {
		config.linux.namespaces.push({type: 'user', path: `/proc/${pid}/ns/user`});
		give(rootfs, 100_000);
	});
	const {out, err} = second.run();
	t.is(out, `${readlinkSync(`/proc/${pid}/ns/user`)}\n0\nbox\n1\n`, err);
	t.true(isGone(world, second));
	first.verb('delete', ['--force']);
});

test('a create that is killed at any moment leaves nothing that delete --force does not take away', async t => {
	const box = world.box(['sleep', '100']);
	box.verb('state');
	for (let delay = 0; delay < 24; delay++) {
		const child = spawn(runtime, ['--root', world.root, 'create', '--bundle', box.bundle, box.id], {stdio: 'ignore'});
		const ended = new Promise(resolve => child.on('exit', resolve));
		await new Promise(resolve => setTimeout(resolve, delay / 2));
		child.kill('SIGKILL');
		await ended;
		const {code, err} = box.verb('delete', ['--force']);
		t.true(code === 0 || /does not exist/.test(err), err);
		t.true(isGone(world, box));
	}
	box.up();
	t.is(box.state().status, 'running');
	box.verb('delete', ['--force']);
});

test("hooks run at their times, with the state on stdin, in order, and without the container's environment", async t => {
	const box = world.box(['sh', '-c', 'echo program >> /log; sleep 100'], (config, {bundle, rootfs}) => {
		writeFileSync(`${bundle}/hook`, `#!/bin/sh\nstate=$(cat)\ncase $state in *'"id": "'*) echo "$1 $(env | grep -c ^EVIL) $(pwd)" >> ${bundle}/log;; esac\n`, {mode: 0o755});
		writeFileSync(`${rootfs}/inside`, '#!/bin/sh\ncat > /dev/null; echo "startContainer" >> /log\n', {mode: 0o755});
		config.process.env.push('EVIL=1');
		const hook = (name: string): unknown[] => [{path: `${bundle}/hook`, args: ['hook', name], env: ['PATH=/bin:/usr/bin']}];
		config.hooks = {
			prestart: hook('prestart'),
			createRuntime: hook('createRuntime'),
			createContainer: hook('createContainer'),
			startContainer: [{path: '/inside', env: ['PATH=/bin']}],
			poststart: hook('poststart'),
			poststop: hook('poststop'),
		};
	});
	box.up();
	await until('the program', () => existsSync(`${box.rootfs}/log`) && readFileSync(`${box.rootfs}/log`, 'utf8').includes('program'));
	t.is(readFileSync(`${box.rootfs}/log`, 'utf8'), 'startContainer\nprogram\n');
	box.verb('delete', ['--force']);
	t.is(readFileSync(`${box.bundle}/log`, 'utf8'), ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'].map(name => `${name} 0 ${box.bundle}\n`).join(''));
	t.true(isGone(world, box));
});

test('a hook that fails stops the creation, and nothing is left', t => {
	const box = world.box(['true'], config => void (config.hooks = {createRuntime: [{path: '/bin/false'}]}));
	const {code, err} = box.run();
	t.is(code, 1);
	t.regex(err, /createRuntime hook failed with exit code 1: \/bin\/false/);
	t.true(isGone(world, box));
});

test('limits of the process, umask, oom score, groups and no_new_privs', t => {
	const box = world.box(
		['sh', '-c', 'ulimit -n; ulimit -c; umask; cat /proc/self/oom_score_adj; id -G; grep NoNewPrivs /proc/self/status; touch /tmp/f; stat -c %a /tmp/f'],
		config => {
			config.process['rlimits'] = [
				{type: 'RLIMIT_NOFILE', soft: 512, hard: 600},
				{type: 'RLIMIT_CORE', soft: 0, hard: 0},
			];
			config.process['user'] = {uid: 0, gid: 5, umask: 0o27, additionalGids: [6, 7]};
			config.process['oomScoreAdj'] = 321;
			config.process['noNewPrivileges'] = true;
		},
	);
	const {out, err} = box.run();
	t.is(out, '512\n0\n0027\n321\n5 6 7\nNoNewPrivs:\t1\n640\n', err);
});

test('tmpfs with options, and one that takes over what the image has', t => {
	const box = world.box(['sh', '-c', 'stat -c %a /t; grep " /t " /proc/mounts; cat /etc/passwd | head -1; touch /etc/new; touch /r/x'], config => {
		config.mounts.push(
			{destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'mode=1770', 'noexec']},
			{destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup']},
			{destination: '/r', type: 'tmpfs', source: 'tmpfs', options: ['ro']},
		);
	});
	const {out, err} = box.run();
	t.regex(out, /^1770\ntmpfs \/t tmpfs rw,noexec,relatime,size=1024k,mode=1770[^\n]*\nroot:x:0:0/);
	t.regex(err, /\/r\/x: Read-only file system/);
	t.false(existsSync(`${box.rootfs}/etc/new`));
});

test('run forwards signals to the program', async t => {
	const box = world.box(['sh', '-c', 'trap "exit 9" TERM; echo up > /up; while :; do sleep 0.01; done']);
	box.verb('state');
	const stop = beside(runtime, '--root', world.root, 'run', '--bundle', box.bundle, box.id);
	t.teardown(stop);
	await until('the program', () => existsSync(`${box.rootfs}/up`));
	t.is(box.verb('kill', [], ['TERM']).code, 0);
	await until('the end', () => isGone(world, box));
	t.pass();
});

test("features and spec tell what there is; spec's configuration runs", t => {
	const features = JSON.parse(world.call('features').out) as {linux: {namespaces: string[]}};
	t.true(features.linux.namespaces.includes('user'));
	t.regex(world.call('--version').out, /^hawser-runtime version \S+\nspec: 1\.3\.0\n/);
	const folder = `${world.directory}/made`;
	mkdirSync(folder);
	t.is(world.call('spec', '--bundle', folder).code, 0);
	const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')) as {process: {terminal: boolean; args: string[]}};
	const box = world.box(['true']);
	box.verb('state');
	config.process.terminal = false;
	config.process.args = ['echo', 'made'];
	writeFileSync(`${box.bundle}/config.json`, JSON.stringify(config));
	t.is(world.call('run', '--bundle', box.bundle, box.id).out, 'made\n');
});

test('of two creates of one id at once, one wins', async t => {
	const box = world.box(['sleep', '100']);
	box.verb('state');
	const codes = await Promise.all(
		Array.from(
			{length: 4},
			() => new Promise<number | null>(resolve => spawn(runtime, ['--root', world.root, 'create', '--bundle', box.bundle, box.id], {stdio: 'ignore'}).on('exit', resolve)),
		),
	);
	t.deepEqual(
		codes.toSorted((a, b) => Number(a) - Number(b)),
		[0, 1, 1, 1],
	);
	t.is(box.state().status, 'created');
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

const names = (JSON.parse(world.call('features').out) as {linux: {capabilities: string[]}}).linux.capabilities;

test('a privileged container has what we have: capabilities, devices, a writable /sys and cgroup', t => {
	const box = world.box(
		['sh', '-c', 'touch /sys/fs/cgroup/x 2>&1 | grep -c Read-only; stat -c %F /dev/null /dev/given; mount -t tmpfs x /tmp && echo mounted; grep CapEff /proc/self/status'],
		config => {
			const all = [...names];
			config.process['capabilities'] = {bounding: all, effective: all, permitted: all};
			config.linux.resources['devices'] = [{allow: true, type: 'a', access: 'rwm'}];
			config.linux['devices'] = [
				{path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666},
				{path: '/dev/given', type: 'c', major: 10, minor: 229},
			];
			config.linux.maskedPaths = [];
			config.linux.readonlyPaths = [];
			delete config.linux['seccomp'];
			for (const mount of config.mounts) mount.options = (mount.options ?? []).filter(option => option !== 'ro');
		},
	);
	const own = /^CapPrm:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
	const {out, err} = box.run();
	t.is(out, `0\ncharacter special file\ncharacter special file\nmounted\nCapEff:\t${own}\n`, err);
});

test("an id-mapped volume: files of root on the host are root's in a user namespace", t => {
	const maps = [{containerID: 0, hostID: 100_000, size: 65_536}];
	const box = world.box(['sh', '-c', 'stat -c %u /v/old /w/old; touch /v/new; touch /w/new'], (config, {rootfs, bundle}) => {
		config.linux.namespaces.push({type: 'user'});
		config.linux['uidMappings'] = maps;
		config.linux['gidMappings'] = maps;
		give(rootfs, 100_000);
		for (const name of ['v', 'w']) {
			mkdirSync(`${bundle}/${name}`);
			writeFileSync(`${bundle}/${name}/old`, '');
		}
		config.mounts.push(
			{destination: '/v', type: 'bind', source: `${bundle}/v`, options: ['rbind', 'idmap']},
			{destination: '/w', type: 'bind', source: `${bundle}/w`, options: ['rbind']},
		);
	});
	const {out, err} = box.run();
	t.is(out, '0\n65534\n', err);
	t.is(statSync(`${box.bundle}/v/new`).uid, 0);
	t.regex(err, /\/w\/new: Permission denied/);
});
