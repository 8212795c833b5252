import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {listBlobs} from '../../core/content/list.ts';
import {blobPath, hasBlob, partPath} from '../../core/content/path.ts';
import {isEngineError} from '../../core/errors/error.ts';
import {chainIds} from '../../core/layer/chain.ts';
import {ingestBlob} from '../../core/layer/ingest.ts';
import {layerFolder, layerTree} from '../../core/layer/path.ts';
import {unpackLayers} from '../../core/layer/unpack.ts';
import {digestOf, parseDigest} from '../../core/oci/digest.ts';
import {file, folder, hardLink, symlink, tar} from '../helpers/tar.ts';
import {layersOf, layerStore, noise, sourceOf, type TestLayer} from './layer-world.ts';

const waste = (root: string): string[] => [...names(`${root}/staging`), ...names(`${root}/content/ingest`)];
const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

async function until(what: string, look: () => boolean): Promise<void> {
	const giveUp = performance.now() + 100_000;
	while (!look()) {
		if (performance.now() > giveUp) throw new Error(`waited in vain for: ${what}`);
		await sleep(5);
	}
}

test('chainIds() names a layer by all below it', t => {
	const [a, b] = [digestOf('a'), digestOf('b')];
	t.deepEqual(chainIds([a]), [a]);
	t.deepEqual(chainIds([a, b]), [a, digestOf(`${a} ${b}`)]);
	t.deepEqual(chainIds([]), []);
});

test('unpackLayers() brings layers in side by side, and a second time fetches nothing', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(folder('a'), file('a/x', '1')), tar(file('a/y', noise(300_000))), tar(file('z')));
	const source = sourceOf(layers);
	const states: string[] = [];
	const done = await unpackLayers(store, layers, source.fetch, {onProgress: ({state}) => states.push(state)});
	t.deepEqual(
		done,
		layers.map(({chainId, diffId}, index) => ({chainId, diffId, size: [1, 300_000, 0][index], fresh: true})),
	);
	t.is(readFileSync(`${layerTree(store.root, layers[0]!.chainId)}/a/x`, 'utf8'), '1');
	for (const {digest, blob} of layers) t.deepEqual(readFileSync(blobPath(store.root, digest)), blob);
	t.is(statSync(blobPath(store.root, layers[0]!.digest)).mode & 0o777, 0o444);
	t.deepEqual(listBlobs(store.root).sort(), layers.map(({digest}) => digest).sort());
	t.deepEqual(waste(store.root), []);
	t.is(source.asked.length, 3);
	t.true(states.includes('downloading') && states.includes('ready') && states.filter(state => state === 'done').length === 3);
	const again = await unpackLayers(store, layers, source.fetch);
	t.deepEqual(
		again,
		done.map(layer => ({...layer, fresh: false})),
	);
	t.is(source.asked.length, 3);
});

test('an image of no layers and one of the same layer many times', async t => {
	const store = layerStore(t);
	t.deepEqual(await unpackLayers(store, [], sourceOf([]).fetch), []);
	const layers = layersOf(...Array.from({length: 50}, () => tar(file('same', 'x'))));
	const source = sourceOf(layers);
	const done = await unpackLayers(store, layers, source.fetch);
	t.is(new Set(done.map(({chainId}) => chainId)).size, 50);
	t.is(source.asked.length, 1);
	t.deepEqual(waste(store.root), []);
});

