import {execFileSync, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

/** What a script prints in a container that has these mounts. */
const inside = (script: string, ...flags: string[]): Promise<string> => store.must('run', '--rm', ...flags, 'busybox', 'sh', '-c', script);

test.serial('a volume of the type tmpfs is one, of its size and mode', async t => {
	await store.must('volume', 'create', '--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=1m,mode=750', 'scratch');
	t.regex(await inside('mount | grep " /s "; stat -c %a /s', '-v', 'scratch:/s'), /tmpfs \(.*size=1024k,mode=750.*\)\n750$/);
	t.deepEqual(JSON.parse(await store.must('volume', 'inspect', '-f', '{{json .Options}}', 'scratch')), {device: 'tmpfs', o: 'size=1m,mode=750', type: 'tmpfs'});
});

test.serial('a volume that binds a folder of the host shows it', async t => {
	const folder = join(store.folder, 'shared');
	mkdirSync(folder);
	writeFileSync(join(folder, 'here'), 'x');
	await store.must('volume', 'create', '-o', 'type=none', '-o', `device=${folder}`, '-o', 'o=bind', 'shared');
	t.is(await inside('ls /s; touch /s/new 2>&1 | grep -o Read-only', '-v', 'shared:/s:ro'), 'here\nRead-only');
	t.is((await store.run('volume', 'export', 'shared')).stderr.split('\n')[0], 'Error: volume shared is no folder of the store');
});

test.serial('a part of a volume is looked for inside of it, whatever its links say', async t => {
	await inside('mkdir -p /v/sub/etc; echo mine > /v/sub/etc/passwd; ln -s / /v/out; ln -s /sub /v/in', '-v', 'parts:/v');
	const look = (path: string, script: string): Promise<string> => inside(script, '--mount', `type=volume,src=parts,dst=/p,volume-subpath=${path}`);
	t.is(await look('sub', 'cat /p/etc/passwd'), 'mine');
	t.is(await look('in', 'cat /p/etc/passwd'), 'mine');
	t.is(await look('out', 'ls /p'), 'in\nout\nsub');
	const {code, stderr} = await store.run('run', '--rm', '--mount', 'type=volume,src=parts,dst=/p,volume-subpath=out/etc', 'busybox', 'true');
	t.not(code, 0);
	t.regex(stderr, /cannot access path .*out\/etc.*No such file or directory/);
});

test.serial('--volumes-from takes the mounts of another container, read-only when asked', async t => {
	await store.must('create', '--name', 'donor', '-v', 'given:/given', '-v', '/anonymous', 'busybox', 'true');
	t.is(await inside('touch /given/a /anonymous/b && ls /given /anonymous', '--volumes-from', 'donor'), '/anonymous:\nb\n\n/given:\na');
	t.is(await inside('ls /given /anonymous; touch /given/c 2>&1 | grep -o Read-only', '--volumes-from', 'donor:ro'), '/anonymous:\nb\n\n/given:\na\nRead-only');
	t.is(await inside('ls -A /given', '--volumes-from', 'donor', '--tmpfs', '/given'), '');
	t.regex((await store.run('run', '--volumes-from', 'nobody', 'busybox', 'true')).stderr, /No such container: nobody/);
	t.regex((await store.run('run', '--volumes-from', 'donor:bad', 'busybox', 'true')).stderr, /invalid mode: bad/);
	await store.must('rm', '-v', 'donor');
	t.deepEqual((await store.must('volume', 'ls', '-q', '--filter', 'label=com.docker.volume.anonymous')).split('\n'), ['']);
});

test.serial('a volume goes out as a tar and comes back; a broken tar makes nothing', async t => {
	await inside('mkdir /v/d; echo text > /v/d/f; chown 7:8 /v/d/f; ln -s ../.. /v/d/l; chmod 700 /v', '-v', 'old:/v');
	const tar = join(store.folder, 'old.tar');
	await store.must('volume', 'export', '-o', tar, 'old');
	t.is(await store.must('volume', 'import', '--label', 'from=old', 'new', tar), 'new');
	t.is(await inside('cat /v/d/f; stat -c "%u:%g" /v/d/f; readlink /v/d/l; stat -c %a /v', '-v', 'new:/v'), 'text\n7:8\n../..\n700');
	t.regex((await store.run('volume', 'import', 'new', tar)).stderr, /volume new is not empty/);
	writeFileSync(tar, readFileSync(tar).subarray(0, 700));
	t.regex((await store.run('volume', 'import', 'broken', tar)).stderr, /cannot import volume broken/);
	t.false((await store.must('volume', 'ls', '-q')).split('\n').includes('broken'));
	t.deepEqual(
		readdirSync(join(store.root, 'volumes')).filter(name => name.startsWith('.')),
		[],
	);
});

test.serial('a snapshot shares blocks, or says that this file system cannot', async t => {
	await inside('echo text > /v/f', '-v', 'source:/v');
	const {code, stderr} = await store.run('volume', 'snapshot', 'source', 'copy');
	if (code === 0) t.is(await inside('cat /v/f', '-v', 'copy:/v'), 'text');
	else t.regex(stderr, /the file system of .* cannot share blocks between files/);
});

test.serial('on btrfs a snapshot costs no blocks, and goes its own way', async t => {
	if (!/\bbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8')) || spawnSync('mkfs.btrfs', ['--version']).status !== 0) {
		t.log('this machine has no btrfs');
		t.pass();
		return;
	}
	const [disk, mount] = [join(store.folder, 'disk'), join(store.folder, 'btrfs')];
	mkdirSync(mount);
	execFileSync('truncate', ['-s', '256M', disk]);
	execFileSync('mkfs.btrfs', ['-q', disk]);
	execFileSync('mount', ['-o', 'loop', disk, mount]);
	const env = {HAWSER_ROOT: join(mount, 'root'), HAWSER_STATE: join(store.folder, 'btrfs-state')};
	const must = async (...words: string[]): Promise<string> => {
		const {code, stdout, stderr} = await store.runWith({env}, ...words);
		t.is(code, 0, stderr);
		return stdout.trim();
	};
	try {
		await must('volume', 'create', 'rows');
		const file = join(await must('volume', 'inspect', '-f', '{{.Mountpoint}}', 'rows'), 'data');
		writeFileSync(file, randomBytes(32 << 20));
		execFileSync('sync', ['-f', mount]);
		const free = statfsSync(mount).bavail;
		t.is(await must('volume', 'snapshot', 'rows', 'then'), 'then');
		execFileSync('sync', ['-f', mount]);
		t.true((free - statfsSync(mount).bavail) * statfsSync(mount).bsize < 4 << 20);
		const copy = join(await must('volume', 'inspect', '-f', '{{.Mountpoint}}', 'then'), 'data');
		t.true(readFileSync(copy).equals(readFileSync(file)));
		writeFileSync(file, 'now');
		t.is(statSync(copy).size, 32 << 20);
		t.regex((await store.runWith({env}, 'volume', 'snapshot', 'rows', 'then')).stderr, /volume then is not empty/);
	} finally {
		await store.runWith({env}, 'system', 'reset', '--force');
		execFileSync('umount', [mount]);
	}
});

test.serial('propagation: what cannot be is refused, what is shared gets out, and nothing else does', async t => {
	const folder = join(store.folder, 'propagated');
	mkdirSync(folder);
	execFileSync('mount', ['-t', 'tmpfs', 'none', folder]);
	const under = (): string[] => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(line => line.includes(` ${folder}/`));
	const mountInside = ['--cap-add', 'SYS_ADMIN', '--security-opt', 'apparmor=unconfined'];
	try {
		execFileSync('mount', ['--make-private', folder]);
		for (const [mode, what] of [
			['shared', 'shared mount'],
			['rslave', 'shared or slave mount'],
		])
			t.regex((await store.run('run', '--rm', '-v', `${folder}:/p:${mode}`, 'busybox', 'true')).stderr, new RegExp(`is mounted on ${folder} but it is not a ${what}`));
		execFileSync('mount', ['--make-shared', folder]);
		await inside('mkdir -p /p/in && mount -t tmpfs none /p/in && touch /p/in/x', '-v', `${folder}:/p`, ...mountInside);
		t.deepEqual(under(), []);
		await store.must('run', '-d', '--name', 'sharer', '-v', `${folder}:/p:shared`, ...mountInside, 'busybox', 'sh', '-c', 'mount -t tmpfs none /p/in && touch /p/in/x && sleep 1000');
		await waitFor('the mount to come out', () => under().length === 1);
	} finally {
		await store.run('rm', '-f', 'sharer');
		execFileSync('umount', ['-R', folder]);
	}
});

test.serial('an unknown driver is an error at once', async t => {
	for (const words of [
		['volume', 'create', '-d', 'nfs', 'x1'],
		['run', '--rm', '--volume-driver', 'nfs', '-v', 'x1:/x', 'busybox', 'true'],
		['run', '--rm', '--mount', 'dst=/x,volume-driver=nfs', 'busybox', 'true'],
	])
		t.regex((await store.run(...words)).stderr, /plugin "nfs" not found/);
	t.false((await store.must('volume', 'ls', '-q')).split('\n').includes('x1'));
});
