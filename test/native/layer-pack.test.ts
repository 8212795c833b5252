import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync, zstdDecompressSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {readPairs} from '../../core/layer/info.ts';
import {file, folder, hardLink, symlink, tar, type TarEntry} from '../helpers/tar.ts';
import {describe, run, scratch, unpack, xattrs} from './layer-world.ts';

const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const deep = `${'d'.repeat(120)}/${'e'.repeat(120)}`;

/** Everything that a layer can hold, in the order in which it is packed. */
const entries: readonly TarEntry[] = [
	file('a', 'content', {mode: 0o4755, uid: 1000, gid: 1001, pax: {'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.note': 'kept'}}),
	file('big-ids', '', {uid: 3_000_000, gid: 4_000_000_000}),
	folder('d/', {mode: 0o1777, mtime: 1_000_000_000}),
	file('d/.wh..wh..opq'),
	symlink('d/link', '../../etc/passwd'),
	file('d/x', 'x'.repeat(100_000)),
	{name: 'fifo', type: '6'},
	{name: 'null', type: '3', major: 1, minor: 3, mode: 0o666},
	hardLink('same', 'a'),
	file('old', '', {mtime: -5, pax: {mtime: '-5'}}),
	folder('x/', {pax: {path: `${deep.slice(0, 120)}/`}}),
	folder('x/', {pax: {path: `${deep}/`}}),
	file('x', '', {pax: {path: `${deep}/${'f'.repeat(200)}`}}),
	file('y', 'ü', {pax: {path: 'ünicode'}}),
	file('.wh.removed'),
];

type Packed = {readonly tar: Buffer; readonly fields: ReadonlyMap<string, string>; readonly error: string};

async function pack(t: ExecutionContext, ...args: string[]): Promise<Packed> {
	const output = join(scratch(t), 'out');
	const {code, stdout, error} = await run(['pack', '--output', output, ...args]);
	if (code !== 0) return {tar: Buffer.alloc(0), fields: new Map(), error: error.trim()};
	return {tar: readFileSync(output), fields: readPairs(stdout), error: ''};
}

const names = (archive: Buffer): string[] => execFileSync('tar', ['-t'], {input: archive, encoding: 'utf8'}).trim().split('\n');

test('what was unpacked is packed with everything it had, and the same again', async t => {
	const place = scratch(t);
	const first = await unpack(place, tar(...entries));
	t.is(first.error, '');
	const packed = await pack(t, '--source', first.tree, '--layer');
	t.is(packed.error, '');
	const second = await unpack(place, packed.tar);
	t.is(second.error, '');
	// A deletion has no time of its own.
	const told = (tree: string) => describe(tree).filter(line => !/^(removed|\/) /.test(line));
	t.deepEqual(told(second.tree), told(first.tree));
	t.deepEqual(xattrs(second.tree), xattrs(first.tree));
	const again = await pack(t, '--source', second.tree, '--layer');
	t.true(again.tar.equals(packed.tar));
	t.is(packed.fields.get('diff-id'), second.fields.get('diff-id'));
	t.is(packed.fields.get('digest'), packed.fields.get('diff-id'));
});

test('GNU tar reads every name, owner and link of it', async t => {
	const {tree} = await unpack(scratch(t), tar(...entries));
	const {tar: archive} = await pack(t, '--source', tree, '--layer');
	const list = execFileSync('tar', ['-tv', '--numeric-owner', '--quoting-style=literal'], {input: archive, encoding: 'utf8'});
	for (const line of [
		/3000000\/4000000000 .* big-ids/,
		/hrwsr-xr-x 1000\/1001 .* same link to a/,
		/crw-rw-rw- .* 1,3 .* null/,
		/1969-12-31 .* old/,
		/ünicode/,
		/\.wh\.removed/,
		/d\/\.wh\.\.wh\.\.opq/,
	])
		t.regex(list, line);
	t.true(list.includes(`${deep}/${'f'.repeat(200)}`));
});

test('it is compressed as asked, and tells the digests of both', async t => {
	const {tree} = await unpack(scratch(t), tar(...entries));
	const plain = await pack(t, '--source', tree, '--layer');
	for (const [form, expand] of [
		['gzip', gunzipSync],
		['zstd', zstdDecompressSync],
	] as const) {
		const {tar: blob, fields} = await pack(t, '--source', tree, '--layer', '--compress', form);
		t.true(expand(blob).equals(plain.tar), form);
		t.is(fields.get('diff-id'), plain.fields.get('diff-id'));
		t.is(fields.get('size'), String(blob.length));
		t.is((await run(['unpack', '--digest', fields.get('digest') ?? ''], blob)).code, 0);
	}
});

