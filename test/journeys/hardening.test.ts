/** User ids of a container's own, what --security-opt says, and the setting that makes all containers stricter. */
import {chmodSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always(() => store.close());

const sh =
	(...flags: string[]) =>
	async (script: string) =>
		store.must('run', '--rm', '--network', 'none', ...flags, 'busybox', 'sh', '-c', script);
const hostId = (map: string): number => Number(map.trim().split(/\s+/)[1]);

test('--userns auto: root of the container is nobody of the host, each container is somebody else, and the image stays as it is', async t => {
	await store.must('run', '-d', '--name', 'one', '--userns', 'auto', 'busybox', 'sleep', '100');
	await store.must('run', '-d', '--name', 'two', '--userns', 'auto', 'busybox', 'sleep', '100');
	const first: number[] = [];
	for (const name of ['one', 'two']) {
		const pid = await store.must('inspect', '--format', '{{.State.Pid}}', name);
		first.push(hostId(readFileSync(`/proc/${pid}/uid_map`, 'utf8')));
		t.is(statSync(`/proc/${pid}`).uid, first.at(-1) ?? 0);
		t.is(await store.must('exec', name, 'sh', '-c', 'id -u; stat -c %u /bin/busybox /etc/hosts; touch /made && stat -c %u /made'), '0\n0\n0\n0');
		t.is(await store.must('inspect', '--format', '{{.HostConfig.UsernsMode}}', name), 'auto');
	}
	t.not(first[0], first[1]);
	t.true(first.every(id => id >= 65_536));
	// The files on the disk have the container's ids: commit, cp and diff see no other.
	const id = await store.must('inspect', '--format', '{{.Id}}', 'one');
	t.is(statSync(`${store.root}/containers/${id}/upper/made`).uid, 0);
	await store.must('rm', '-f', 'one', 'two');
});

test.serial('--userns auto: a range comes back when its container is removed, and stays with it over a restart', async t => {
	const range = async (name: string): Promise<number> => hostId(await store.must('exec', name, 'cat', '/proc/self/uid_map'));
	await store.must('run', '-d', '--name', 'kept', '--userns', 'auto:size=1000', 'busybox', 'sleep', '100');
	const before = await range('kept');
	t.regex(await store.must('exec', 'kept', 'cat', '/proc/self/uid_map'), / 1000$/);
	await store.must('restart', '-t', '0', 'kept');
	t.is(await range('kept'), before);
	await store.must('rm', '-f', 'kept');
	await store.must('run', '-d', '--name', 'next', '--userns', 'auto', 'busybox', 'sleep', '100');
	t.is(await range('next'), before);
	await store.must('rm', '-f', 'next');
});

test('--userns auto: volumes and bound folders have the ids that they have on the host', async t => {
	const folder = `${store.folder}/bound`;
	mkdirSync(folder);
	writeFileSync(`${folder}/file`, '');
	const run = sh('--userns', 'auto', '-v', 'data:/data', '-v', `${folder}:/bound`);
	t.is(await run('stat -c %u /bound/file; touch /data/a /bound/b && chown 7:8 /data/a && stat -c %u:%g /data/a'), '0\n7:8');
	t.is(statSync(`${folder}/b`).uid, 0);
	t.is(statSync(`${store.root}/volumes/data/_data/a`).uid, 7);
	await store.must('volume', 'rm', 'data');
});

test('--userns auto: a network, published ports, a terminal, another user, a read-only root and a tmpfs all work', async t => {
	t.regex(await store.must('run', '--rm', '--userns', 'auto', '-p', '0:80', 'busybox', 'sh', '-c', 'ip addr show eth0; ping -c 1 127.0.0.1'), /inet .* 0% packet loss/s);
	t.is(
		await sh('--userns', 'auto', '--user', '1000:1000', '--read-only', '--tmpfs', '/t')('id -u; touch /t/x && touch /y 2>&1 | grep -o Read.*; echo out > /dev/stdout'),
		'1000\nRead-only file system\nout',
	);
	const screen = store.pty(['run', '--rm', '-it', '--userns', 'auto', 'busybox', 'sh', '-c', 'tty; stty size']);
	t.is((await screen.exit).exitCode, 0);
});

for (const [flags, words] of [
	[['--privileged'], /privileged mode is incompatible with user namespaces/],
	[['--network', 'host'], /cannot share the host's network namespace when user namespaces are enabled/],
	[['--pid', 'host'], /cannot share the host PID namespace when user namespaces are enabled/],
] as const)
	test(`--userns auto with ${flags.join(' ')} is refused, in Docker's words`, async t => {
		const {code, stderr} = await store.run('run', '--rm', '--userns', 'auto', ...flags, 'busybox', 'true');
		t.is(code, 125);
		t.regex(stderr, words);
	});

test('--userns with another word is refused', async t => {
	const {code, stderr} = await store.run('run', '--rm', '--userns', 'keep-id', 'busybox', 'true');
	t.is(code, 125);
	t.regex(stderr, /--userns: invalid USER mode/);
});

test('--pid container: joins the ids of a container that has its own', async t => {
	await store.must('run', '-d', '--name', 'donor', '--userns', 'auto', 'busybox', 'sleep', '100');
	const map = await store.must('exec', 'donor', 'cat', '/proc/self/uid_map');
	t.regex(await sh('--pid', 'container:donor')('ps; cat /proc/self/uid_map'), new RegExp(`sleep 100.*${map.trim().split(/\s+/).join('\\s+')}`, 's'));
	t.regex((await store.run('run', '--rm', '--userns', 'auto', '--pid', 'container:donor', 'busybox', 'true')).stderr, /leave --userns out/);
	await store.must('rm', '-f', 'donor');
});

test('HAWSER_USERNS_REMAP: a user without subordinate ids is named; --userns host opts out', async t => {
	const env = {HAWSER_USERNS_REMAP: 'nobody-has-these'};
	const {code, stderr} = await store.runWith({env}, 'run', '--rm', 'busybox', 'true');
	t.is(code, 125);
	t.regex(stderr, /no subordinate ids for user nobody-has-these in \/etc\/subuid/);
	t.is((await store.runWith({env}, 'run', '--rm', '--userns', 'host', 'busybox', 'cat', '/proc/self/uid_map')).stdout.trim().split(/\s+/)[1], '0');
	t.regex((await store.runWith({env: {HAWSER_USERNS_REMAP: 'auto'}}, 'run', '--rm', 'busybox', 'cat', '/proc/self/uid_map')).stdout, / 65536\n$/);
});

const status =
	'grep -E "^(CapBnd|NoNewPrivs)" /proc/self/status | cut -f 2; ulimit -c; ulimit -n; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; cut -c 1-10 /proc/self/uid_map; grep -c " /dev .*noexec" /proc/mounts';

test('the setting hardened makes every default stricter; what is asked for still counts', async t => {
	const env = {HAWSER_HARDENED: '1'};
	const run = async (flags: readonly string[], script: string) => (await store.runWith({env}, 'run', '--rm', ...flags, 'busybox', 'sh', '-c', script)).stdout;
	const [caps, nnp, core, files, pids, map, dev] = (await run([], status)).split('\n');
	t.deepEqual({caps, nnp, core, files, pids, dev}, {caps: '00000000800405fb', nnp: '1', core: '0', files: '1024', pids: '2048', dev: '1'});
	t.is(map?.trim(), '0');
	t.regex(
		await run(['--cap-add', 'NET_RAW', '--security-opt', 'no-new-privileges=false', '--pids-limit', '99', '--ulimit', 'core=5120', '--userns', 'host'], status),
		/^00000000800425fb\n0\n10\n1024\n99\n/,
	);
	t.regex(await run(['--privileged'], 'grep NoNewPrivs /proc/self/status; cat /proc/self/uid_map'), /NoNewPrivs:\t0\n +0 +0 +4294967295/);
	t.regex((await store.runWith({env}, 'info')).stdout, /name=hardened|hardened/);
	t.notRegex((await store.run('info')).stdout, /hardened/);
});

test('engine.json holds the setting, unless others could have written it', async t => {
	const home = `${store.folder}/xdg`;
	mkdirSync(`${home}/hawser`, {recursive: true});
	writeFileSync(`${home}/hawser/engine.json`, '{"hardened": true}', {mode: 0o644});
	const env = {XDG_CONFIG_HOME: home};
	t.regex((await store.runWith({env}, 'info')).stdout, /hardened/);
	writeFileSync(`${home}/hawser/engine.json`, '{"hardened": "yes"}');
	t.regex((await store.runWith({env}, 'run', 'busybox', 'true')).stderr, /hardened is not true or false/);
	chmodSync(`${home}/hawser/engine.json`, 0o666);
	t.regex((await store.runWith({env}, 'run', 'busybox', 'true')).stderr, /is not used: others than root can write it/);
});

test('--security-opt: no-new-privileges, systempaths, writable cgroups, and a seccomp profile from a file', async t => {
	t.is(await sh('--security-opt', 'no-new-privileges')('grep NoNewPrivs /proc/self/status'), 'NoNewPrivs:\t1');
	t.is(await sh('--security-opt', 'systempaths=unconfined')('grep "^[a-z]* /proc/" /proc/mounts || echo none'), 'none');
	t.regex(await sh('--security-opt', 'writable-cgroups=true')('grep " /sys/fs/cgroup" /proc/mounts | tail -n 1'), / rw,/);
	const profile = `${store.folder}/profile.json`;
	writeFileSync(profile, JSON.stringify({defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95}]}));
	t.regex(await sh('--security-opt', `seccomp=${profile}`)('mkdir /tmp/x 2>&1; rm -f /tmp/y; echo $?'), /not supported\n0$/);
	t.is(await sh('--security-opt', 'seccomp=unconfined')('grep Seccomp: /proc/self/status'), 'Seccomp:\t0');
});

for (const [option, words] of [
	['seccomp=/no/such/file', /opening seccomp profile \(\/no\/such\/file\) failed: open \/no\/such\/file: no such file or directory/],
	['magic=1', /invalid --security-opt 2: "magic=1"/],
	['magic', /Invalid --security-opt: "magic"/],
	['no-new-privileges=maybe', /invalid --security-opt 2: "no-new-privileges=maybe"/],
] as const)
	test(`--security-opt ${option} is refused`, async t => {
		const {code, stderr} = await store.run('run', '--rm', '--security-opt', option, 'busybox', 'true');
		t.is(code, 125);
		t.regex(stderr, words);
	});
