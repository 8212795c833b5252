import {execFileSync} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {zstdCompressSync} from 'node:zlib';
import anyTest, {type TestFn} from 'ava';
import {writeArchive} from '../../core/image/archive-write.ts';
import {findImage} from '../../core/image/find.ts';
import {loadImages} from '../../core/image/load.ts';
import {pullImage} from '../../core/image/pull.ts';
import {removeImage} from '../../core/image/remove.ts';
import {type SaveOptions, saveImages} from '../../core/image/save.ts';
import {tagImage} from '../../core/image/tag.ts';
import {startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {blobOf, descriptorOf, makeImage, makeIndex, makeTar} from '../helpers/registry-image.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest as TestFn<{registry: ScriptedRegistry; store: TestStore; folder: string}>;
const base = makeTar([{name: 'base', content: 'base\n'}]);
const top = makeTar([{name: 'hello', content: 'hello\n'}]);
const image = makeImage({layers: [base, top]});
const docker = makeImage({layers: [base], docker: true, config: {author: 'docker'}});

test.beforeEach(async t => {
	const registry = await startRegistry();
	registry.serve('app', 'latest', image);
	registry.serve('old', '1', docker);
	const store = makeStore();
	t.context = {registry, store, folder: mkdtempSync(join(tmpdir(), 'hawser-test-save-'))};
	await pullImage(store, `${registry.host}/app`);
	await pullImage(store, `${registry.host}/old:1`);
	tagImage(store, `${registry.host}/app`, 'app:one');
	tagImage(store, `${registry.host}/app`, 'app:two');
});
test.afterEach.always(async t => {
	t.context.store.close();
	await t.context.registry.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

type Context = {context: {registry: ScriptedRegistry; store: TestStore; folder: string}};

async function save({context: {store, folder}}: Context, names: readonly string[], options: SaveOptions = {}, file = 'saved.tar'): Promise<string> {
	const path = join(folder, file);
	const fd = openSync(path, 'w');
	try {
		await saveImages(store, names, fd, options);
	} finally {
		closeSync(fd);
	}
	return path;
}

const member = (path: string, name: string) => JSON.parse(execFileSync('tar', ['xOf', path, name], {encoding: 'utf8'})) as Array<Record<string, unknown>> & Record<string, never>;
const listing = (path: string): string[] => execFileSync('tar', ['tf', path], {encoding: 'utf8'}).trim().split('\n');

test('an archive is a docker archive and an OCI layout in one, and the same each time', async t => {
	const path = await save(t, ['app:one']);
	const names = listing(path);
	t.deepEqual(names, [...names].sort());
	t.deepEqual(names.slice(0, 2), ['blobs/', 'blobs/sha256/']);
	t.deepEqual(names.slice(-4), ['index.json', 'manifest.json', 'oci-layout', 'repositories']);
	t.deepEqual(member(path, 'manifest.json')[0], {
		Config: `blobs/sha256/${image.config.digest.slice(7)}`,
		RepoTags: ['app:one'],
		Layers: image.layers.map(({digest}) => `blobs/sha256/${digest.slice(7)}`),
	});
	t.deepEqual(member(path, 'index.json')['manifests'], [
		{...descriptorOf(image.manifest), annotations: {'io.containerd.image.name': 'docker.io/library/app:one', 'org.opencontainers.image.ref.name': 'one'}},
	] as never);
	t.true(readFileSync(path).equals(readFileSync(await save(t, ['app:one'], {}, 'again.tar'))));
});

test('a bare repository means all its tags, and an id none', async t => {
	t.deepEqual(member(await save(t, ['app']), 'manifest.json')[0]?.['RepoTags'], ['app:one', 'app:two']);
	const byId = await save(t, [image.config.digest]);
	t.is(member(byId, 'manifest.json')[0]?.['RepoTags'], null);
	t.false(listing(byId).includes('repositories'));
	await t.throwsAsync(save(t, ['nope']), {message: 'No such image: nope:latest'});
	await t.throwsAsync(save(t, ['app:three']), {message: 'No such image: app:three'});
	await t.throwsAsync(save(t, ['app'], {platforms: ['linux/riscv64']}), {message: 'no suitable export target found for platform linux/riscv64'});
});

test('what was saved is loaded with its names, ids and digests', async t => {
	const {store, registry} = t.context;
	const path = await save(t, ['app', `${registry.host}/old:1`]);
	for (const name of ['app:one', 'app:two', `${registry.host}/app`, `${registry.host}/old:1`]) await removeImage(store, name);
	t.false(existsSync(join(store.root, 'content/blobs/sha256', image.config.digest.slice(7))));
	t.deepEqual(await loadImages(store, {path}), ['app:one', 'app:two', `${registry.host}/old:1`]);
	t.is(findImage(store, 'app:two').id, image.config.digest);
	t.true(readFileSync(path).equals(readFileSync(await save(t, ['app', `${registry.host}/old:1`], {}, 'again.tar'))));
});

for (const kind of ['docker-archive', 'oci-archive']) {
	test(`skopeo reads what was saved as ${kind}`, async t => {
		const {folder, registry} = t.context;
		for (const [file, name, saved] of [
			['oci.tar', 'app:one', image],
			['docker.tar', `${registry.host}/old:1`, docker],
		] as const) {
			const source = kind === 'oci-archive' ? `${kind}:${await save(t, [name], {}, file)}` : `${kind}:${await save(t, [name], {}, file)}:${name}`;
			const target = join(folder, `${kind}-${file}`);
			execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', source, `dir:${target}`], {stdio: ['ignore', 'ignore', 'pipe']});
			t.true(readFileSync(join(target, saved.config.digest.slice(7))).equals(saved.config.bytes));
			if (kind === 'oci-archive') t.true(readFileSync(join(target, 'manifest.json')).equals(saved.manifest.bytes));
		}
	});
}

test('an image whose layer was unpacked from another compression is saved as it was pulled', async t => {
	const {store, registry} = t.context;
	const layers = [base, top].map(tar => blobOf(zstdCompressSync(tar), 'application/vnd.oci.image.layer.v1.tar+zstd'));
	const config = blobOf(Buffer.from(JSON.stringify({...JSON.parse(image.config.bytes.toString()), author: 'zstd'})), image.config.mediaType);
	const manifest = blobOf(
		Buffer.from(JSON.stringify({...JSON.parse(image.manifest.bytes.toString()), config: descriptorOf(config), layers: layers.map(descriptorOf)})),
		image.manifest.mediaType,
	);
	registry.serve('app', 'zstd', {manifest, config, layers, diffIds: image.diffIds});
	await pullImage(store, `${registry.host}/app:zstd`);
	t.deepEqual(member(await save(t, [`${registry.host}/app:zstd`]), 'index.json')['manifests']?.[0]?.['digest'], manifest.digest as never);
});

test('a name that stood for another image is told', async t => {
	const {store} = t.context;
	const path = await save(t, ['app:one']);
	tagImage(store, `${t.context.registry.host}/old:1`, 'app:one');
	const renamed: unknown[] = [];
	await loadImages(store, {path}, {onRenamed: (name, before) => renamed.push([name, before])});
	t.deepEqual(renamed, [['app:one', docker.config.digest]]);
	await loadImages(store, {path}, {onRenamed: () => t.fail()});
});

test('of an archive for several platforms the one that was asked for is loaded', async t => {
	const {store, folder} = t.context;
	const arm = makeImage({layers: [base], config: {architecture: 'arm64'}});
	const index = makeIndex([
		{blob: image.manifest, platform: 'linux/amd64'},
		{blob: arm.manifest, platform: 'linux/arm64'},
	]);
	const blobs = [image.manifest, image.config, ...image.layers, arm.manifest, arm.config, index];
	const outer = makeIndex([{blob: index}]);
	const path = join(folder, 'multi.tar');
	writeFileSync(
		path,
		makeTar([
			{name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}'},
			{name: 'index.json', content: outer.bytes},
			...blobs.map(({digest, bytes}) => ({name: `blobs/sha256/${digest.slice(7)}`, content: bytes})),
		]),
	);
	t.deepEqual(await loadImages(store, {path}, {platforms: ['linux/arm64']}), [arm.config.digest]);
	t.is(findImage(store, arm.config.digest).architecture, 'arm64');
	await t.throwsAsync(loadImages(store, {path}, {platforms: ['linux/s390x']}), {code: 'image.no-platform'});
});

test('a long name and a very large size are written as tar reads them', async t => {
	const path = join(t.context.folder, 'odd.tar');
	const fd = openSync(path, 'w');
	const name = `blobs/sha512/${'a'.repeat(128)}`;
	await writeArchive(fd, [{name, size: 3, content: Buffer.from('abc')}]);
	t.deepEqual(execFileSync('tar', ['xOf', path, name], {encoding: 'utf8'}), 'abc');
	const endless = writeArchive(fd, [
		{
			name: 'large',
			size: 9 * 2 ** 30,
			// eslint-disable-next-line require-yield
			async *content() {
				throw new Error('enough');
			},
		},
	]);
	await t.throwsAsync(endless, {message: 'enough'});
	closeSync(fd);
	const header = readFileSync(path).subarray(512 * 6, 512 * 7);
	t.is(header.toString('latin1', 0, 5), 'large');
	t.is(header.readBigUInt64BE(128), 9n * 2n ** 30n);
});