const lies: Record<string, {change: (layer: TestLayer, below: TestLayer) => TestLayer; code: string}> = {
	'a wrong digest': {change: layer => ({...layer, blob: Buffer.concat([layer.blob.subarray(0, -9), Buffer.from('x'), layer.blob.subarray(-8)])}), code: 'layer.invalid'},
	'a digest of something else': {change: layer => ({...layer, digest: digestOf('else')}), code: 'blob.wrong-digest'},
	'a wrong diff-id': {change: (layer, below) => ({...layer, diffId: digestOf('else'), chainId: digestOf(`${below.chainId} ${digestOf('else')}`)}), code: 'layer.wrong-diff-id'},
	'fewer bytes': {change: layer => ({...layer, blob: layer.blob.subarray(0, -1)}), code: 'blob.too-short'},
	'more bytes': {change: layer => ({...layer, blob: Buffer.concat([layer.blob, Buffer.from('x')])}), code: 'blob.wrong-size'},
	'no layer': {change: layer => ({...layer, blob: Buffer.alloc(layer.size, 'x'), digest: digestOf(Buffer.alloc(layer.size, 'x'))}), code: 'layer.invalid'},
};
for (const [title, {change, code}] of Object.entries(lies)) {
	test(`${title} is refused by name, and leaves nothing that could be taken for whole`, async t => {
		const store = layerStore(t);
		const [good, bad] = layersOf(tar(file('good', noise(100_000))), tar(file('x', noise(200_000)))) as [TestLayer, TestLayer];
		const layers = [good, change(bad, good)];
		const error = await t.throwsAsync(unpackLayers(store, layers, sourceOf(layers).fetch));
		t.true(isEngineError(error, code), `${isEngineError(error) ? error.code : ''} ${error?.message}`);
		t.true(error?.message.includes(layers[1]!.digest));
		t.deepEqual(names(`${store.root}/staging`), []);
		t.deepEqual(names(`${store.root}/layers`), []);
		t.deepEqual(listBlobs(store.root), []);
		t.deepEqual(
			(await unpackLayers(store, [good, bad], sourceOf([good, bad]).fetch)).map(({fresh}) => fresh),
			[true, true],
		);
		t.is(names(`${store.root}/layers`).length, 2);
	});
}

test('a download that broke off goes on where it stopped', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(file('big', noise(900_000))));
	const broken = sourceOf(layers, {
		before: async offset => {
			if (offset >= 400_000) throw new Error('the line dropped');
		},
	});
	await t.throwsAsync(unpackLayers(store, layers, broken.fetch), {message: /the line dropped/});
	const kept = statSync(partPath(store.root, layers[0]!.digest)).size;
	t.true(kept >= 400_000 && kept < 900_000);
	const whole = sourceOf(layers);
	await unpackLayers(store, layers, whole.fetch);
	t.deepEqual(whole.asked, [[layers[0]!.digest, kept]]);
	t.deepEqual(waste(store.root), []);
});

test('a part that somebody changed is found out, and all of it fetched anew', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(file('big', noise(500_000))));
	mkdirSync(`${store.root}/content/ingest`, {recursive: true});
	writeFileSync(partPath(store.root, layers[0]!.digest), Buffer.alloc(200_000, 'x'));
	const source = sourceOf(layers);
	await unpackLayers(store, layers, source.fetch);
	t.deepEqual(
		source.asked.map(([, offset]) => offset),
		[200_000, 0],
	);
});

test('an abort ends it at once and keeps the bytes', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(file('big', noise(500_000))));
	const abort = new AbortController();
	const source = sourceOf(layers, {
		before: async offset => {
			if (offset < 200_000) return;
			abort.abort(new Error('enough'));
			await sleep(60_000, undefined, {signal: abort.signal}).catch(() => {});
		},
	});
	await t.throwsAsync(unpackLayers(store, layers, source.fetch, {signal: abort.signal}), {message: 'enough'});
	t.deepEqual(names(`${store.root}/staging`), []);
	t.true(statSync(partPath(store.root, layers[0]!.digest)).size > 0);
});

