import {execFileSync} from 'node:child_process';
import {chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';
import {file, folder, hardLink, symlink, tar} from '../helpers/tar.ts';

/** More tries of each race, for a long run. */
const races = Number(process.env['HAWSER_TEST_RACES'] ?? 5);

type World = {
	readonly store: TestStore;
	readonly here: string;
	readonly sh: (command: string) => Promise<string>;
	readonly tries: ReadonlyArray<readonly [state: string, enter: () => Promise<void>]>;
};

/** A container `box` with files in /w, and a folder of the host with others. */
async function open(t: ExecutionContext, ...args: string[]): Promise<World> {
	const store = await makeStore();
	t.teardown(() => store.close());
	const here = join(store.folder, 'here');
	mkdirSync(join(here, 'dir/sub'), {recursive: true});
	for (const [name, content] of [
		['f', 'host\n'],
		['dir/one', '1\n'],
		['dir/sub/two', '2\n'],
	] as const)
		writeFileSync(join(here, name), content);
	symlinkSync('f', join(here, 'lf'));
	await store.must('run', '-d', '--network', 'none', '--name', 'box', ...args, 'busybox', 'sleep', '600');
	const sh = (command: string): Promise<string> => store.must('exec', 'box', 'sh', '-c', command);
	const running = async (): Promise<void> => void (await store.must('start', 'box'));
	const stopped = async (): Promise<void> => void (await store.must('stop', '-t', '0', 'box'));
	return {
		store,
		here,
		sh,
		tries: [
			['running', running],
			['stopped', stopped],
		],
	};
}

/** Copies, then says what is there now, in a container that runs. */
async function after(world: World, ...args: string[]): Promise<string> {
	await world.store.must('cp', ...args);
	await world.store.must('start', 'box');
	return world.sh('find /w | sort | tr "\n" " "');
}

test('a folder or file goes where cp -a would put it, into a running or stopped container', async t => {
	const world = await open(t);
	const {here} = world;
	const cases: ReadonlyArray<readonly [from: string, to: string, want: string]> = [
		['f', 'box:/w', '/w /w/f '],
		['f', 'box:/w/new', '/w /w/new '],
		['f', 'box:w/', '/w /w/f '],
		['dir', 'box:/w', '/w /w/dir /w/dir/one /w/dir/sub /w/dir/sub/two '],
		['dir/', 'box:/w/', '/w /w/dir /w/dir/one /w/dir/sub /w/dir/sub/two '],
		['dir/.', 'box:/w', '/w /w/one /w/sub /w/sub/two '],
		['dir', 'box:/w/new', '/w /w/new /w/new/one /w/new/sub /w/new/sub/two '],
		['dir/.', 'box:/w/new', '/w /w/new /w/new/one /w/new/sub /w/new/sub/two '],
	];
	for (const [state, enter] of world.tries)
		for (const [from, to, want] of cases) {
			await world.store.must('start', 'box');
			await world.sh('rm -rf /w; mkdir /w');
			await enter();
			t.is(await after(world, `${here}/${from}`.replace(/\/$/, from.endsWith('/') ? '/' : ''), to), want, `${state}: ${from} to ${to}`);
		}
});

test('a folder or file comes out the same way', async t => {
	const world = await open(t);
	const {here, store} = world;
	await world.sh('mkdir -p /w/dir/sub; echo 1 > /w/dir/one; echo 2 > /w/dir/sub/two; ln /w/dir/one /w/dir/same; chown 7:8 /w/dir/one; chmod 4711 /w/dir/one');
	for (const [state, enter] of world.tries) {
		await enter();
		const list = (path: string) => readdirSync(join(here, path), {recursive: true}).map(String).sort();
		await store.must('cp', 'box:/w/dir', join(here, `${state}-new`));
		t.deepEqual(list(`${state}-new`), ['one', 'same', 'sub', 'sub/two']);
		mkdirSync(join(here, `${state}-there`));
		await store.must('cp', 'box:w/dir', join(here, `${state}-there`));
		await store.must('cp', 'box:/w/dir/.', join(here, `${state}-there`));
		t.deepEqual(list(`${state}-there`), ['dir', 'dir/one', 'dir/same', 'dir/sub', 'dir/sub/two', 'one', 'same', 'sub', 'sub/two']);
		const one = statSync(join(here, `${state}-new/one`));
		t.is(one.mode & 0o7777, 0o4711);
		t.is(one.uid, 0);
		t.is(one.nlink, 2);
		await store.must('cp', 'box:/w/dir/one', join(here, `${state}-renamed`));
		t.is(readFileSync(join(here, `${state}-renamed`), 'utf8'), '1\n');
	}
});

test('what cannot be copied says why in docker’s words, and changes nothing', async t => {
	const {store, here, sh} = await open(t);
	await sh('mkdir -p /w/dir; echo x > /w/file');
	const before = await sh('find / -xdev | sort | md5sum');
	const cases: ReadonlyArray<readonly [args: string[], said: string]> = [
		[['box:/none', here], 'Could not find the file /none in container box'],
		[['box:/w/file/.', here], 'lstat /w/file/.: Not a directory'],
		[[`${here}/f`, 'box:/none/'], 'no such directory'],
		[[`${here}/f`, 'box:/none/x'], 'Could not find the file /none in container box'],
		[[`${here}/dir`, 'box:/w/file'], 'cannot copy directory'],
		[['box:/w/dir', `${here}/f`], 'cannot copy directory'],
		[[`${here}/none`, 'box:/w'], `lstat ${here}/none: no such file or directory`],
		[['box:/w/file', `${here}/none/x`], `invalid output path: directory "${here}/none" does not exist`],
		[['box:/w/file', '/dev/null'], 'invalid output path: "/dev/null" must be a directory or a regular file: got a device'],
		[['box:/w', 'box:/x'], 'copying between containers is not supported'],
		[['/w', '/x'], 'must specify at least one container source'],
		[['', 'box:/x'], 'source can not be empty'],
		[['nobody:/x', here], 'No such container: nobody'],
		[[`${here}/f`, 'nobody:/x'], 'No such container: nobody'],
		[['-', 'box:/w/file'], 'destination "box:/w/file" must be a directory'],
	];
	for (const [args, said] of cases) {
		const {code, stderr} = await store.run('cp', ...args);
		t.is(code, 1, args.join(' '));
		t.true(stderr.includes(said), `${args.join(' ')}: ${stderr}`);
	}
	t.is(await sh('find / -xdev | sort | md5sum'), before);
});

test('a folder and a file never take each other’s place', async t => {
	const {store, here, sh} = await open(t);
	await sh('mkdir -p /w/f /w/x; echo file > /w/dir');
	t.regex((await store.run('cp', `${here}/f`, 'box:/w')).stderr, /cannot overwrite directory "f" with non-directory "\/w"/);
	t.regex((await store.run('cp', `${here}/dir`, 'box:/w')).stderr, /cannot overwrite non-directory "dir" with directory "\/w"/);
	mkdirSync(join(here, 'out/x'), {recursive: true});
	writeFileSync(join(here, 'out/f'), '');
	t.regex((await store.run('cp', 'box:/w/f', `${here}/out`)).stderr, /cannot overwrite non-directory "f" with directory/);
	t.is(await sh('cat /w/dir'), 'file');
});

test('links resolve inside the container, also absolute ones and those on the way', async t => {
	const world = await open(t);
	const {store, here, sh} = world;
	await sh(
		'mkdir -p /w/real /w/run; echo in > /w/real/f; ln -s /w/run /w/abs; ln -s ../../../../../../w/real /w/up; ln -s real/f /w/lf; ln -s /w/none /w/dangling; echo container > /etc/hostname-of-box',
	);
	for (const [state, enter] of world.tries) {
		await enter();
		await store.must('cp', `${here}/f`, 'box:/w/abs/x');
		await store.must('cp', `${here}/f`, `box:/w/abs`);
		await store.must('cp', 'box:/w/up/f', `${here}/${state}-up`);
		t.is(readFileSync(`${here}/${state}-up`, 'utf8'), 'in\n');
		await store.must('cp', 'box:/w/lf', `${here}/${state}-link`);
		t.is(readlinkSync(`${here}/${state}-link`), 'real/f');
		await store.must('cp', '-L', 'box:/w/lf', `${here}/${state}-target`);
		t.is(readFileSync(`${here}/${state}-target`, 'utf8'), 'in\n');
		await store.must('cp', `${here}/lf`, 'box:/w/link');
		await store.must('cp', '-L', `${here}/lf`, 'box:/w/run');
		await store.must('cp', `${here}/f`, 'box:/w/dangling');
		await store.must('start', 'box');
		t.is(await sh('ls /w/run; readlink /w/link; cat /w/run/lf /w/none; rm -rf /w/run/* /w/none /w/link'), 'f\nlf\nx\nf\nhost\nhost');
	}
});

test('tars go in and out by pipes, plain and compressed', async t => {
	const world = await open(t);
	const {store, sh} = world;
	await sh('mkdir -p /w; echo x > /w/x');
	const archive = tar(
		folder('d/', {mode: 0o700}),
		file('d/a', 'A\n', {uid: 5, gid: 6}),
		symlink('d/l', '/etc/passwd'),
		hardLink('d/h', 'd/a'),
		file('.wh.x', 'a name like others'),
	);
	for (const [state, enter] of world.tries)
		for (const [form, bytes] of [
			['plain', archive],
			['gzip', gzipSync(archive)],
			['zstd', zstdCompressSync(archive)],
		] as const) {
			await enter();
			t.is((await store.runWith({input: bytes}, 'cp', '-', 'box:/w')).code, 0, `${state} ${form}`);
			const {stdout} = await store.run('cp', 'box:/w/d', '-');
			t.is(execFileSync('tar', ['-t'], {input: Buffer.from(stdout, 'latin1'), encoding: 'utf8'}), 'd/\nd/a\nd/h\nd/l\n');
			await store.must('start', 'box');
			t.is(await sh('cat /w/.wh.x; echo; stat -c "%a %u:%g %h" /w/d/a; cat /w/x; rm -rf /w/d /w/.wh.x'), 'a name like others\n644 5:6 2\nx');
		}
});

test('volumes are part of the container, whether it runs or not', async t => {
	const world = await open(t, '-v', 'shared:/data', '-v', '/anon', '--tmpfs', '/memory');
	const {store, here, sh} = world;
	for (const [state, enter] of world.tries) {
		await enter();
		await store.must('cp', `${here}/f`, `box:/data/${state}`);
		await store.must('cp', `box:/data/${state}`, `${here}/${state}-back`);
		t.is(readFileSync(join(store.root, 'volumes/shared/_data', state), 'utf8'), 'host\n');
	}
	await store.must('start', 'box');
	t.is(await sh('ls /data | sort | tr "\n" " "'), 'running stopped ');
	t.false((await store.must('diff', 'box')).includes('/data/'));
});

test('what is mounted read-only is not written', async t => {
	const {store, here} = await open(t, '--read-only', '-v', 'vv:/data:ro', '-v', 'ww:/writable');
	t.regex((await store.run('cp', `${here}/f`, 'box:/tmp')).stderr, /container rootfs is marked read-only/);
	t.regex((await store.run('cp', `${here}/f`, 'box:/data')).stderr, /mounted volume is marked read-only/);
	t.is((await store.run('cp', `${here}/f`, 'box:/writable')).code, 0);
});

test('owners stay those of the host; with -a they are the container’s user', async t => {
	const {store, here, sh} = await open(t, '-u', 'root');
	chownSync(join(here, 'f'), 1234, 4321);
	await sh('mkdir -m 777 /w; echo "someone:x:77:88::/:/bin/sh" >> /etc/passwd');
	await store.must('commit', '-c', 'USER someone', 'box', 'other');
	await store.must('run', '-d', '--network', 'none', '--name', 'user', 'other', 'sleep', '600');
	await store.must('cp', `${here}/f`, 'user:/w/plain');
	await store.must('cp', '-a', `${here}/f`, 'user:/w/mine');
	t.is(await store.must('exec', 'user', 'stat', '-c', '%n %u:%g', '/w/plain', '/w/mine'), '/w/plain 1234:4321\n/w/mine 77:88');
});

test('ids of a container of its own are told as it knows them, running or stopped', async t => {
	const world = await open(t, '--userns', 'auto', '-v', 'shared:/data');
	const {store, here, sh} = world;
	chownSync(join(here, 'f'), 1234, 4321);
	await sh('mkdir /w; echo x > /w/x; chown 5:6 /w/x');
	for (const [state, enter] of world.tries) {
		await enter();
		await store.must('cp', `${here}/f`, `box:/w/${state}`);
		if (state === 'running') await store.must('cp', `${here}/f`, 'box:/data/f');
		const {stdout} = await store.run('cp', 'box:/w/x', '-');
		t.regex(execFileSync('tar', ['-tv', '--numeric-owner'], {input: stdout, encoding: 'utf8'}), / 5\/6 /, state);
		await store.must('start', 'box');
		t.is(await sh(`stat -c %u:%g /w/${state} /data/f`), '1234:4321\n1234:4321', state);
	}
});

test('A31: a program of the container is never run, whatever it is called', async t => {
	const {store, here, sh} = await open(t);
	const trojan = '#!/bin/sh\necho run >> /ran\nexec cat';
	await sh(
		`mkdir -p /w /usr/bin /usr/local/bin; for name in gzip gunzip unpigz pigz xz zstd bzip2 tar; do for folder in /bin /usr/bin /usr/local/bin; do rm -f $folder/$name; printf '%s' '${trojan}' > $folder/$name; chmod 755 $folder/$name; done; done; echo /evil.so > /etc/ld.so.preload`,
	);
	await store.runWith({input: gzipSync(tar(file('z', 'z')))}, 'cp', '-', 'box:/w');
	t.regex((await store.runWith({input: Buffer.from('fd377a585a0000', 'hex')}, 'cp', '-', 'box:/w')).stderr, /xz/);
	await store.must('cp', 'box:/w', `${here}/out`);
	await store.must('export', '-o', `${here}/all.tar`, 'box');
	await store.must('diff', 'box');
	await store.must('commit', 'box', 'x');
	t.is(await sh('test -e /ran && echo ran || echo never'), 'never');
	t.is(readFileSync(`${here}/out/z`, 'utf8'), 'z');
});

test('A32: a container that changes links meanwhile reaches nothing of the host', async t => {
	const {store, here, sh} = await open(t);
	const secret = join(store.folder, 'secret');
	writeFileSync(secret, 'only the host has this');
	await sh(`mkdir -p /a /x${store.folder}; echo inside > /x${store.folder}/secret; ln -s / /b`);
	await store.must('exec', '-d', 'box', 'sh', '-c', 'while :; do mv -T /a /c 2>/dev/null; mv -T /b /a 2>/dev/null; mv -T /c /b 2>/dev/null; done');
	for (let round = 0; round < races; round++) {
		await store.run('cp', `box:/a${secret}`, `${here}/out-${round}`);
		if (existsSync(`${here}/out-${round}`)) t.not(readFileSync(`${here}/out-${round}`, 'utf8'), 'only the host has this');
		await store.run('cp', `${here}/f`, `box:/a${store.folder}/written`);
		await store.run('cp', `${here}/dir`, 'box:/a');
		await store.run('cp', 'box:/a', `${here}/all`);
		t.false(existsSync(join(store.folder, 'written')));
		t.false(existsSync('/one'));
		for (const path of existsSync(`${here}/all`) ? readdirSync(`${here}/all`) : []) t.not(path, 'here');
		rmSync(`${here}/all`, {recursive: true, force: true});
	}
	t.is(readFileSync(secret, 'utf8'), 'only the host has this');
});

test('A33: what comes out stays below its destination', async t => {
	const {store, here, sh} = await open(t);
	mkdirSync(join(here, 'out'));
	symlinkSync(join(store.folder, 'elsewhere'), join(here, 'out/d'));
	mkdirSync(join(store.folder, 'elsewhere'));
	await sh('mkdir -p /w/d /w/d2; echo x > /w/d/x; ln -s /etc /w/d2/link; echo y > /w/d2/y');
	t.regex((await store.run('cp', 'box:/w/.', join(here, 'out'))).stderr, /cannot overwrite non-directory "d" with directory/);
	t.deepEqual(readdirSync(join(store.folder, 'elsewhere')), []);
	await store.must('cp', 'box:/w/d2', join(here, 'renamed'));
	t.deepEqual(readdirSync(join(here, 'renamed')).sort(), ['link', 'y']);
	t.true(lstatSync(join(here, 'renamed/link')).isSymbolicLink());
});

test('two copies into one stopped container wait for each other, and a start for both', async t => {
	const {store, here, sh} = await open(t);
	execFileSync('sh', ['-c', 'head -c 5000000 /dev/urandom > big'], {cwd: here});
	await sh('mkdir /w');
	await store.must('stop', '-t', '0', 'box');
	const results = await Promise.all([store.run('cp', `${here}/big`, 'box:/w/1'), store.run('cp', `${here}/big`, 'box:/w/2'), store.run('start', 'box')]);
	t.deepEqual(
		results.map(({code, stderr}) => `${code}${stderr}`),
		['0', '0', '0'],
	);
	t.is(await sh('stat -c %s /w/1 /w/2 | tr "\n" " "'), '5000000 5000000 ');
});

test('special files are carried as such and never opened', async t => {
	const {store, here, sh} = await open(t);
	await sh('mkdir /w; mkfifo /w/fifo; echo x > /w/x');
	await store.must('cp', 'box:/w', `${here}/out`);
	t.true(lstatSync(`${here}/out/fifo`).isFIFO());
	await store.must('cp', `${here}/out`, 'box:/w/in');
	t.is(await sh('test -p /w/in/fifo && cat /w/in/x'), 'x');
});
