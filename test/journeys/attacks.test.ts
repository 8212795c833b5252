/** Hostile images and containers against the engine, by the rows of docs/security.md. Each attack fails, and its twin, the honest thing beside it, works. */
import {execFileSync, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {compileProbe} from '../helpers/probe.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
let canary: string;
let shared: string;
test.before(async () => {
	store = await makeStore();
	canary = `${store.folder}/canary`;
	mkdirSync(canary);
	writeFileSync(`${canary}/f`, 'of the host\n');
	shared = `${store.folder}/shared`;
	mkdirSync(shared);
	compileProbe(shared);
});
test.after.always(() => store.close());

const untouched = (): boolean => readdirSync(canary).join() === 'f' && readFileSync(`${canary}/f`, 'utf8') === 'of the host\n';

/** An image whose files a shell script made, with instructions on top; its name. */
async function hostileImage(name: string, script: string, ...changes: string[]): Promise<string> {
	await store.must('run', '--name', `make-${name}`, '--network', 'none', 'busybox', 'sh', '-c', script);
	await store.must('commit', ...changes.flatMap(change => ['--change', change]), `make-${name}`, name);
	await store.must('rm', `make-${name}`);
	return name;
}

const run = (...words: string[]) => store.run('run', '--rm', '--network', 'none', ...words);
const sh = (script: string, ...flags: string[]) => run(...flags, 'busybox', 'sh', '-c', script);

test('A2: an image with a descriptor of the host as WORKDIR is refused, by run and by exec; twin: another folder is made', async t => {
	for (const path of ['/proc/self/fd/7', '/proc/1/root', '/proc/self/cwd']) {
		const image = await hostileImage(`workdir${path.replaceAll('/', '-')}`, 'true', `WORKDIR ${path}`);
		const {code, stdout} = await run(image, 'ls');
		t.not(code, 0, path);
		t.is(stdout, '');
	}
	const image = await hostileImage('workdir-new', 'true', 'WORKDIR /new/folder', 'CMD ["sleep", "100"]');
	await store.must('run', '-d', '--name', 'wd', '--network', 'none', image);
	t.is(await store.must('exec', 'wd', 'pwd'), '/new/folder');
	for (let fd = 3; fd <= 30; fd += 9) t.not((await store.run('exec', '-w', `/proc/self/fd/${fd}`, 'wd', 'ls')).code, 0);
	t.is(await store.must('exec', 'wd', 'sh', '-c', 'ls /proc/1/fd | tr "\\n" " "'), '0 1 2 ');
	await store.must('rm', '-f', 'wd');
});

test('A10, A35: links of the image at places that the engine mounts lead nowhere outside', async t => {
	const image = await hostileImage('links', `rm -f /etc/hosts; ln -s ${canary} /w; ln -s ${canary}/f /etc/hostname2; mkdir -p /x; ln -s ${canary}/new /etc/mtab`);
	const {code, stdout, stderr} = await run('-v', `${canary}/f:/w/f:ro`, '-w', '/w/made', image, 'sh', '-c', 'pwd; cat /w/f; cat /etc/hosts | wc -l');
	t.is(code, 0, stderr);
	t.regex(stdout, new RegExp(`^${canary}/made\nof the host\n`));
	t.true(untouched());
	for (const script of [`ln -s ${canary}/f /etc/resolv.conf.x; mkdir /etc/alternatives; true`]) t.is((await run(await hostileImage('etc', script), 'cat', '/etc/hostname')).code, 0);
});

test('A11: cgroups are read-only, and neither a new hierarchy nor a namespace to mount one in can be had', async t => {
	const {stdout} = await sh(
		'for f in $(find /sys/fs/cgroup -name release_agent -o -name cgroup.procs | head -3); do echo x > $f; done 2>&1 | grep -cv Read-only; mkdir /c; mount -t cgroup -o rdma x /c 2>&1 | tail -n 1; unshare -Ur id 2>&1; unshare -n id 2>&1; unshare -m id 2>&1',
	);
	t.regex(stdout, /^0\n/);
	t.is(stdout.match(/not permitted|permission denied/gi)?.length, 4, stdout);
});

test('A12: a container is in its cgroup from its first moment, whatever is asked for as parent', async t => {
	for (const parent of ['../../x', '/../x', 'a/../../x']) {
		const {code} = await sh('true', '--cgroup-parent', parent);
		t.not(code, 0, parent);
	}
	const {stdout} = await sh('cat /proc/1/cgroup', '--cgroupns', 'host', '-m', '64m');
	for (const line of stdout.trim().split('\n').filter(text => !/^0::\/?$/.test(text))) t.regex(line, /:\/?hawser-[0-9a-f]{8}\/[0-9a-f]{64}$/);
	const eaten = await sh('dd if=/dev/zero of=/dev/shm/x bs=1M count=200', '-m', '32m', '--memory-swap', '32m', '--shm-size', '300m');
	t.is(eaten.code, 137);
});

test('A13: nothing is inheritable or ambient, in run, exec and with more capabilities', async t => {
	const wanted = /CapInh:\t0{16}\n(.*\n)*CapAmb:\t0{16}/;
	t.regex((await sh('grep Cap /proc/self/status', '--cap-add', 'SYS_PTRACE')).stdout, wanted);
	await store.must('run', '-d', '--name', 'caps', '--network', 'none', '--cap-add', 'NET_ADMIN', 'busybox', 'sleep', '100');
	t.regex(await store.must('exec', 'caps', 'grep', 'Cap', '/proc/self/status'), wanted);
	t.regex(await store.must('exec', '--user', '1000', 'caps', 'grep', 'Cap', '/proc/self/status'), /CapEff:\t0{16}/);
	t.regex(await store.must('exec', '--privileged', 'caps', 'grep', 'Cap', '/proc/self/status'), wanted);
	await store.must('rm', '-f', 'caps');
});

for (const [user, expected] of [
	['1', 'uid=1 gid=0'],
	['2147483647', 'uid=2147483647 gid=0'],
	['2147483648', undefined],
	['4294967295', undefined],
	['4294967296', undefined],
	['18446744073709551616', undefined],
	['-1', undefined],
	['0x0', undefined],
	['1:', undefined],
	[':0', undefined],
	['+1', undefined],
	['１', undefined],
	['absent', undefined],
	['app', 'uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)'],
] as const)
	test(`A14, A15: USER ${user} ${expected === undefined ? 'is refused, and never root' : `is ${expected}`}`, async t => {
		const {code, stdout} = await run('--user', user, 'busybox', 'id');
		if (expected === undefined) {
			t.not(code, 0);
			t.is(stdout, '');
		} else t.true(stdout.startsWith(expected), stdout);
	});

test('A14: USER of the image and of exec follow the same table', async t => {
	const image = await hostileImage('user-image', 'true', 'USER 4294967296').catch(() => undefined);
	if (image !== undefined) t.not((await run(image, 'id')).code, 0);
	await store.must('run', '-d', '--name', 'users', '--network', 'none', 'busybox', 'sleep', '100');
	t.regex(await store.must('exec', '-u', '1', 'users', 'id'), /^uid=1 gid=0/);
	for (const user of ['4294967295', '1:', 'absent', '+1']) t.not((await store.run('exec', '-u', user, 'users', 'id')).code, 0, user);
	t.is(await store.must('exec', '-u', 'app', 'users', 'id', '-G'), '1000 2000');
	await store.must('rm', '-f', 'users');
});

test('A16: user files that are links out, pipes, devices, too large or of one line are an error at once; twin: a link inside works', async t => {
	const user = (image: string) => run('--user', 'app', image, 'id', '-u');
	for (const [name, script] of [
		['outside', 'ln -sf ../../../../../../etc/passwd.host /etc/passwd; ln -sf /proc/1/root/etc/passwd /etc/passwd'],
		['fifo', 'rm /etc/passwd; mkfifo /etc/passwd'],
		['device', 'rm /etc/passwd; mknod /etc/passwd c 1 5'],
		['sparse', 'dd if=/dev/zero of=/etc/passwd bs=1 count=1 seek=2M 2>/dev/null'],
		['line', 'yes | tr -d "\\n" | head -c 900000 > /etc/passwd'],
	] as const) {
		const image = await hostileImage(`passwd-${name}`, script);
		const start = performance.now();
		const {code, stdout} = await user(image);
		t.not(code, 0, name);
		t.is(stdout, '');
		t.true(performance.now() - start < 20_000, name);
	}
	t.is((await user(await hostileImage('passwd-link', 'mv /etc/passwd /etc/users; ln -s /etc/users /etc/passwd'))).stdout, '1000\n');
});

test('A17: control characters in what becomes a line of a file are refused', async t => {
	for (const flags of [['--hostname', 'a\nb'], ['--env', 'A\nB=1'], ['--add-host', 'a\nb:1.2.3.4'], ['--dns-search', 'a\nb'], ['--domainname', 'a\nb'], ['--workdir', '/a\nb']]) {
		const {code} = await sh('true', ...flags);
		t.is(code, 125, JSON.stringify(flags));
	}
	const image = await hostileImage('home', 'sed -i "s#^app:.*#app:x:1000:1000:app:/x$(printf \'\\001\')y:/bin/sh#" /etc/passwd');
	t.is((await run('--user', 'app', image, 'sh', '-c', 'echo $HOME')).stdout, '/\n');
});

test('A18: sysctls of the host are refused, also within another', async t => {
	const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
	for (const key of ['kernel.core_pattern=x', 'kernel.shm_rmid_forced=1+kernel.core_pattern=x', 'vm.swappiness=1', 'net/../kernel/core_pattern=x', 'kernel/core_pattern=x']) t.is((await sh('true', '--sysctl', key)).code, 125, key);
	t.is((await store.run('run', '--rm', '--network', 'host', '--sysctl', 'net.ipv4.ip_forward=1', 'busybox', 'true')).code, 125);
	t.is((await sh('cat /proc/sys/net/ipv4/ip_forward', '--sysctl', 'net.ipv4.ip_forward=1')).stdout, '1\n');
	t.is(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), pattern);
});

