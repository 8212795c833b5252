import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';
import {file, folder, symlink, tar} from '../helpers/tar.ts';

async function openStore(t: ExecutionContext): Promise<TestStore> {
	const store = await makeStore();
	t.teardown(() => store.close());
	return store;
}

const running = (store: TestStore, name: string, ...args: string[]) => store.must('run', '-d', '--network', 'none', '--name', name, ...args, 'busybox', 'sleep', '600');
type Inspected = {
	readonly Id: string;
	readonly Author: string;
	readonly Comment: string;
	readonly State: {readonly Status: string};
	readonly RootFS: {readonly Layers: readonly string[]};
	readonly Config: {
		readonly ExposedPorts: object;
		readonly Volumes: object;
		readonly WorkingDir: string;
		readonly Labels: Readonly<Record<string, string>>;
		readonly OnBuild: readonly string[];
	};
};

const inspect = async (store: TestStore, ref: string): Promise<Inspected> => (JSON.parse(await store.must('inspect', ref)) as [Inspected])[0];

test('diff: a container that has only started has changed nothing', async t => {
	const store = await openStore(t);
	await running(store, 'fresh', '-p', '80');
	t.is(await store.must('diff', 'fresh'), '');
});

test('diff: added, changed and deleted, with the folders on the way', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('exec', 'box', 'sh', '-c', 'mkdir -p /new/deep; echo x > /new/deep/file; echo more >> /etc/passwd; rm /bin/true; chmod 700 /tmp; printf x > "/new/line\nfeed"');
	t.deepEqual((await store.must('diff', 'box')).split('\n').sort(), [
		'A /new',
		'A /new/deep',
		'A /new/deep/file',
		'A /new/line',
		'C /bin',
		'C /etc',
		'C /etc/passwd',
		'C /tmp',
		'D /bin/true',
		'feed',
	]);
	await store.must('stop', '-t', '0', 'box');
	t.true((await store.must('diff', 'box')).includes('D /bin/true'));
});

test('diff: a folder that was replaced shows what is not in it any more', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('exec', 'box', 'sh', '-c', 'cp /etc/passwd /tmp/p; rm -r /etc/passwd /bin/cat; rm -rf /home; mkdir /home; echo > /home/x');
	const changes = (await store.must('diff', 'box')).split('\n');
	t.true(changes.includes('D /etc/passwd'));
	t.false(changes.some(line => line.endsWith('/etc/hosts')));
});

test('diff and export say which container is not there', async t => {
	const store = await openStore(t);
	for (const verb of ['diff', 'export', 'commit']) {
		const {code, stderr} = await store.run(verb, 'nobody');
		t.is(code, 1, verb);
		t.regex(stderr, /No such container: nobody/, verb);
	}
});

test('export: the whole file system, running or stopped, without volumes', async t => {
	const store = await openStore(t);
	await running(store, 'box', '-v', '/data');
	await store.must('exec', 'box', 'sh', '-c', 'echo inside > /data/volume; echo mine > /mine; rm /bin/false');
	const names = () =>
		execFileSync('tar', ['-t', '-f', `${store.folder}/out.tar`], {encoding: 'utf8'})
			.trim()
			.split('\n');
	for (const prepare of [async () => {}, async () => void (await store.must('stop', '-t', '0', 'box'))]) {
		await prepare();
		await store.must('export', '-o', `${store.folder}/out.tar`, 'box');
		const found = names();
		for (const name of ['mine', 'bin/busybox', 'data/', 'dev/', 'etc/hosts', 'proc/']) t.true(found.includes(name), name);
		t.false(found.includes('bin/false'));
		t.false(found.includes('data/volume'));
	}
	t.deepEqual(
		readdirSync(store.folder).filter(name => name.includes('.tmp-')),
		[],
	);
});

test('export: a failed one leaves the file that was there', async t => {
	const store = await openStore(t);
	writeFileSync(`${store.folder}/kept`, 'old');
	t.is((await store.run('export', '-o', `${store.folder}/kept`, 'nobody')).code, 1);
	t.is(readFileSync(`${store.folder}/kept`, 'utf8'), 'old');
	t.regex((await store.run('export', '-o', `${store.folder}/none/x`, 'nobody')).stderr, /invalid output path: stat .*none: no such file or directory/);
});