const puller = `
import {unpackLayers} from '${import.meta.dirname}/../../core/layer/unpack.ts';
import {layersOf, noise, sourceOf} from '${import.meta.dirname}/layer-world.ts';
import {file, tar} from '${import.meta.dirname}/../helpers/tar.ts';
const [root, helper, order, stop] = process.argv.slice(1);
const layers = layersOf(...[0, 1, 2, 3].map(n => tar(file('f' + n, noise(400_000, 's' + n)))));
const source = sourceOf(layers, {chunk: 8192, before: async at => { if (at === 0 || at % 81920 === 0) await new Promise(r => setTimeout(r, 3)); if (stop && at > Number(stop)) await new Promise(() => {}); }});
const wanted = order === 'up' ? layers : layers.toReversed();
const keep = setInterval(() => {}, 1000);
const done = await unpackLayers({root, helper}, wanted, source.fetch);
clearInterval(keep);
console.log(JSON.stringify({fresh: done.filter(l => l.fresh).length, asked: source.asked.length}));
`;
const startPuller = (root: string, helper: string, ...args: string[]) =>
	spawn(process.execPath, ['--input-type=module-typescript', '-e', puller, root, helper, ...args], {stdio: ['ignore', 'pipe', 'inherit']});

test('two processes that want the same layers, in opposite order, unpack each once and both succeed', async t => {
	const store = layerStore(t);
	const results = await Promise.all(
		['up', 'down', 'up'].map(async order => {
			const child = startPuller(store.root, store.helper, order);
			let output = '';
			child.stdout.on('data', chunk => (output += chunk));
			t.deepEqual(await once(child, 'close'), [0, null]);
			return JSON.parse(output) as {fresh: number; asked: number};
		}),
	);
	t.is(names(`${store.root}/layers`).length, 4);
	t.is(
		results.reduce((sum, {fresh}) => sum + fresh, 0),
		4,
	);
	t.is(
		results.reduce((sum, {asked}) => sum + asked, 0),
		4,
	);
	t.deepEqual(waste(store.root), []);
});

test('kill -9 in the middle leaves nothing visible, ends the helpers, and the next one goes on', async t => {
	const store = layerStore(t);
	const child = startPuller(store.root, store.helper, 'up', '150000');
	t.teardown(() => child.kill('SIGKILL'));
	await until('a part of the download', () => names(`${store.root}/content/ingest`).some(name => statSync(`${store.root}/content/ingest/${name}`).size > 100_000));
	child.kill('SIGKILL');
	await once(child, 'close');
	t.deepEqual(names(`${store.root}/layers`), []);
	t.deepEqual(listBlobs(store.root), []);
	const layers = layersOf(...[0, 1, 2, 3].map(n => tar(file(`f${n}`, noise(400_000, `s${n}`)))));
	const source = sourceOf(layers);
	await unpackLayers(store, layers, source.fetch);
	t.true(source.asked.some(([, offset]) => offset > 0));
	t.is(names(`${store.root}/layers`).length, 4);
	t.deepEqual(waste(store.root), []);
});

test('a folder that a layer only passes through is as the layers below have it', async t => {
	const store = layerStore(t);
	const layers = layersOf(
		tar(
			folder('tmp', {mode: 0o1777, mtime: 77}),
			folder('srv', {uid: 5, gid: 6, mode: 0o750, pax: {'SCHILY.xattr.user.a': 'b'}}),
			folder('hidden', {mode: 0o700}),
			folder('cover/sub', {mode: 0o700}),
		),
		tar(file('.wh.hidden'), folder('cover', {mode: 0o755}), file('cover/.wh..wh..opq')),
		tar(file('tmp/x'), file('srv/deep/y'), file('hidden/z'), file('cover/sub/w')),
	);
	await unpackLayers(store, layers, sourceOf(layers).fetch);
	const tree = layerTree(store.root, layers[2]!.chainId);
	const [tmp, srv, deep, hidden, sub] = ['tmp', 'srv', 'srv/deep', 'hidden', 'cover/sub'].map(path => statSync(`${tree}/${path}`));
	t.deepEqual([tmp!.mode & 0o7777, tmp!.mtimeMs, srv!.uid, srv!.gid, srv!.mode & 0o7777], [0o1777, 77_000, 5, 6, 0o750]);
	t.deepEqual(
		[deep, hidden, sub].map(stat => stat!.mode & 0o7777),
		[0o755, 0o755, 0o755],
	);
});