test('A19: labels of an image decide nothing, whatever they are called', async t => {
	const names = ['io.hawser.rootfs.lower', 'io.hawser.rootfs.upper', 'io.hawser.user', 'io.hawser.cache', 'io.hawser.copyup', 'io.containerd.image.name', 'logger', 'org.systemd.property.ExecStart', 'run.oci.hooks.stdout', 'cdi.k8s.io/x'];
	const image = await hostileImage('labels', 'true', ...names.map(name => `LABEL ${name}=binary:///bin/touch?${canary}/ran`), `CMD ["id", "-u"]`);
	const {code, stdout} = await run(image);
	t.deepEqual({code, stdout}, {code: 0, stdout: '0\n'});
	t.true(untouched());
	t.is((await run('--annotation', 'io.hawser.rootfs.lower=/', 'busybox', 'true')).code, 125);
});

test('A23: a key of the caller is not to be seen, and none can be asked for', async t => {
	const {stdout, stderr} = await sh('cat /proc/keys; wc -c < /proc/keys; keyctl show 2>&1');
	t.regex(stdout, /^0$/m, stderr);
});

test('A24: a program that types into its terminal reaches none of ours', async t => {
	for (const flags of [['-i'], []]) {
		const {stdout} = await run(...flags, '-v', `${shared}:/s:ro`, 'busybox', '/s/probe', 'type');
		t.is(stdout, 'done\n');
	}
	const screen = store.pty(['run', '--rm', '-it', '--network', 'none', '-v', `${shared}:/s:ro`, 'busybox', '/s/probe', 'type']);
	t.is((await screen.exit).exitCode, 0);
	const hardened = await store.runWith({env: {HAWSER_HARDENED: '1'}}, 'run', '--rm', '--network', 'none', '-v', `${shared}:/s:ro`, '-t', 'busybox', '/s/probe', 'type');
	t.regex(hardened.stdout, /^done\r?\n$/);
});

