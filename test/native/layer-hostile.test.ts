import {existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import test from 'ava';
import {file, folder, hardLink, longName, paxRecord, symlink, tar, type TarEntry, tarEntry, TAR_END} from '../helpers/tar.ts';
import {describe, run, scratch, unpack, xattrs} from './layer-world.ts';

/** A folder of the host that no layer may change: compared before and after. */
function canary(place: string): {path: string; look: () => string[]} {
	const path = `${place}/canary`;
	mkdirSync(`${path}/sub`, {recursive: true});
	writeFileSync(`${path}/file`, 'host');
	writeFileSync(`${path}/secret`, 'secret', {mode: 0o600});
	return {path, look: () => [...describe(path), ...describe('/etc/apt')]};
}

const refused = test.macro(async (t, layers: Readonly<Record<string, readonly TarEntry[]>>, says: RegExp) => {
	const place = scratch(t);
	const host = canary(place);
	const before = host.look();
	for (const [title, entries] of Object.entries(layers)) {
		const {code, error} = await unpack(place, tar(...entries));
		t.is(code, 1, `${title} was taken`);
		t.regex(error, says, title);
		t.is(error.split('\n').length, 1, title);
	}
	t.deepEqual(host.look(), before);
});

const dotted = ['../x', 'a/../../x', '/../x', 'a/..', '..', './..', '/..', 'a/b/../../../etc/x', '..//x', './/../x'];
test('names with ".." are refused', refused, Object.fromEntries(dotted.map(name => [name, [file(name, 'x')]])), /"\.\."/);
test('an entry needs a name', refused, {empty: [file('')], 'empty in gnu': [{...longName('L', ''), data: '\0'}, file('x')]}, /without a name|long name/);
test(
	'the root folder can only be a folder',
	refused,
	{link: [symlink('./', '/etc')], file: [file('.', 'x')], 'file /': [file('//', 'x', {type: '7', patch: [[0, '.\0']]})], device: [{name: '/', type: '3', major: 1, minor: 3}]},
	/root folder/,
);
test(
	'a hard link leads to a file of its own layer',
	refused,
	{
		absolute: [hardLink('x', '/etc/shadow')],
		up: [hardLink('x', '../../etc/shadow')],
		missing: [hardLink('x', 'y')],
		itself: [file('x'), hardLink('x', 'x')],
		folder: [folder('d'), hardLink('x', 'd')],
		'through a link': [symlink('e', '/etc'), hardLink('x', 'e/shadow')],
		whiteout: [file('.wh.w'), hardLink('x', 'w')],
	},
	/hard link/,
);
const whiteouts = ['.wh.', '.wh..', '.wh...', 'a/.wh.', '.wh.a/b', 'a/.wh.b/c', '.wh..wh.plnk', '.wh..wh.aufs', 'a/.wh..wh.x', '.wh..wh..opq/x', '.wh..wh.'];
test(
	'whiteouts of anything but one name are refused',
	refused,
	{
		...Object.fromEntries(whiteouts.map(name => [name, [file(name)]])),
		'a folder': [folder('.wh.x')],
		'a link': [symlink('.wh.x', '/etc')],
		'opaque on a link': [symlink('d', '/etc'), file('d/.wh..wh..opq')],
	},
	/whiteout|is a link|not a folder|must be a file|not the name/,
);
test("overlayfs's own device is refused", refused, {char: [{name: 'x', type: '3'}], block: [{name: 'x', type: '4'}]}, /0:0/);
test(
	'only folders have something in them',
	refused,
	{
		file: [file('a'), file('a/b')],
		device: [{name: 'a', type: '3', major: 1, minor: 3}, file('a/b')],
		'link to a file': [file('f'), symlink('a', 'f'), file('a/b')],
		loop: [symlink('a', 'b'), symlink('b', 'a'), file('a/x')],
		'too many links': [...Array.from({length: 50}, (_, i) => symlink(`l${i}`, `l${i + 1}`)), folder('l50'), file('l0/x')],
	},
	/folder|links/i,
);

const bytes = (length: number): Uint8Array => Buffer.alloc(length, 'x');
const headers: Record<string, readonly TarEntry[]> = {
	sum: [file('x', '', {sum: false})],
	'negative size': [file('x', '', {size: -1})],
	'huge size': [file('x', '', {size: 2 ** 52})],
	'size with letters': [file('x', '', {patch: [[124, '0000000009z\0']]})],
	'negative owner': [file('x', '', {uid: -5})],
	'owner too large': [file('x', '', {uid: 2 ** 32})],
	'pax owner too large': [file('x', '', {pax: {uid: '4294967295'}})],
	'pax owner negative': [file('x', '', {pax: {uid: '-1'}})],
	'pax size negative': [file('x', '', {pax: {size: '-1'}})],
	'pax size huge': [file('x', '', {pax: {size: '99999999999999999999'}})],
	'pax size beyond the end': [file('x', 'abc', {pax: {size: '5000'}})],
	'pax time': [file('x', '', {pax: {mtime: '1e9'}})],
	'pax path with NUL': [file('x', '', {pax: {path: 'a\0b'}})],
	'pax empty path': [file('x', '', {pax: {path: ''}})],
	'pax path too long': [file('x', '', {pax: {path: 'x/'.repeat(3000)}})],
	'pax component too long': [file('x', '', {pax: {path: 'x'.repeat(300)}})],
	'pax without equals': [{name: 'p', type: 'x', data: '7 abcd\n'}, file('x')],
	'pax of wrong length': [{name: 'p', type: 'x', data: '99 path=x\n'}, file('x')],
	'pax of no length': [{name: 'p', type: 'x', data: 'path=x\n'}, file('x')],
	'pax larger than 1 MiB': [{name: 'p', type: 'x', data: paxRecord('comment', bytes(1 << 20))}, file('x')],
	'pax at the end': [{name: 'p', type: 'x', data: paxRecord('path', 'x')}],
	'two pax headers': [{name: 'p', type: 'x', data: paxRecord('path', 'x')}, {name: 'p', type: 'x', data: paxRecord('path', 'y')}, file('x')],
	'global path': [{name: 'g', type: 'g', data: paxRecord('path', 'x')}, file('x')],
	'global size': [{name: 'g', type: 'g', data: paxRecord('size', '0')}, file('x')],
	'sparse in pax': [file('x', '', {pax: {'GNU.sparse.major': '1'}})],
	'sparse of a form to come': [file('x', '', {pax: {'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '0'}})],
	'sparse map beyond the file': [file('x', 'abc', {pax: {'GNU.sparse.size': '10', 'GNU.sparse.map': '8,3'}})],
	'sparse map that goes back': [file('x', 'abcd', {pax: {'GNU.sparse.size': '10', 'GNU.sparse.map': '4,2,0,2'}})],
	'sparse map of more than there is': [file('x', 'abc', {pax: {'GNU.sparse.size': '100', 'GNU.sparse.map': '0,50'}})],
	'sparse map of less than there is': [file('x', 'abc', {pax: {'GNU.sparse.size': '100', 'GNU.sparse.map': '0,1'}})],
	'sparse map cut off': [file('x', 'abc', {pax: {'GNU.sparse.size': '100', 'GNU.sparse.map': '0,3,5'}})],
	'sparse map of words': [file('x', '', {pax: {'GNU.sparse.size': '100', 'GNU.sparse.map': 'a,b'}})],
	'sparse file of an exabyte': [file('x', '', {pax: {'GNU.sparse.size': '1152921504606846976', 'GNU.sparse.map': ''}})],
	'sparse map in data, endless': [file('x', '1000\n'.padEnd(512, '9'), {pax: {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9'}})],
	'sparse map in data, too long': [file('x', '9999999\n'.padEnd(512, '0'), {pax: {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9'}})],
	'sparse map in data, missing': [file('x', '', {pax: {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9'}})],
	'sparse of old GNU beyond the file': [
		{
			name: 'x',
			type: 'S',
			magic: 'gnu',
			data: 'abc',
			patch: [
				[386, '00000000010\x0000000000003\0'],
				[483, '00000000004\0'],
			],
		},
	],
	'long name of 1 GiB': [{name: 'L', type: 'L', size: 2 ** 30}],
	'long name of 5000': [longName('L', 'x/'.repeat(2500)), file('x')],
	'data on a link': [symlink('x', 'y', {data: 'abc'})],
	'data on a folder': [folder('x', {data: 'abc'})],
	'data on a hard link': [file('y'), hardLink('x', 'y', {data: 'abc'})],
	'link to nothing': [symlink('x', '')],
	'unknown type': [{name: 'x', type: 'Q'}],
	'volume label': [{name: 'x', type: 'V', magic: 'gnu'}],
	'device number': [{name: 'x', type: '3', major: 5000, minor: 1}],
	'xattr too large': [file('x', '', {pax: {'SCHILY.xattr.user.a': bytes(65_537)}})],
	'300 xattrs': [file('x', '', {pax: Object.fromEntries(Array.from({length: 300}, (_, i) => [`SCHILY.xattr.user.a${i}`, 'x']))})],
	'capability of wrong size': [file('x', '', {pax: {'SCHILY.xattr.security.capability': 'short'}})],
};
test('lies in headers are refused', refused, headers, /./);

test('a lone zero block, an unfinished block and missing data are refused; an archive without an end is not', async t => {
	const place = scratch(t);
	const whole = tarEntry(file('x', 'abc'));
	for (const layer of [
		Buffer.concat([whole, Buffer.alloc(512), whole]),
		whole.subarray(0, 600),
		whole.subarray(0, 512),
		whole.subarray(0, 100),
		Buffer.alloc(0),
		Buffer.from('no tar at all, only some text'.padEnd(1024, '.')),
	])
		t.is((await unpack(place, layer)).code, 1);
	t.is((await unpack(place, whole)).code, 0);
	t.is((await unpack(place, Buffer.concat([whole, TAR_END, Buffer.alloc(9216)]))).code, 0);
	t.is((await unpack(place, Buffer.alloc(1024))).code, 0);
});

test('links never lead out of the layer: what is written through them stays inside', async t => {
	const place = scratch(t);
	const host = canary(place);
	const before = host.look();
	const {path} = host;
	for (const entries of [
		[symlink('a', '/'), file(`a${path}/file`, 'evil')],
		[symlink('a', path), file('a/file', 'evil'), folder('a/sub', {mode: 0o777}), file('a/new', 'evil')],
		[symlink('a', '../../../../../../../../../../../..'), file(`a${path}/file`, 'evil')],
		[symlink('a', '/proc/self/root'), file(`a${path}/file`, 'evil')],
		[symlink('a', '/proc/1/cwd'), file('a/file', 'evil')],
		[symlink('l1', 'l2'), symlink('l2', 'l3'), symlink('l3', path), file('l1/file', 'evil')],
		[symlink('x', `${path}/file`), file('x', 'evil', {mode: 0o777})],
		[symlink('x', `${path}/secret`), folder('x', {mode: 0o777, uid: 1})],
		[symlink('x', `${path}/secret`), hardLink('y', 'x'), file('y', 'evil', {mode: 0o777})],
		[symlink('x', `${path}/secret`, {uid: 99, mtime: 5, mode: 0o777, pax: {'SCHILY.xattr.user.a': 'b'}})],
		[file(`${path}/file`, 'absolute names start at the layer')],
		[symlink('a', path), file('a/.wh.file')],
		[folder('d'), symlink('d', path), file('d/file', 'evil')],
		[symlink('d', path), folder('d'), file('d/file', 'evil')],
		[folder('d/e'), file('d/e/f', 'x'), symlink('d', path), file('d/e/f', 'evil'), folder('d/sub', {mode: 0o777})],
	]) {
		const {tree} = await unpack(place, tar(...entries));
		t.deepEqual(host.look(), before);
		t.true(lstatSync(tree).isDirectory());
	}
});

test("marks of overlayfs, labels and the host's own attributes are left out", async t => {
	const names = [
		'trusted.overlay.redirect',
		'trusted.overlay.metacopy',
		'trusted.overlay.opaque',
		'trusted.overlay.overlay.whiteout',
		'user.overlay.redirect',
		'user.overlay.opaque',
		'trusted.md5',
		'security.selinux',
		'security.ima',
		'security.evm',
		'security.apparmor',
		'system.nfs4_acl',
		'com.apple.quarantine',
	];
	const pax = Object.fromEntries(names.map(name => [`SCHILY.xattr.${name}`, '/../../etc']));
	const {code, tree, fields, error} = await unpack(scratch(t), tar(folder('d', {pax}), file('f', '', {pax: {...pax, 'SCHILY.xattr.user.kept': 'yes'}}), symlink('l', 'f', {pax})));
	t.is(code, 0, error);
	t.deepEqual(xattrs(tree), ['./f user.kept=796573']);
	t.is(fields.get('skipped-xattrs'), String(3 * names.length));
});

test('bombs stop: by ratio, by size, by window, and leave memory alone', async t => {
	const place = scratch(t);
	const zeros = Buffer.alloc(128 << 20);
	const gzip = await unpack(place, gzipSync(Buffer.concat([tarEntry({name: 'x', size: zeros.length}), zeros]), {level: 9}));
	t.regex(gzip.error, /bomb/);
	const zstd = await unpack(place, zstdCompressSync(Buffer.concat([tarEntry({name: 'x', size: zeros.length}), zeros])));
	t.regex(zstd.error, /bomb/);
	t.true(gzip.milliseconds < 20_000 && zstd.milliseconds < 20_000);
	t.regex((await unpack(place, tar(file('x', bytes(100_000))), '--limit', '50000')).error, /out of range|more than the 50000 bytes/);
	const frame = Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.from([0x00, (31 - 10) << 3]), Buffer.from([1, 0, 0])]);
	t.regex((await unpack(place, frame)).error, /zstd/);
});

test('compressed streams that end early, go on too long or are damaged are refused', async t => {
	const place = scratch(t);
	const layer = tar(file('x', Buffer.from(Array.from({length: 50_000}, (_, i) => (i * 7919) % 251))));
	const gzip = gzipSync(layer);
	const zstd = zstdCompressSync(layer);
	const flipped = (blob: Buffer, at: number): Buffer => Buffer.concat([blob.subarray(0, at), Buffer.from([(blob[at] ?? 0) ^ 0xff]), blob.subarray(at + 1)]);
	const bad: Record<string, Buffer> = {
		'gzip cut': gzip.subarray(0, gzip.length - 20),
		'gzip trailer cut': gzip.subarray(0, gzip.length - 3),
		'gzip header cut': gzip.subarray(0, 7),
		'gzip junk': Buffer.concat([gzip, Buffer.from('junk')]),
		'gzip zeros': Buffer.concat([gzip, Buffer.alloc(100)]),
		'gzip sum': flipped(gzip, gzip.length - 6),
		'gzip body': flipped(gzip, gzip.length >> 1),
		'zstd cut': zstd.subarray(0, zstd.length - 5),
		'zstd junk': Buffer.concat([zstd, Buffer.from('junk and more')]),
		bzip2: Buffer.from('BZh91AY&SY'),
		xz: Buffer.from('fd377a585a000004', 'hex'),
	};
	for (const [title, blob] of Object.entries(bad)) {
		const {code, error} = await unpack(place, blob);
		t.is(code, 1, title);
		t.regex(error, /stream|bytes after|checksum|bzip2|xz/, title);
	}
});

test('size, digest and diff-id are compared', async t => {
	const place = scratch(t);
	const layer = tar(file('x'));
	const other = `sha256:${'0'.repeat(64)}`;
	t.regex((await unpack(place, layer, '--digest', other)).error, /^the blob's digest is sha256:[0-9a-f]{64} and not /);
	t.regex((await unpack(place, layer, '--diff-id', other)).error, /^the layer's diff-id is /);
	t.regex((await unpack(place, layer, '--size', String(layer.length + 1))).error, /^the blob ended after/);
	for (const digest of ['sha256:../../x', 'sha256:abc', `SHA256:${'0'.repeat(64)}`, `sha256:${'A'.repeat(64)}`, `md5:${'0'.repeat(32)}`, ''])
		t.regex((await unpack(place, layer, '--digest', digest)).error, /no digest/);
	const sha512 = (await unpack(place, layer, '--digest', `sha512:${'0'.repeat(128)}`)).error;
	t.regex(sha512, /digest is sha512:[0-9a-f]{128} and not/);
});

test('hundreds of mutated headers neither crash the reader nor touch the host', async t => {
	const place = scratch(t);
	const host = canary(place);
	const before = host.look();
	const base = Buffer.concat([
		tarEntry(file('sp', '1\n1000\n4\n'.padEnd(512, '\0').concat('data'), {pax: {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '2000'}})),
		tarEntry(folder('d')),
		tarEntry(file('d/a', 'data', {pax: {path: 'd/long', mtime: '1.5', 'SCHILY.xattr.user.x': 'y'}})),
		tarEntry(longName('L', `${'n'.repeat(150)}`)),
		tarEntry(file('n', 'more', {magic: 'gnu'})),
		tarEntry(symlink('s', host.path)),
		tarEntry(hardLink('h', 'd/long')),
		TAR_END,
	]);
	let state = 12_345;
	const random = (limit: number): number => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		return (state >>> 8) % limit;
	};
	const sumRight = (layer: Buffer): Buffer => {
		for (let at = 0; at + 512 <= layer.length; at += 512) {
			if (layer.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
			layer.fill(' ', at + 148, at + 156);
			layer.write(
				`${layer
					.subarray(at, at + 512)
					.reduce((sum, byte) => sum + byte, 0)
					.toString(8)
					.padStart(6, '0')}\0 `,
				at + 148,
				'latin1',
			);
		}
		return layer;
	};
	const mutants = Array.from({length: Number(process.env['HAWSER_TEST_MUTANTS'] ?? 300)}, () => {
		const layer = Buffer.from(base);
		for (let changes = 1 + random(6); changes > 0; changes--)
			layer[random(layer.length)] = random(3) === 0 ? random(256) : Number(['0'.charCodeAt(0), 0xff, 0, 0x80, '/'.charCodeAt(0), '.'.charCodeAt(0)][random(6)]);
		return sumRight(layer);
	});
	for (let at = 0; at < mutants.length; at += 20) {
		for (const {code, error} of await Promise.all(mutants.slice(at, at + 20).map(layer => unpack(place, layer))))
			t.true(code === 0 || (code === 1 && error !== '' && !error.includes('\n')), `${code} ${error}`);
	}
	t.deepEqual(host.look(), before);
});

test('FIFOs and devices are made, and never opened', async t => {
	const {code, tree, milliseconds} = await unpack(
		scratch(t),
		tar(
			{name: 'etc/passwd', type: '6', mode: 0o600},
			{name: 'mem', type: '3', major: 1, minor: 1, mode: 0o600},
			{name: 'disk', type: '4', major: 8, minor: 1, uid: 3, gid: 6, mode: 0o4660},
			{name: 'etc/passwd', type: '6'},
		),
	);
	t.is(code, 0);
	t.true(lstatSync(`${tree}/etc/passwd`).isFIFO());
	t.is(lstatSync(`${tree}/mem`).rdev, (1 << 8) | 1);
	t.deepEqual([lstatSync(`${tree}/disk`).rdev, lstatSync(`${tree}/disk`).mode & 0o7777], [(8 << 8) | 1, 0o4660]);
	t.true(milliseconds < 15_000);
});

test('a layer is unpacked inside a mount namespace, and nothing is left mounted', async t => {
	const place = scratch(t);
	await unpack(place, tar(file('x')));
	t.false(readFileSync('/proc/self/mounts', 'utf8').includes(place));
	symlinkSync('/etc', `${place}/link`);
	t.is((await run(['remove', `${place}/link`])).code, 0);
	t.true(existsSync('/etc/passwd'));
});

test('helpers say how they are used, and refuse what they do not know', async t => {
	for (const args of [
		[],
		['nonsense'],
		['unpack', '--nonsense'],
		['unpack', '--size', 'x'],
		['size'],
		['remove'],
		['size', '/nowhere'],
		['unpack', '--progress', '77'],
		['sync', '/nowhere'],
	])
		t.is((await run(args)).code, 1, args.join(' '));
});