test('commit: the image has the changes, the config and a line of history', async t => {
	const store = await openStore(t);
	await running(store, 'box', '-e', 'FROM_RUN=1', '-w', '/tmp');
	await store.must('exec', 'box', 'sh', '-c', 'echo kept > /kept; rm /bin/false; chmod 4755 /bin/busybox');
	const id = await store.must(
		'commit',
		'-a',
		'Jo <jo@example.org>',
		'-m',
		'the message',
		'-c',
		'ENV B="two words" C=3',
		'-c',
		'CMD ["sh", "-c", "cat /kept; ls /bin/false; pwd; echo $B$C$FROM_RUN"]',
		'-c',
		'EXPOSE 80 53/udp',
		'-c',
		'LABEL a=b',
		'-c',
		'VOLUME /v',
		'-c',
		'WORKDIR sub',
		'-c',
		'USER 5',
		'-c',
		'STOPSIGNAL SIGINT',
		'-c',
		'ONBUILD RUN true',
		'-c',
		'HEALTHCHECK --interval=5s CMD true',
		'box',
		'made:1',
	);
	t.regex(id, /^sha256:[0-9a-f]{64}$/);
	const image = await inspect(store, 'made:1');
	t.is(image.Id, id);
	t.is(image.Author, 'Jo <jo@example.org>');
	t.is(image.Comment, 'the message');
	t.deepEqual(image.Config.ExposedPorts, {'80/tcp': {}, '53/udp': {}});
	t.deepEqual(image.Config.Volumes, {'/v': {}});
	t.is(image.Config.WorkingDir, '/tmp/sub');
	t.is(image.Config.Labels.a, 'b');
	t.deepEqual(image.Config.OnBuild, ['RUN true']);
	t.is(image.RootFS.Layers.length, 2);
	t.deepEqual((await store.run('run', '--rm', '--network', 'none', 'made:1')).stdout, 'kept\n/tmp/sub\ntwo words31\n');
	t.regex(await store.must('history', 'made:1'), /sleep 600 +\S+ +the message/);
	t.is((await inspect(store, 'box')).State.Status, 'running');
});

test('commit: of a container without changes, again and of the result', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('commit', 'box', 'same');
	t.is((await inspect(store, 'same')).RootFS.Layers.length, 1);
	await store.must('exec', 'box', 'touch', '/one');
	await store.must('commit', '--pause=false', 'box', 'one');
	await store.must('run', '--name', 'second', '--network', 'none', 'one', 'touch', '/two');
	await store.must('commit', 'second', 'two');
	t.is(await store.must('run', '--rm', '--network', 'none', 'two', 'ls', '/one', '/two'), '/one\n/two');
	t.is((await inspect(store, 'two')).RootFS.Layers.length, 3);
});

test('commit: what the container made of its / itself is kept', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('exec', 'box', 'chmod', '1711', '/');
	await store.must('commit', 'box', 'rooted');
	t.is(await store.must('run', '--rm', '--network', 'none', 'rooted', 'stat', '-c', '%a', '/'), '1711');
});

test('commit: the same files give the same layer', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('exec', 'box', 'sh', '-c', 'echo x > /x');
	await store.must('commit', 'box', 'one');
	await store.must('commit', 'box', 'two');
	t.deepEqual((await inspect(store, 'one')).RootFS, (await inspect(store, 'two')).RootFS);
});

test('df: what images have in common counts once', async t => {
	const store = await openStore(t);
	await running(store, 'box', '-v', 'shared:/data');
	await store.must('exec', 'box', 'sh', '-c', 'head -c 3000000 /dev/zero > /big; head -c 5000 /dev/zero > /data/x');
	await store.must('commit', 'box', 'bigger');
	const text = await store.must('system', 'df', '-v');
	t.regex(text, /REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\nbigger +latest .* 3MB +0\nbusybox +latest .* 0B +1\n/);
	t.regex(text, /VOLUME NAME +LINKS +SIZE\nshared +1 +5kB\n/);
	const [images] = (await store.must('system', 'df', '--format', '{{json .}}'))
		.split('\n')
		.map(line => JSON.parse(line) as {Type: string; TotalCount: string; Active: string; Size: string});
	const sizes = (await store.must('images', '--format', '{{.Size}}', 'bigger')).trim();
	t.like(images, {Type: 'Images', TotalCount: '2', Active: '1'});
	t.is(Math.round(Number.parseFloat(images?.Size ?? '') * 10), Math.round(Number.parseFloat(sizes) * 10));
});

test('commit: a wrong instruction or name makes nothing', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	const wrong: ReadonlyArray<readonly [args: string[], said: RegExp]> = [
		[['-c', 'RUN true', 'box'], /RUN is not a valid change command/],
		[['-c', 'FROM x', 'box'], /FROM is not a valid change command/],
		[['-c', 'ENV', 'box'], /ENV requires at least one argument/],
		[['-c', 'EXPOSE 99999', 'box'], /invalid containerPort: 99999/],
		[['box', 'Upper'], /repository name \(library\/Upper\) must be lowercase/],
		[['box', `x@sha256:${'a'.repeat(64)}`], /cannot commit to digest reference/],
	];
	for (const [args, said] of wrong) {
		const {code, stderr} = await store.run('commit', ...args);
		t.is(code, 1);
		t.regex(stderr, said);
	}
	t.is((await store.must('images', '-q')).split('\n').length, 1);
	t.deepEqual(readdirSync(`${store.root}/staging`), []);
});

