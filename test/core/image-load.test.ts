import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import anyTest, {type TestFn} from 'ava';
import {findImage} from '../../core/image/find.ts';
import {listImages} from '../../core/image/list.ts';
import {loadImages} from '../../core/image/load.ts';
import {descriptorOf, makeImage, makeIndex, makeTar, type MadeImage} from '../helpers/registry-image.ts';
import {skopeoCopy, writeLayout} from '../helpers/registry-real.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest as TestFn<{store: TestStore; folder: string}>;
const base = makeTar([{name: 'base', content: 'base\n'}]);
const top = makeTar([{name: 'hello', content: 'hello\n'}]);
const image = makeImage({layers: [base, top]});
type Entry = Parameters<typeof makeTar>[0][number];

test.beforeEach(t => {
	t.context = {store: makeStore(), folder: mkdtempSync(join(tmpdir(), 'hawser-test-load-'))};
});
test.afterEach.always(t => {
	t.context.store.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

/** What `docker save` wrote before version 25. */
function dockerArchive({config, diffIds}: MadeImage, tars: readonly Buffer[], {tags = ['app:1'], extra = []}: {tags?: string[]; extra?: Entry[]} = {}): Buffer {
	const names = diffIds.map((_, index) => `${String(index).repeat(64)}/layer.tar`);
	const configName = `${config.digest.slice(7)}.json`;
	return makeTar([
		...tars.map((content, index) => ({name: names[index] ?? '', content})),
		{name: configName, content: config.bytes},
		...extra,
		{name: 'manifest.json', content: JSON.stringify([{Config: configName, RepoTags: tags, Layers: names}])},
	]);
}

function ociArchive(made: MadeImage, name?: string, extra: Entry[] = []): Buffer {
	const {manifest, config, layers} = made;
	const index = {
		...JSON.parse(makeIndex([]).bytes.toString()),
		manifests: [{...descriptorOf(manifest), ...(name !== undefined && {annotations: {'io.containerd.image.name': name}})}],
	};
	return makeTar([
		{name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}'},
		{name: 'index.json', content: JSON.stringify(index)},
		...[manifest, config, ...layers].map(({digest, bytes}) => ({name: `blobs/sha256/${digest.slice(7)}`, content: bytes})),
		...extra,
	]);
}

type Context = {context: {store: TestStore; folder: string}};

function load({context: {store, folder}}: Context, bytes: Buffer): Promise<string[]> {
	const path = join(folder, 'archive.tar');
	writeFileSync(path, bytes);
	return loadImages(store, {path});
}

const stagingOf = ({root}: TestStore) => (existsSync(join(root, 'staging')) ? readdirSync(join(root, 'staging')) : []);

test('a docker archive is loaded under its names', async t => {
	const {store} = t.context;
	t.deepEqual(await load(t, dockerArchive(image, [base, top], {tags: ['app:1', 'localhost:5000/app']})), ['app:1', 'localhost:5000/app:latest']);
	t.is(findImage(store, 'app:1').id, image.config.digest);
	t.is(findImage(store, 'app:1').size, 'base\nhello\n'.length);
	t.deepEqual(stagingOf(store), []);
});

test('an archive without names is loaded by id', async t => {
	t.deepEqual(await load(t, dockerArchive(image, [base, top], {tags: []})), [image.config.digest]);
	t.is(listImages(t.context.store)[0]?.tag, '<none>');
});

test('an OCI archive is loaded, and a blob that is compressed stays so', async t => {
	const {store} = t.context;
	t.deepEqual(await load(t, ociArchive(image, 'docker.io/library/app:2')), ['app:2']);
	t.true(existsSync(join(store.root, 'content/blobs/sha256', String(image.layers[0]?.digest).slice(7))));
	t.deepEqual(await load(t, ociArchive(image)), [image.config.digest]);
});

for (const [how, compress] of [
	['gzip', gzipSync],
	['zstd', zstdCompressSync],
] as const) {
	test(`an archive compressed with ${how} is loaded`, async t => {
		t.deepEqual(await load(t, compress(dockerArchive(image, [base, top]))), ['app:1']);
		t.deepEqual(stagingOf(t.context.store), []);
	});
}

test('compressed layers in a docker archive are told by their first bytes', async t => {
	const {store} = t.context;
	await load(t, dockerArchive(image, [gzipSync(base), top]));
	t.is(findImage(store, 'app:1').id, image.config.digest);
});

test('a second layer that is a link to the first is found', async t => {
	const twice = makeImage({layers: [base, base]});
	const archive = makeTar([
		{name: 'a/layer.tar', content: base},
		{name: 'b/layer.tar', type: '2', link: '../a/layer.tar'},
		{name: 'c.json', content: twice.config.bytes},
		{name: 'manifest.json', content: JSON.stringify([{Config: 'c.json', RepoTags: ['twice:1'], Layers: ['a/layer.tar', 'b/layer.tar']}])},
	]);
	t.deepEqual(await load(t, archive), ['twice:1']);
});

test('an archive comes through a pipe', async t => {
	const {store, folder} = t.context;
	const script = `import {loadImages} from ${JSON.stringify(new URL('../../core/image/load.ts', import.meta.url).href)};
import {openDatabase} from ${JSON.stringify(new URL('../../core/state/database.ts', import.meta.url).href)};
const db = openDatabase(${JSON.stringify(join(store.root, 'hawser.db'))}, []);
console.log(JSON.stringify(await loadImages({root: ${JSON.stringify(store.root)}, state: '', native: ${JSON.stringify(store.native)}, db}, {stdin: true})));`;
	writeFileSync(join(folder, 'load.mjs'), script);
	const child = spawn(process.execPath, [join(folder, 'load.mjs')], {stdio: ['pipe', 'pipe', 'inherit']});
	child.stdin.end(gzipSync(dockerArchive(image, [base, top])));
	const [output] = await Promise.all([child.stdout.toArray(), once(child, 'exit')]);
	t.is(Buffer.concat(output).toString().trim(), '["app:1"]');
	t.is(findImage(store, 'app:1').id, image.config.digest);
});

for (const format of ['docker-archive', 'oci-archive']) {
	test(`what skopeo writes as ${format} is loaded`, async t => {
		const {store, folder} = t.context;
		mkdirSync(join(folder, 'layout'));
		const file = join(folder, 'skopeo.tar');
		await skopeoCopy(writeLayout(join(folder, 'layout'), image, 'app:3'), `${format}:${file}:docker.io/library/app:3`);
		t.deepEqual(await loadImages(store, {path: file}), ['app:3']);
		t.is(findImage(store, 'app:3').id, image.config.digest);
	});
}

const noise = Buffer.from('this is not a tar file, though it is long enough to be taken for one '.repeat(50));
const evil: Array<[string, () => Buffer, RegExp]> = [
	['no tar', () => noise, /checksum in it is wrong/],
	['nothing', () => Buffer.alloc(0), /holds no image/],
	['a tar without an image', () => base, /holds no image/],
	['a manifest that is a link', () => makeTar([{name: 'manifest.json', type: '2', link: '/etc/shadow'}]), /"manifest\.json" in it is not a regular file/],
	[
		'a config that is a path',
		() => makeTar([{name: 'manifest.json', content: '[{"Config":"../../../etc/passwd","Layers":[]}]'}]),
		/"\.\.\/\.\.\/\.\.\/etc\/passwd" is missing in it/,
	],
	[
		'a config that is a link',
		() =>
			makeTar([
				{name: 'c', type: '2', link: '/etc/passwd'},
				{name: 'manifest.json', content: '[{"Config":"c","Layers":[]}]'},
			]),
		/"c" in it is not a regular file/,
	],
	[
		'a layer that is a link to the host',
		() =>
			makeTar([
				{name: 'l', type: '2', link: '/etc/passwd'},
				{name: 'c', content: makeImage({layers: [base]}).config.bytes},
				{name: 'manifest.json', content: '[{"Config":"c","Layers":["l"]}]'},
			]),
		/"l" in it is not a regular file/,
	],
	[
		'a layer that is a link to a link',
		() =>
			makeTar([
				{name: 'l', type: '2', link: 'm'},
				{name: 'm', type: '2', link: 'l'},
				{name: 'c', content: makeImage({layers: [base]}).config.bytes},
				{name: 'manifest.json', content: '[{"Config":"c","Layers":["l"]}]'},
			]),
		/"m" in it is not a regular file/,
	],
	['a layer with other content', () => dockerArchive(image, [base, base]), /sha256:/],
	[
		'a member twice',
		() =>
			dockerArchive(image, [base, top], {
				extra: [
					{name: 'x', content: '1'},
					{name: 'x', content: '2'},
				],
			}),
		/it has "x" twice/,
	],
	['a cut archive', () => dockerArchive(image, [base, top]).subarray(0, 5000), /cut off|missing|holds no image/],
	['too few layers', () => dockerArchive(makeImage({layers: [base, top]}), [base]), /missing in it/],
	['an OCI blob with other content', () => ociArchive({...image, config: {...image.config, bytes: Buffer.alloc(image.config.bytes.length, 32)}}), /is not what it should be/],
	['an OCI blob that is missing', () => ociArchive({...image, layers: []}), /is missing in it/],
	['a bad name', () => dockerArchive(image, [base, top], {tags: ['Bad Name']}), /invalid reference format/],
	['a broken compression', () => Buffer.concat([gzipSync(base).subarray(0, 40), Buffer.alloc(100)]), /cannot be decompressed|unexpected end/],
	['xz', () => Buffer.from('fd377a585a000000', 'hex'), /compressed with xz, which is not read here/],
	['a bomb', () => gzipSync(Buffer.alloc(300 * 1024 * 1024)), /grows more than 1000 times/],
];

for (const [what, make, reason] of evil) {
	test(`an archive with ${what} is refused`, async t => {
		const {store} = t.context;
		const error = await t.throwsAsync(load(t, make()), {name: 'EngineError', message: reason});
		t.notRegex(error.message, /\n/);
		t.deepEqual(listImages(store), []);
		t.deepEqual(stagingOf(store), []);
	});
}

test('a file that is not there is named', async t => {
	await t.throwsAsync(loadImages(t.context.store, {path: '/nowhere/image.tar'}), {message: 'open /nowhere/image.tar: no such file or directory'});
	await t.throwsAsync(loadImages(t.context.store, {path: t.context.folder}), {message: /is a directory, not an image archive/});
});
