import {existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {blobSize, listBlobs, removeBlob} from '../../core/content/list.ts';
import {blobPath, hasBlob} from '../../core/content/path.ts';
import {putBlob} from '../../core/content/put.ts';
import {readBlob, readPieces} from '../../core/content/read.ts';
import {digestOf, isDigest, parseDigest} from '../../core/oci/digest.ts';

function root(t: ExecutionContext): string {
	const folder = mkdtempSync(`${tmpdir()}/hawser-content-`);
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

test('putBlob() stores bytes under their digest, once and read-only', async t => {
	const store = root(t);
	const bytes = Buffer.from('{"a":1}');
	for (const digest of [digestOf(bytes), digestOf(bytes, 'sha512')]) {
		t.false(hasBlob(store, digest));
		await Promise.all([putBlob(store, digest, bytes), putBlob(store, digest, bytes)]);
		t.deepEqual(readBlob(store, digest), bytes);
		t.is(statSync(blobPath(store, digest)).mode & 0o777, 0o444);
		t.is(blobSize(store, digest), 7);
	}
	t.is(listBlobs(store).length, 2);
	t.deepEqual(readdirSync(`${store}/content/ingest`), []);
});

test('putBlob() refuses bytes of another digest', async t => {
	const store = root(t);
	await t.throwsAsync(putBlob(store, digestOf('a'), Buffer.from('b')), {message: /is damaged/});
	t.deepEqual(listBlobs(store), []);
});

test('readBlob() finds a flipped bit, a blob that is gone and one that is too large', async t => {
	const store = root(t);
	const digest = digestOf('content');
	t.throws(() => readBlob(store, digest), {message: /is not in the store/});
	await putBlob(store, digest, Buffer.from('content'));
	t.throws(() => readBlob(store, digest, 6), {message: /7 bytes, more than the 6/});
	writeFileSync(blobPath(store, digest), 'cOntent');
	t.throws(() => readBlob(store, digest), {message: /damaged on the disk/});
});

test('readPieces() gives the bytes from anywhere on, and says when there are too few', async t => {
	const store = root(t);
	const digest = digestOf('0123456789');
	await putBlob(store, digest, Buffer.from('0123456789'));
	const read = async (start: number, end: number) => {
		let text = '';
		for await (const piece of readPieces(store, digest, start, end)) text += piece.toString();
		return text;
	};
	t.is(await read(4, 10), '456789');
	t.is(await read(0, 3), '012');
	t.is(await read(5, 5), '');
	await t.throwsAsync(read(0, 11), {code: 'blob.damaged'});
});

test('removeBlob() takes it away, and does not mind when it is gone', async t => {
	const store = root(t);
	const digest = digestOf('x');
	await putBlob(store, digest, Buffer.from('x'));
	removeBlob(store, digest);
	removeBlob(store, digest);
	t.false(existsSync(blobPath(store, digest)));
});

const hex = 'a'.repeat(64);
for (const text of [
	'',
	'sha256:',
	hex,
	`sha256:${hex}a`,
	`sha256:${hex.slice(1)}`,
	`sha256:${hex.toUpperCase()}`,
	`SHA256:${hex}`,
	`sha512:${hex}`,
	`md5:${'a'.repeat(32)}`,
	`sha1:${'a'.repeat(40)}`,
	`sha384:${'a'.repeat(96)}`,
	'sha256:../../etc/passwd',
	`sha256:../${hex.slice(3)}`,
	`sha256:${hex}\n`,
	`\nsha256:${hex}`,
	` sha256:${hex}`,
	`sha256:${hex} `,
	`sha256:${hex}\0`,
	`sha256/${hex}`,
	`sha256:${'g'.repeat(64)}`,
	`sha256:${'０'.repeat(64)}`,
	`sha256+b64:${hex}`,
	`sha256:sha256:${hex}`,
	`__proto__:${hex}`,
	`constructor:${hex}`,
]) {
	test(`${JSON.stringify(text.slice(0, 90))} is no digest`, t => {
		t.false(isDigest(text));
		t.throws(() => parseDigest(text));
	});
}

test('sha256 and sha512 are', t => {
	t.is(String(parseDigest(`sha256:${hex}`)), `sha256:${hex}`);
	t.true(isDigest(`sha512:${hex}${hex}`));
});
