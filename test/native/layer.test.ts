import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, truncateSync, utimesSync, writeFileSync} from 'node:fs';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import test from 'ava';
import {file, folder, hardLink, longName, symlink, tar, tarEntry, TAR_END} from '../helpers/tar.ts';
import {describe, inOverlay, run, scratch, unpack, xattrs} from './layer-world.ts';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test('unpack tells digest, size, diff-id and entries of gzip, zstd and plain layers', async t => {
	const place = scratch(t);
	const layer = tar(folder('a'), file('a/b', 'content'));
	for (const blob of [layer, gzipSync(layer), zstdCompressSync(layer), Buffer.concat([gzipSync(layer.subarray(0, 700)), gzipSync(layer.subarray(700))])]) {
		const {code, fields, tree, error} = await unpack(place, blob);
		t.is(code, 0, error);
		t.like(Object.fromEntries(fields), {
			digest: sha256(blob),
			size: String(blob.length),
			'diff-id': sha256(layer),
			bytes: String(layer.length),
			entries: '2',
			'file-bytes': '7',
			opaque: 'no',
		});
		t.is(readFileSync(`${tree}/a/b`, 'utf8'), 'content');
	}
});

test('a tree unpacks to what GNU tar makes of it: owners, modes, times, links, devices, attributes', async t => {
	const place = scratch(t);
	const original = `${place}/original`;
	mkdirSync(`${original}/deep/er/${'long-name-'.repeat(20)}`, {recursive: true});
	writeFileSync(`${original}/deep/file`, 'x'.repeat(100_000));
	writeFileSync(`${original}/deep/er/${'long-name-'.repeat(20)}/${'y'.repeat(200)}`, 'far');
	writeFileSync(`${original}/setuid`, 'program');
	chownSync(`${original}/setuid`, 12, 3_000_000);
	chmodSync(`${original}/setuid`, 0o6755);
	linkSync(`${original}/setuid`, `${original}/deep/hard`);
	symlinkSync('/absolute/nowhere', `${original}/dangling`);
	symlinkSync('z'.repeat(180), `${original}/long-link`);
	execFileSync('sh', ['-c', 'mknod null c 1 3; mknod disk b 259 1048575; mkfifo pipe; chmod 640 disk; chown 5:6 null pipe; chmod 3771 deep; chmod 0 deep/er'], {cwd: original});
	const dressed = tar(file('dressed', 'x', {pax: {'SCHILY.xattr.user.colour': 'blue'}}), folder('dressed-folder', {pax: {'SCHILY.xattr.user.on-folder': 'yes'}}));
	execFileSync('tar', ['-x', '--xattrs', '--xattrs-include=*', '-C', original], {input: dressed});
	utimesSync(`${original}/deep/file`, 1.5, 1_234_567_890.123_456);
	utimesSync(`${original}/deep`, 2, -5.25);
	for (const form of ['--format=pax', '--format=gnu']) {
		const layer = execFileSync('tar', ['-c', form, '--numeric-owner', ...(form.endsWith('pax') ? ['--xattrs'] : []), '-C', original, '.'], {maxBuffer: 1e8});
		writeFileSync(`${place}/layer.tar`, layer);
		const {code, tree, error} = await unpack(place, gzipSync(layer));
		t.is(code, 0, error);
		const theirs = `${place}/gnu${form.slice(-3)}`;
		mkdirSync(theirs);
		execFileSync('tar', ['-x', '-p', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-f', `${place}/layer.tar`, '-C', theirs]);
		t.deepEqual(describe(tree), describe(theirs));
		t.deepEqual(xattrs(tree), xattrs(theirs));
		if (form.endsWith('pax')) t.is(xattrs(tree).length, 2);
	}
});

test('capabilities of files and access lists survive, and stay exact', async t => {
	const place = scratch(t);
	const v2 = Buffer.from('0100000200040000000000000000000000000000', 'hex');
	const v3 = Buffer.concat([Buffer.from('01000003002000000000000000000000000000', 'hex'), Buffer.from([0]), Buffer.from('e8030000', 'hex')]);
	const acl = Buffer.from('0200000001000600ffffffff02000700e803000004000400ffffffff10000700ffffffff20000400ffffffff', 'hex');
	const {code, tree, error} = await unpack(
		place,
		tar(
			file('ping', 'x', {mode: 0o755, uid: 7, pax: {'SCHILY.xattr.security.capability': v2}}),
			file('ns', 'x', {mode: 0o755, pax: {'SCHILY.xattr.security.capability': v3}}),
			file('shared', 'x', {mode: 0o674, pax: {'SCHILY.xattr.system.posix_acl_access': acl, 'SCHILY.xattr.user.empty': ''}}),
		),
	);
	t.is(code, 0, error);
	const found = xattrs(tree);
	t.deepEqual(found, [
		`./ns security.capability=${v3.toString('hex')}`,
		`./ping security.capability=${v2.toString('hex')}`,
		`./shared system.posix_acl_access=${acl.toString('hex')}`,
		'./shared user.empty=',
	]);
});

test('names and numbers beyond ustar: GNU long names, pax paths, base-256, fractions of seconds', async t => {
	const place = scratch(t);
	const long = `${'d'.repeat(120)}/${'f'.repeat(150)}`;
	const {code, tree, error} = await unpack(
		place,
		Buffer.concat([
			tarEntry(longName('L', long)),
			tarEntry(file('cut', 'gnu', {magic: 'gnu'})),
			tarEntry(longName('K', 'e'.repeat(300))),
			tarEntry(longName('L', 'link-with-long-target')),
			tarEntry(symlink('cut', 'cut', {magic: 'gnu'})),
			tarEntry(file('short', 'pax', {pax: {path: 'ä/ö', mtime: '-1.25', uid: '4000000000', gid: '77', comment: 'no matter'}})),
			tarEntry(file('based', '', {uid: 3_000_000_000, gid: 3_000_000_001, mtime: -2})),
			tarEntry(file('old', 'v7', {magic: 'v7'})),
			tarEntry({name: 'old-folder/', magic: 'v7'}),
			tarEntry(file('in-prefix', 'p', {patch: [[345, 'pre/fix']]})),
			// As Go wrote it up to 1.7; GNU's own header has two times there.
			tarEntry(file('in-go', 'g', {magic: 'gnu', patch: [[345, 'pre/go']]})),
			tarEntry(file('in-gnu', 'g', {magic: 'gnu', patch: [[345, '13714574642\x0013714574643\0']]})),
			TAR_END,
		]),
	);
	t.is(code, 0, error);
	t.is(readFileSync(`${tree}/${long}`, 'utf8'), 'gnu');
	t.is(readlinkSync(`${tree}/link-with-long-target`), 'e'.repeat(300));
	const pax = lstatSync(`${tree}/ä/ö`, {bigint: true});
	t.deepEqual([pax.mtimeNs, pax.uid, pax.gid], [-1_250_000_000n, 4_000_000_000n, 77n]);
	const based = lstatSync(`${tree}/based`);
	t.deepEqual([based.uid, based.gid, based.mtimeMs], [3_000_000_000, 3_000_000_001, -2000]);
	t.is(readFileSync(`${tree}/old`, 'utf8'), 'v7');
	t.true(lstatSync(`${tree}/old-folder`).isDirectory());
	t.is(readFileSync(`${tree}/pre/fix/in-prefix`, 'utf8'), 'p');
	t.is(readFileSync(`${tree}/pre/go/in-go`, 'utf8'), 'g');
	t.is(readFileSync(`${tree}/in-gnu`, 'utf8'), 'g');
});

test('a folder keeps the time that the layer gives it, whatever is put into it later', async t => {
	const {tree} = await unpack(
		scratch(t),
		tar(folder('./', {mode: 0o711, mtime: 11}), folder('a', {mtime: 22, mode: 0o2750, gid: 9}), file('a/b'), folder('a/c', {mtime: 33}), file('a/c/d'), file('e/implicit')),
	);
	t.deepEqual(
		['', 'a', 'a/c'].map(path => lstatSync(`${tree}/${path}`).mtimeMs / 1000),
		[11, 22, 33],
	);
	t.is(lstatSync(tree).mode & 0o7777, 0o711);
	t.is(lstatSync(`${tree}/a`).mode & 0o7777, 0o2750);
	t.deepEqual([lstatSync(`${tree}/a/c`).gid, lstatSync(`${tree}/a/b`).gid], [0, 0]);
	t.is(lstatSync(`${tree}/e`).mode & 0o7777, 0o755);
});

test('whiteouts and opaque folders hide lower files in a real overlay', async t => {
	const place = scratch(t);
	const lower = await unpack(
		place,
		tar(
			file('gone', '1'),
			file('kept', '1'),
			folder('dir'),
			file('dir/old', '1'),
			folder('opaque'),
			file('opaque/old', '1'),
			folder('again'),
			file('again/old', '1'),
			file('late/old', '1'),
		),
	);
	const upper = await unpack(
		place,
		tar(
			file('.wh.gone'),
			file('dir/.wh.old'),
			folder('opaque'),
			file('opaque/new', '2'),
			file('opaque/.wh..wh..opq'),
			file('.wh.again'),
			folder('again'),
			file('again/new', '2'),
			file('late/new', '2'),
			file('.wh.late'),
		),
	);
	t.is(upper.code, 0, upper.error);
	t.true(lstatSync(`${upper.tree}/gone`).isCharacterDevice());
	const seen = inOverlay(place, [lower.tree, upper.tree], 'find . -mindepth 1 | sort');
	t.deepEqual(seen.trim().split('\n'), ['./again', './again/new', './dir', './kept', './late', './late/new', './opaque', './opaque/new']);
});

test('a whiteout does not take away what its own layer has', async t => {
	const {tree, code} = await unpack(scratch(t), tar(file('a', 'own'), file('.wh.a'), file('.wh.b'), file('b', 'own')));
	t.is(code, 0);
	t.is(readFileSync(`${tree}/a`, 'utf8') + readFileSync(`${tree}/b`, 'utf8'), 'ownown');
});

test('an opaque root is told, for overlayfs does not look at it', async t => {
	const {fields} = await unpack(scratch(t), tar(file('.wh..wh..opq')));
	t.is(fields.get('opaque'), 'yes');
});

test('links inside the layer are followed to folders, and only inside it', async t => {
	const place = scratch(t);
	const {code, tree, error} = await unpack(
		place,
		tar(
			folder('usr/lib'),
			symlink('lib', 'usr/lib'),
			file('lib/x', '1'),
			symlink('abs', '/usr/lib'),
			file('abs/y', '2'),
			symlink('up', '../../../../usr'),
			file('up/lib/z', '3'),
			symlink('l1', 'l2'),
			symlink('l2', 'lib'),
			folder('l1/sub', {mtime: 5}),
			file('l1/sub/w', '4'),
			symlink('new', 'made/on/the/way'),
			file('new/v', '5'),
		),
	);
	t.is(code, 0, error);
	t.deepEqual(
		['x', 'y', 'z', 'sub/w'].map(name => readFileSync(`${tree}/usr/lib/${name}`, 'utf8')),
		['1', '2', '3', '4'],
	);
	t.is(lstatSync(`${tree}/usr/lib/sub`).mtimeMs, 5000);
	t.is(readFileSync(`${tree}/made/on/the/way/v`, 'utf8'), '5');
	t.true(lstatSync(`${tree}/lib`).isSymbolicLink());
});

test('what comes later replaces what came before, whatever the two are', async t => {
	const place = scratch(t);
	const kinds = {
		file: file('n', 'file'),
		folder: folder('n'),
		symlink: symlink('n', 'target'),
		hard: hardLink('n', 'base'),
		device: {name: 'n', type: '3', major: 1, minor: 3},
		fifo: {name: 'n', type: '6'},
	};
	for (const [before, first] of Object.entries(kinds)) {
		for (const [after, second] of Object.entries(kinds)) {
			const filled = before === 'folder' ? [file('n/inside', 'x')] : [];
			const {code, tree, error} = await unpack(place, tar(folder('target'), file('base', 'base'), first, ...filled, second));
			t.is(code, 0, `${before} then ${after}: ${error}`);
			const alone = await unpack(place, tar(folder('target'), file('base', 'base'), second));
			const expected = before === 'folder' && after === 'folder' ? describe(alone.tree).length + 1 : undefined;
			if (expected) t.is(describe(tree).length, expected);
			else t.deepEqual(describe(tree, {times: false}), describe(alone.tree, {times: false}), `${before} then ${after}`);
			t.deepEqual(describe(`${tree}/target`, {times: false}).length, 1);
		}
	}
});

test('copy makes the same tree: holes, hard links, devices, attributes and all', async t => {
	const place = scratch(t);
	const marks = {'SCHILY.xattr.user.a': 'b', 'SCHILY.xattr.security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex')};
	const {tree} = await unpack(
		place,
		tar(
			folder('./', {mode: 0o711, mtime: 5}),
			folder('d', {mode: 0o1777, uid: 5, mtime: 6, pax: {'SCHILY.xattr.user.d': 'e'}}),
			file('d/f', 'x'.repeat(70_000), {mode: 0o4755, gid: 9, pax: marks}),
			hardLink('d/g', 'd/f'),
			symlink('l', '/nowhere', {uid: 3}),
			{name: 'null', type: '3', major: 1, minor: 3, mode: 0o666},
			{name: 'pipe', type: '6'},
			file('.wh.gone'),
			file('op/.wh..wh..opq'),
		),
	);
	writeFileSync(`${tree}/holes`, 'x');
	truncateSync(`${tree}/holes`, 50_000_000);
	const copied = await run(['copy', '--from', tree, '--target', `${place}/copy`]);
	t.is(copied.code, 0, copied.error);
	t.deepEqual(describe(`${place}/copy`), describe(tree));
	t.deepEqual(xattrs(`${place}/copy`), xattrs(tree));
	t.true(lstatSync(`${place}/copy/holes`).blocks < 1000);
	t.is((await run(['copy', '--from', tree, '--target', `${place}/copy`])).code, 1);
});

test('size counts hard links once, and remove takes trees away without following links', async t => {
	const place = scratch(t);
	const {tree} = await unpack(place, tar(file('a', '12345'), hardLink('b', 'a'), symlink('c', 'a'), folder('d'), file('d/e', '1')));
	const size = await run(['size', tree]);
	t.is(size.stdout.split('\n').slice(0, 2).join(), 'bytes 7,inodes 5');
	mkdirSync(`${place}/canary`);
	writeFileSync(`${place}/canary/file`, 'alive');
	symlinkSync(`${place}/canary`, `${tree}/escape`);
	const deep = `${tree}${'/n'.repeat(1500)}`;
	mkdirSync(deep, {recursive: true});
	const removed = await run(['remove', tree, `${place}/never-there`]);
	t.is(removed.code, 0, removed.error);
	t.throws(() => lstatSync(tree), {code: 'ENOENT'});
	t.is(readFileSync(`${place}/canary/file`, 'utf8'), 'alive');
});

test('remove refuses to cross into a mount', async t => {
	const place = scratch(t);
	mkdirSync(`${place}/tree/point`, {recursive: true});
	mkdirSync(`${place}/precious`);
	writeFileSync(`${place}/precious/file`, 'alive');
	t.throws(() =>
		execFileSync('unshare', ['-m', 'sh', '-c', `mount --bind ${place}/precious ${place}/tree/point && ${process.cwd()}/dist/hawser-layer remove ${place}/tree`], {stdio: 'pipe'}),
	);
	t.is(readFileSync(`${place}/precious/file`, 'utf8'), 'alive');
});

test('files with holes come out whole and keep them, in all the forms of GNU tar', async t => {
	const place = scratch(t);
	mkdirSync(`${place}/in`);
	execFileSync(
		'python3',
		[
			'-c',
			'f = open("in/many", "wb"); [(f.seek(n * 100000), f.write(b"piece %d" % n)) for n in range(40)]; f.truncate(5000000); open("in/hole", "wb").truncate(3000000); open("in/full", "wb").write(b"x" * 5000)',
		],
		{
			cwd: place,
		},
	);
	const wanted = describe(`${place}/in`, {times: false}).slice(1);
	for (const form of ['--format=gnu', '--format=posix --sparse-version=0.0', '--format=posix --sparse-version=0.1', '--format=posix --sparse-version=1.0']) {
		const layer = execFileSync('tar', ['-c', '--sparse', '--hole-detection=seek', ...form.split(' '), '-C', `${place}/in`, 'many', 'hole', 'full'], {maxBuffer: 1e8});
		t.true(layer.length < 2_000_000, `${form}: tar made it sparse`);
		const {tree, error, fields} = await unpack(place, layer);
		t.is(error, '', form);
		t.deepEqual(describe(tree, {times: false}).slice(1), wanted, form);
		t.true(lstatSync(`${tree}/many`).blocks < 1000, form);
		t.is(fields.get('file-bytes'), '8005000');
	}
});

const archives = process.env['HAWSER_TEST_TARS'];
(archives === undefined ? test.skip : test)('archives of a collection are read as GNU tar reads them, or refused', async t => {
	const place = scratch(t);
	const files = execFileSync('find', [archives ?? '', '-name', '*.tar', '!', '-name', '*-not-utf8*', '!', '-name', '*-sparse-big*'], {encoding: 'utf8'})
		.trim()
		.split('\n');
	for (const [index, path] of files.entries()) {
		const {code, tree, error} = await unpack(place, readFileSync(path));
		mkdirSync(`${place}/gnu-${index}`);
		const gnu = spawnSync('tar', ['-x', '-p', '--same-owner', '--numeric-owner', '-f', path, '-C', `${place}/gnu-${index}`]);
		if (code === 0 && gnu.status === 0) t.deepEqual(describe(tree, {times: false}).slice(1), describe(`${place}/gnu-${index}`, {times: false}).slice(1), path);
		else if (code !== 0) t.regex(error, /^[^\n]+$/, path);
	}
});