test('A25: no abstract socket, and those that there are lie where only root can go', async t => {
	await store.must('run', '-d', '--name', 'sockets', '--network', 'host', 'busybox', 'sleep', '100');
	const id = await store.must('inspect', '--format', '{{.Id}}', 'sockets');
	t.notRegex(await store.must('exec', 'sockets', 'cat', '/proc/net/unix'), /@.*hawser/);
	const abstract = createServer().listen('\0hawser-control');
	await once(abstract, 'listening');
	t.regex(await store.must('exec', 'sockets', 'cat', '/proc/net/unix'), /@hawser-control/, 'the control: one would be seen');
	abstract.close();
	t.is(statSync(`${store.state}/containers/${id}`).mode & 0o777, 0o700);
	const asUser = `${store.state}/containers/${id}/monitor.sock`;
	t.throws(() => execFileSync('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'stat', asUser], {stdio: 'pipe'}), {message: /Permission denied/});
	await store.must('rm', '-f', 'sockets');
});

test('A28: what tells of the host is empty, and the list is the union of what Docker and Podman hide', async t => {
	const hidden = ['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/sched_debug', '/proc/scsi', '/proc/timer_list', '/proc/timer_stats', '/sys/devices/virtual/powercap', '/sys/firmware'];
	const {stdout} = await sh(`for p in ${hidden.join(' ')}; do [ -e $p ] || continue; [ -d $p ] && find $p -mindepth 1 || head -c 1 $p; done | wc -c`);
	t.is(stdout, '0\n');
	const listed = JSON.parse(await store.must('inspect', '--format', '{{json .HostConfig.MaskedPaths}}', await store.must('create', '--name', 'masks', 'busybox', 'true'))) as string[];
	for (const path of hidden) t.true(listed.includes(path), path);
	await store.must('rm', 'masks');
});

test('A31, A39: programs, libraries and variables of the image are never run or read by the host', async t => {
	const trojan = `#!/bin/sh\\ntouch ${canary}/ran /ran\\n`;
	const image = await hostileImage(
		'trojans',
		`mkdir -p /usr/bin /evil /lib/x86_64-linux-gnu; for n in xz unpigz gzip zstd ps git tar mount modprobe iptables nft; do printf '${trojan}' > /usr/bin/$n; cp /usr/bin/$n /evil/; chmod +x /usr/bin/$n /evil/$n; done; for l in files dns compat; do printf x > /lib/x86_64-linux-gnu/libnss_$l.so.2; done; echo /x.so > /etc/ld.so.preload`,
		'ENV LD_PRELOAD=/x.so',
		'ENV PATH=/evil:/bin',
		'ENV NODE_OPTIONS=--require=/x.js',
		'CMD ["/bin/busybox", "sleep", "100"]',
	);
	await store.must('run', '-d', '--name', 'trojan', '--network', 'none', image);
	t.regex(await store.must('top', 'trojan'), /sleep 100/);
	writeFileSync(`${store.folder}/f`, 'f');
	const packed = ['gz', 'bz2', 'xz', 'zst'].map(suffix => `${store.folder}/f.tar.${suffix}`);
	for (const file of packed) spawnSync('tar', ['-C', store.folder, '-caf', file, 'f'], {stdio: 'ignore'});
	await store.must('cp', `${store.folder}/f`, 'trojan:/tmp/f');
	await store.must('cp', 'trojan:/etc/passwd', `${store.folder}/passwd`);
	const hawser = fileURLToPath(new URL('../../dist/hawser', import.meta.url));
	for (const file of packed) spawnSync('sh', ['-c', '"$0" cp - trojan:/tmp < "$1"', hawser, file], {env: {...process.env, ...store.env}, stdio: 'ignore', timeout: 20_000});
	await store.must('exec', '-u', 'app', 'trojan', '/bin/busybox', 'true');
	t.is(await store.must('exec', 'trojan', '/bin/busybox', 'ls', '/tmp'), 'f');
	t.not((await store.run('exec', 'trojan', '/bin/busybox', 'ls', '/ran')).code, 0, 'run in the root of the container');
	await store.must('rm', '-f', 'trojan');
	t.true(untouched());
});

test('A34: VOLUME at a link takes what the image has behind it, not what the host has', async t => {
	const image = await hostileImage('volume', `rm -rf /v; ln -s /etc /v; ln -s ${canary} /u`, 'VOLUME /v', 'VOLUME /u');
	const {stdout, code, stderr} = await run(image, 'sh', '-c', 'cat /v/passwd | head -n 1; ls /u/ | wc -l');
	t.is(code, 0, stderr);
	t.is(stdout, 'root:x:0:0:root:/root:/bin/sh\n0\n');
	t.true(untouched());
});

test("A36: the caller's environment is in no container, log or record", async t => {
	const env = {AWS_SECRET_ACCESS_KEY: 'canary-secret', HTTP_PROXY: 'canary-proxy'};
	const {stdout} = await store.runWith({env}, 'run', '--name', 'env', '--network', 'none', 'busybox', 'env');
	t.notRegex(stdout, /canary-/);
	await store.runWith({env}, 'start', 'env');
	for (const words of [['logs', 'env'], ['inspect', 'env']]) t.notRegex((await store.runWith({env}, ...words)).stdout, /canary-(secret|proxy)/);
	await store.must('rm', '-f', 'env');
});

test('A37: the store is closed to other users, and closed again when it was opened', async t => {
	const look = (): string => execFileSync('setpriv', ['--reuid', '1000', '--regid', '1000', '--clear-groups', 'sh', '-c', `ls ${store.root} 2>&1 || true`], {encoding: 'utf8'});
	chmodSync(store.folder, 0o711);
	t.regex(look(), /Permission denied/);
	chmodSync(store.root, 0o755);
	await store.must('ps');
	t.is(statSync(store.root).mode & 0o777, 0o700);
	t.regex(look(), /Permission denied/);
});

test('A38: a fork bomb and full tmpfs stay within their container, and others are stopped meanwhile', async t => {
	await store.must('run', '-d', '--name', 'bomb', '--network', 'none', '--pids-limit', '64', '-m', '64m', 'busybox', 'sh', '-c', 'b() { b | b & }; (dd if=/dev/zero of=/dev/shm/fill bs=1M &) ; while :; do b; sleep 1; done');
	await store.must('run', '-d', '--name', 'calm', '--network', 'none', 'busybox', 'sleep', '1000');
	t.regex(await store.must('ps'), /calm/);
	await store.must('stop', '-t', '0', 'calm');
	await store.must('rm', '-f', 'bomb', 'calm');
	t.notRegex(await store.must('ps', '-a', '--format', '{{.Names}}'), /^(bomb|calm)$/m);
});

test('A26: with MKNOD a node of the host can be made and not opened; twin: what was given can', async t => {
	const {stdout} = await sh('for d in "b 254 0" "c 1 1" "c 10 200"; do rm -f /n; mknod /n $d && { head -c 1 /n >/dev/null 2>&1 && echo OPEN || echo shut; }; done; head -c 1 /dev/zero | wc -c');
	t.is(stdout, 'shut\nshut\nshut\n1\n');
	t.is((await sh('head -c 3 /dev/mine | wc -c', '--device', '/dev/zero:/dev/mine')).stdout, '3\n');
});

test('A22: corrupted layers are not the filter’s matter, but no family that broke the page cache can be opened', async t => {
	copyFileSync(`${shared}/probe`, `${shared}/probe2`);
	const {stdout} = await run('-v', `${shared}:/s:ro`, 'busybox', '/s/probe', 'calls');
	for (const family of [38, 40]) t.regex(stdout, new RegExp(`^socket ${family} EPERM$`, 'm'));
	t.false(existsSync(`${canary}/ran`));
	rmSync(`${shared}/probe2`);
});

test.serial('A22: a file of a layer that was changed behind our back is found and named; twin: before that nothing is', async t => {
	const look = () => store.run('check', '--deep');
	t.is((await look()).code, 0, (await look()).stderr);
	const file = execFileSync('find', [`${store.root}`, '-path', '*/etc/group', '-type', 'f'], {encoding: 'utf8'}).trim().split('\n')[0] ?? '';
	const kept = readFileSync(file);
	writeFileSync(file, Buffer.concat([kept.subarray(0, -1), Buffer.from('X')]));
	try {
		const {code, stdout, stderr} = await look();
		t.not(code, 0);
		t.regex(stdout + stderr, /busybox/);
		t.regex(stdout + stderr, /etc\/group/);
	} finally {
		writeFileSync(file, kept);
	}
});

test('A30: nothing restores a container from an archive', async t => {
	for (const verb of ['checkpoint', 'restore']) t.not((await store.run(verb, 'x')).code, 0);
});