test('holes of a file come as zeros, and are not read', async t => {
	const place = scratch(t);
	mkdirSync(`${place}/tree`);
	execFileSync('sh', ['-c', 'truncate -s 40M tree/hole; printf middle >> tree/hole; truncate -s 80M tree/hole'], {cwd: place});
	const {fields, tar: archive} = await pack(t, '--source', `${place}/tree`);
	t.is(fields.get('file-bytes'), String(80 << 20));
	t.is(archive.indexOf('middle'), 512 + (40 << 20));
});

test('layers are packed as one tree when they are merged', async t => {
	const place = scratch(t);
	const low = await unpack(place, tar(file('gone', 'low'), folder('d/'), file('d/old'), file('a', 'low'), file('kept')));
	const high = await unpack(place, tar(file('.wh.gone'), file('d/.wh..wh..opq'), file('d/new'), file('a', 'high')));
	const {tar: archive} = await pack(t, '--lower', low.tree, '--upper', high.tree);
	t.deepEqual(names(archive), ['a', 'd/', 'd/new', 'kept']);
	t.true(archive.includes('high'));
});

test('one path is packed, under the name that is asked for', async t => {
	const {tree} = await unpack(scratch(t), tar(folder('d/'), file('d/x', 'payload'), symlink('abs', '/d/x'), symlink('up', '../../../d'), symlink('nowhere', '/none')));
	const under = async (...args: string[]) => names((await pack(t, '--source', tree, ...args)).tar);
	t.deepEqual(await under('--path', '/d', '--as', 'e'), ['e/', 'e/x']);
	t.deepEqual(await under('--path', '/d/.', '--as', '.'), ['./', './x']);
	t.deepEqual(await under('--path', '/up/x', '--as', 'y'), ['y']);
	t.deepEqual(await under('--path', '/abs', '--as', 'z', '--follow'), ['z']);
	t.true((await pack(t, '--source', tree, '--path', '/abs', '--as', 'z', '--follow')).tar.includes('payload'));
	t.false((await pack(t, '--source', tree, '--path', '/abs', '--as', 'z')).tar.includes('payload'));
	t.regex((await pack(t, '--source', tree, '--path', '/nowhere', '--as', 'z', '--follow')).error, /\/nowhere: No such file/);
});

test('links of a tree lead nowhere outside of it', async t => {
	const place = scratch(t);
	writeFileSync(`${place}/secret`, 'host secret');
	const {tree} = await unpack(place, tar(symlink('a', `${place}/secret`), symlink('b', '../secret'), symlink('c', '/proc/self/root')));
	for (const name of ['/a', '/b', '/c/etc/passwd', '/../secret']) t.regex((await pack(t, '--source', tree, '--path', name, '--as', 'x', '--follow')).error, /No such file/, name);
});

test('a FIFO or a device is never opened, a socket is left out', async t => {
	const place = scratch(t);
	const {tree} = await unpack(place, tar({name: 'f', type: '6'}, {name: 'tty', type: '3', major: 5, minor: 0}));
	execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind("s")`], {cwd: tree});
	t.deepEqual(names((await pack(t, '--source', tree)).tar), ['f', 'tty']);
});

test('a file whose name would mean a deletion cannot be in a layer', async t => {
	const place = scratch(t);
	mkdirSync(`${place}/up`);
	writeFileSync(`${place}/up/.wh.x`, '');
	t.regex((await pack(t, '--source', `${place}/up`, '--layer')).error, /^\.wh\.x: in a layer a name that begins with \.wh\. means a deletion/);
});

test('a reader that goes away, or a full disk, is an error', async t => {
	const place = scratch(t);
	mkdirSync(`${place}/tree`);
	execFileSync('sh', ['-c', 'head -c 20000000 /dev/urandom > tree/big'], {cwd: place});
	const {code, error} = await run(['pack', '--source', `${place}/tree`, '--output', '/dev/full']);
	t.is(code, 1);
	t.regex(error, /\/dev\/full: File exists/);
	const {status, stderr} = spawnSync(
		'sh',
		['-c', '"$0" pack --source tree > /dev/full', process.env['HAWSER_TEST_LAYER'] ?? join(import.meta.dirname, '../../dist/hawser-layer')],
		{cwd: place, encoding: 'utf8'},
	);
	t.is(status, 1);
	t.regex(stderr, /^write the archive: No space left on device\n$/);
});