test('a path through a link of a lower layer lands where the link points', async t => {
	const store = layerStore(t);
	const layers = layersOf(
		tar(folder('usr/lib', {mode: 0o711}), symlink('lib', 'usr/lib'), symlink('var', '/data'), folder('data', {uid: 9}), symlink('chain', 'var/../lib'), file('usr/lib/old', 'old')),
		tar(file('lib/x', '1'), file('lib/.wh.old'), file('var/run/y', '2'), hardLink('var/run/z', 'var/run/y'), file('chain/w', '3'), folder('lib/d', {mtime: 4})),
		tar(file('lib/top', '4')),
	);
	await unpackLayers(store, layers, sourceOf(layers).fetch);
	const tree = layerTree(store.root, layers[1]!.chainId);
	t.deepEqual(
		['usr/lib/x', 'data/run/y', 'data/run/z', 'usr/lib/w'].map(path => readFileSync(`${tree}/${path}`, 'utf8')),
		['1', '2', '2', '3'],
	);
	t.deepEqual(readdirSync(tree).sort(), ['data', 'usr']);
	t.true(statSync(`${tree}/usr/lib/old`).isCharacterDevice());
	t.deepEqual([statSync(`${tree}/usr/lib`).mode & 0o7777, statSync(`${tree}/data`).uid, statSync(`${tree}/usr/lib/d`).mtimeMs], [0o711, 9, 4000]);
	t.is(readFileSync(`${layerTree(store.root, layers[2]!.chainId)}/usr/lib/top`, 'utf8'), '4');
	t.deepEqual(waste(store.root), []);
});

test('a layer whose tree is gone is unpacked again', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(file('x', '123')));
	const source = sourceOf(layers);
	await unpackLayers(store, layers, source.fetch);
	rmSync(layerTree(store.root, layers[0]!.chainId), {recursive: true});
	t.deepEqual(
		(await unpackLayers(store, layers, source.fetch)).map(({fresh}) => fresh),
		[true],
	);
	t.is(readFileSync(`${layerTree(store.root, layers[0]!.chainId)}/x`, 'utf8'), '123');
	// The blob was still there.
	t.is(source.asked.length, 1);
});

test('what stands under its name is whole: the folder holds the tree and what is known of it', async t => {
	const store = layerStore(t);
	const layers = layersOf(tar(file('x', '123')));
	await unpackLayers(store, layers, sourceOf(layers).fetch);
	t.is(readFileSync(`${layerFolder(store.root, layers[0]!.chainId)}/info`, 'utf8'), 'size 3\nopaque no\nroot no\n');
	t.is(statSync(layerFolder(store.root, layers[0]!.chainId)).mode & 0o777, 0o700);
});

test('a full disk is said in a sentence, and what was fetched is no use to anybody', async t => {
	const {root, helper} = layerStore(t);
	const small = `${root}/small`;
	mkdirSync(small);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', small]);
	t.teardown(() => execFileSync('umount', [small]));
	const layers = layersOf(tar(file('x', noise(200_000))));
	const error = await t.throwsAsync(unpackLayers({root: small, helper}, layers, sourceOf(layers).fetch));
	t.true(isEngineError(error, 'store.no-space'), error?.message);
	t.deepEqual([names(`${small}/staging`), names(`${small}/layers`)], [[], []]);
});

test('ingestBlob() keeps a blob without unpacking it, resumed and checked', async t => {
	const store = layerStore(t);
	const [blob] = layersOf(noise(300_000)) as [TestLayer];
	const {signal} = new AbortController();
	await t.throwsAsync(ingestBlob(store, {...blob, size: blob.size - 1}, sourceOf([blob]).fetch, signal), {message: /longer than/});
	await Promise.all([1, 2].map(() => ingestBlob(store, blob, sourceOf([blob]).fetch, signal)));
	t.true(hasBlob(store.root, blob.digest));
	t.deepEqual(waste(store.root), []);
	const wrong = {...blob, digest: parseDigest(`sha512:${'0'.repeat(128)}`)};
	await t.throwsAsync(ingestBlob(store, wrong, sourceOf([wrong]).fetch, signal), {message: /sha512:/});
});
