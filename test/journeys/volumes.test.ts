import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
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

test.serial('an unknown driver is an error at once', async t => {
	for (const words of [
		['volume', 'create', '-d', 'nfs', 'x1'],
		['run', '--rm', '--volume-driver', 'nfs', '-v', 'x1:/x', 'busybox', 'true'],
		['run', '--rm', '--mount', 'dst=/x,volume-driver=nfs', 'busybox', 'true'],
	])
		t.regex((await store.run(...words)).stderr, /plugin "nfs" not found/);
	t.false((await store.must('volume', 'ls', '-q')).split('\n').includes('x1'));
});