test('import: a tar becomes an image, from a file or a pipe, plain or compressed', async t => {
	const store = await openStore(t);
	await running(store, 'box');
	await store.must('export', '-o', `${store.folder}/fs.tar`, 'box');
	const plain = readFileSync(`${store.folder}/fs.tar`);
	writeFileSync(`${store.folder}/fs.tar.gz`, gzipSync(plain));
	await store.must('import', '-m', 'said', '-c', 'CMD ["cat", "/etc/passwd"]', `${store.folder}/fs.tar`, 'plain');
	await store.must('import', `${store.folder}/fs.tar.gz`, 'zipped:2');
	const {code, stdout} = await store.runWith({input: plain}, 'import', '-', 'piped');
	t.is(code, 0);
	t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/);
	t.regex(await store.must('run', '--rm', '--network', 'none', 'plain'), /^root:/);
	t.is(await store.must('run', '--rm', '--network', 'none', 'zipped:2', 'echo', 'hi'), 'hi');
	const [one, two] = [await inspect(store, 'plain'), await inspect(store, 'piped')];
	t.deepEqual(one.RootFS, two.RootFS);
	t.is(one.Comment, 'said');
	t.is(two.Comment, 'Imported from -');
});

test('import: from an address', async t => {
	const store = await openStore(t);
	const layer = gzipSync(tar(folder('etc/'), file('etc/x', 'from afar')));
	const server = createServer((request, response) => {
		if (request.url === '/cut') response.writeHead(200, {'content-length': 100_000}).write(layer, () => response.destroy());
		else response.writeHead(request.url === '/x.tar.gz' ? 200 : 404).end(layer);
	}).listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	await store.must('import', `${address}/x.tar.gz`, 'afar');
	await store.must('create', '--name', 'carrier', 'afar', 'x');
	t.true((await store.must('cp', 'carrier:/etc/x', '-')).includes('from afar'));
	t.regex((await store.run('import', `${address}/none`)).stderr, /Got HTTP status code >= 400: 404 Not Found/);
	t.is((await store.run('import', `${address}/cut`, 'cut')).code, 1);
	t.is((await store.run('inspect', 'cut')).code, 1);
});

test('import: what is no tar, too hostile or not there makes no image and leaves nothing', async t => {
	const store = await openStore(t);
	mkdirSync(`${store.folder}/files`);
	const files: ReadonlyArray<readonly [name: string, content: Buffer, said: RegExp]> = [
		['text', Buffer.alloc(2000, 'text'), /no tar/],
		['empty', Buffer.alloc(0), /empty/],
		['up', tar(folder('a/'), file('../x')), /"\.\."/],
		['root', tar(symlink('./', '/etc')), /root folder/],
		['xz', Buffer.from('fd377a585a0000', 'hex'), /xz/],
	];
	for (const [name, content, said] of files) {
		writeFileSync(`${store.folder}/files/${name}`, content);
		const {code, stderr} = await store.run('import', `${store.folder}/files/${name}`, name);
		t.is(code, 1, name);
		t.regex(stderr, said, name);
	}
	t.regex((await store.run('import', `${store.folder}/none`)).stderr, /open .*none: no such file or directory/);
	t.regex((await store.run('import', 'http://127.0.0.1:9/x.tar')).stderr, /cannot download http:\/\/127\.0\.0\.1:9\/x\.tar/);
	t.is((await store.must('images', '-q')).split('\n').length, 1);
	await store.must('image', 'prune', '-f');
	t.deepEqual(readdirSync(`${store.root}/staging`), []);
});

const lackOf: Readonly<Record<string, string | undefined>> = {
	copy: undefined,
	'fuse-overlayfs': existsSync('/usr/bin/fuse-overlayfs') && existsSync('/dev/fuse') ? undefined : 'it is not there',
};

for (const [driver, lack] of Object.entries(lackOf))
	(lack === undefined ? test : test.skip)(
		`with the storage driver ${driver} a container runs, differs, is committed and goes like any other; the store keeps its driver`,
		async t => {
			const store = await openStore(t);
			await store.must(
				'--storage-driver',
				driver,
				'run',
				'--network',
				'none',
				'--name',
				'box',
				'busybox',
				'sh',
				'-c',
				'mkdir -p /new/deep; echo x > /new/deep/file; rm /bin/false; chmod 711 /',
			);
			t.deepEqual((await store.must('diff', 'box')).split('\n').sort(), ['A /new', 'A /new/deep', 'A /new/deep/file', 'C /bin', 'D /bin/false']);
			t.regex(await store.must('ps', '-as', '--format', '{{.Size}}'), /^2B /);
			await store.must('commit', 'box', 'made:1');
			const look = 'cat /new/deep/file; ls /bin/false; stat -c %a /; grep -c . /etc/passwd';
			const {stdout} = await store.run('run', '--rm', '--network', 'none', 'made:1', 'sh', '-c', look);
			t.regex(stdout, /^x\n711\n[1-9]/);
			const [made] = JSON.parse(await store.must('image', 'inspect', 'made:1')) as [Inspected];
			t.is(made.RootFS.Layers.length, 2);
			t.is(await store.must('info', '--format', '{{.Driver}}'), driver);
			t.is(await store.must('image', 'inspect', '--format', '{{.GraphDriver.Name}}', 'made:1'), driver);
			const {code, stderr} = await store.run('--storage-driver', 'overlay', 'create', 'busybox');
			t.is(code, 1);
			t.regex(stderr, new RegExp(`keeps its containers with the storage driver ${driver}, and overlay was asked for`));
			await store.must('rm', 'box');
			t.deepEqual(readdirSync(`${store.root}/containers`), []);
		},
	);
