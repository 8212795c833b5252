import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {collectGarbage} from '../../core/image/collect.ts';
import {findImage} from '../../core/image/find.ts';
import {takeLease} from '../../core/image/lease.ts';
import {listImages} from '../../core/image/list.ts';
import type {PullProgress} from '../../core/image/model.ts';
import {pruneImages} from '../../core/image/prune.ts';
import {pullAllTags, pullImage, type PullOptions} from '../../core/image/pull.ts';
import {remoteReferrers} from '../../core/image/remote.ts';
import {removeImage} from '../../core/image/remove.ts';
import {tagImage} from '../../core/image/tag.ts';
import {shortDigest, type Digest} from '../../core/oci/digest.ts';
import {mediaTypes} from '../../core/oci/media-types.ts';
import {blobOf, descriptorOf, makeImage, makeIndex, makeTar, sha256} from '../helpers/registry-image.ts';
import {cutAfter, replyWith, startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {makeStore, recordContainer, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest as TestFn<{registry: ScriptedRegistry; store: TestStore}>;

const base = makeTar([
	{name: 'etc/', type: '5', mode: 0o755},
	{name: 'etc/os-release', content: 'base\n'},
	{name: 'gone', content: 'x'},
]);
const top = makeTar([{name: 'hello', content: 'hello\n', mode: 0o755}, {name: '.wh.gone'}]);
const image = makeImage({layers: [base, top]});
const sharing = makeImage({layers: [base, makeTar([{name: 'other', content: 'other\n'}])]});
const quick: PullOptions = {transfer: {patience: {attempts: 2, firstDelay: 0.01, longestDelay: 0.02}, timeouts: {connect: 20_000, headers: 20_000}}};

test.beforeEach(async t => {
	const registry = await startRegistry();
	registry.serve('app', 'latest', image);
	registry.serve('sharing', 'latest', sharing);
	t.context = {registry, store: makeStore()};
});
test.afterEach.always(async t => {
	t.context.store.close();
	await t.context.registry.close();
});

type Context = {context: {registry: ScriptedRegistry; store: TestStore}};
const pull = ({context: {store, registry}}: Context, name = 'app', options: PullOptions = {}) => pullImage(store, `${registry.host}/${name}`, {...quick, ...options});
const layersOf = ({root}: TestStore) => (existsSync(join(root, 'layers')) ? readdirSync(join(root, 'layers')) : []);
const blobsOf = ({root}: TestStore) => (existsSync(join(root, 'content/blobs/sha256')) ? readdirSync(join(root, 'content/blobs/sha256')) : []);
const stagingOf = ({root}: TestStore) => (existsSync(join(root, 'staging')) ? readdirSync(join(root, 'staging')) : []);
const blobRequests = ({requests}: ScriptedRegistry) => requests.filter(({path}) => path.includes('/blobs/')).length;
const folder = ({root}: TestStore, chainId: Digest | undefined, ...path: string[]) => join(root, 'layers', String(chainId).slice(7), 'fs', ...path);

test('a pulled image is in the store: its record, its layers in overlay form, its blobs', async t => {
	const {store, registry} = t.context;
	const pulled = await pull(t);
	t.deepEqual(pulled, {id: image.config.digest, digest: image.manifest.digest, changed: true});
	const found = findImage(store, `${registry.host}/app`);
	t.deepEqual([...found.diffIds], [...image.diffIds] as Digest[]);
	t.deepEqual([...found.repoDigests], [`${registry.host}/app@${image.manifest.digest}`]);
	t.is(readFileSync(folder(store, found.chainIds[0], 'etc/os-release'), 'utf8'), 'base\n');
	t.is(readFileSync(folder(store, found.chainIds[1], 'hello'), 'utf8'), 'hello\n');
	t.is(found.size, 'base\n'.length + 1 + 'hello\n'.length);
	t.deepEqual(blobsOf(store).sort(), [image.manifest, image.config, ...image.layers].map(({digest}) => digest.slice(7)).sort());
	t.deepEqual(stagingOf(store), []);
	t.regex(readFileSync(join(store.root, 'journal'), 'utf8'), /"Type":"image","Action":"pull"/);
});

test('the second pull asks for the digest only', async t => {
	const {registry} = t.context;
	await pull(t);
	registry.requests.length = 0;
	t.deepEqual(await pull(t), {id: image.config.digest, digest: image.manifest.digest, changed: false});
	t.deepEqual(
		registry.requests.map(({method}) => method),
		['HEAD'],
	);
});

test('an image that shares layers fetches and unpacks only its own', async t => {
	const {registry} = t.context;
	await pull(t);
	registry.requests.length = 0;
	const seen: PullProgress[] = [];
	await pull(t, 'sharing', {onProgress: progress => seen.push(progress)});
	t.is(blobRequests(registry), 2, 'its config and its upper layer');
	t.true(seen.some(progress => progress.kind === 'layer' && progress.id === shortDigest(image.layers[0]?.digest as Digest) && progress.state === 'exists'));
});

test('progress tells of every layer from waiting to done', async t => {
	const {registry} = t.context;
	const seen: PullProgress[] = [];
	await pull(t, 'app', {onProgress: progress => seen.push(progress)});
	t.like(seen[0], {kind: 'resolved', reference: `${registry.host}/app:latest`, from: 'app'});
	for (const {digest} of image.layers) t.true(seen.some(progress => progress.kind === 'layer' && progress.id === shortDigest(digest) && progress.state === 'done'));
	t.like(seen.at(-1), {kind: 'done', digest: image.manifest.digest, changed: true});
});

test('a pull by digest has no tag', async t => {
	const {store, registry} = t.context;
	t.true((await pull(t, `app@${image.manifest.digest}`)).changed);
	t.deepEqual(
		listImages(store).map(({repository, tag}) => [repository, tag]),
		[[`${registry.host}/app`, '<none>']],
	);
	registry.requests.length = 0;
	t.false((await pull(t, `app:latest@${image.manifest.digest}`)).changed);
	t.is(registry.requests.length, 0);
});

test('a tag that moved is pulled anew, and the old image loses its name', async t => {
	const {store, registry} = t.context;
	await pull(t);
	registry.serve('app', 'latest', sharing);
	t.true((await pull(t)).changed);
	t.is(findImage(store, `${registry.host}/app`).id, sharing.config.digest);
	t.is(listImages(store, {filters: new Map([['dangling', ['true']]])}).length, 1);
});

const foreign = makeImage({config: {architecture: 's390x'}});

test('of an index the image for this machine is taken, or the one that was asked for', async t => {
	const {registry, store} = t.context;
	const own = process.arch === 'x64' ? 'linux/amd64' : `linux/${process.arch}`;
	const inner = makeIndex([{blob: image.manifest, platform: own}]);
	const index = makeIndex([
		{blob: foreign.manifest, platform: 'linux/s390x'},
		{blob: inner, platform: own},
	]);
	registry.serve('hidden', 'x', image);
	registry.serve('hidden', 'y', foreign);
	registry.serve('hidden', 'z', inner);
	registry.serve('multi', 'latest', index);
	t.deepEqual(await pull(t, 'multi'), {id: image.config.digest, digest: index.digest, changed: true});
	t.deepEqual(await pull(t, 'multi', {platform: 'linux/s390x'}), {id: foreign.config.digest, digest: index.digest, changed: true});
	t.is(findImage(store, `${registry.host}/multi`).architecture, 's390x');
	await t.throwsAsync(pull(t, 'multi', {platform: 'linux/mips64le'}), {message: /no matching manifest for linux\/mips64le in the manifest list entries/});
	await t.throwsAsync(pull(t, 'multi', {platform: 'a b'}), {code: 'platform.invalid'});
});

test('an index that says another platform than the config is refused', async t => {
	const {registry} = t.context;
	registry.serve('hidden', 'y', foreign);
	registry.serve('spoof', 'latest', makeIndex([{blob: foreign.manifest, platform: process.arch === 'x64' ? 'linux/amd64' : `linux/${process.arch}`}]));
	await t.throwsAsync(pull(t, 'spoof'), {message: /its config says linux\/s390x/});
});

test('indexes nested too deep are refused', async t => {
	const {registry} = t.context;
	let inner = makeIndex([{blob: image.manifest}]);
	for (let depth = 0; depth < 3; depth++) {
		registry.serve('hidden', String(depth), inner);
		inner = makeIndex([{blob: inner}], {annotations: {depth: String(depth)}});
	}
	registry.serve('deep', 'latest', inner);
	await t.throwsAsync(pull(t, 'deep'), {message: /nested more than 2 deep/});
});

type Broken = [string, (registry: ScriptedRegistry) => void, RegExp];
const layerPath = new RegExp(image.layers[1]?.digest ?? '');
const layerBytes = image.layers[1]?.bytes ?? Buffer.alloc(0);
const wrongSize = (change: number) =>
	makeImage({layers: [base, top], manifest: {layers: image.layers.map(({mediaType, digest, bytes}) => ({mediaType, digest, size: bytes.length + change}))}});

const broken: Broken[] = [
	['a layer with other content', registry => registry.trick(layerPath, replyWith(200, {}, Buffer.from(layerBytes).fill(0, 20, 30))), /sha256:|digest/],
	['a layer that is shorter than promised', registry => registry.serve('app', 'latest', wrongSize(5)), /bytes, but the manifest says|sha256:/],
	['a layer that is longer than promised', registry => registry.serve('app', 'latest', wrongSize(-5)), /bytes, but the manifest says|more than/],
	['a layer that always breaks off', registry => registry.trick(layerPath, cutAfter(layerBytes, 30)), /ended in the middle|wrong part/],
	['a layer that is not there', registry => registry.trick(layerPath, replyWith(404)), /not its blob sha256/],
	['a layer behind a 500', registry => registry.trick(layerPath, replyWith(500)), /500 Internal Server Error/],
	[
		'a config with another diff-id',
		registry => registry.serve('app', 'latest', makeImage({layers: [base, top], diffIds: [sha256(base), sha256(Buffer.from('other'))]})),
		/diff.?id|uncompressed|sha256:/i,
	],
	[
		'fewer diff-ids than layers',
		registry => registry.serve('app', 'latest', makeImage({layers: [base, top], diffIds: [sha256(base)]})),
		/2 layers in its manifest and 1 in its config/,
	],
	['a layer that is no archive', registry => registry.serve('app', 'latest', makeImage({layers: [base, Buffer.from('this is no tar at all'.repeat(100))]})), /./],
	[
		'a config with other content',
		registry => registry.trick(new RegExp(image.config.digest), replyWith(200, {}, Buffer.alloc(image.config.bytes.length, 32))),
		/is not what it should be/,
	],
	['a manifest called an index', registry => registry.serve('app', 'latest', blobOf(image.manifest.bytes, 'application/vnd.oci.image.index.v1+json')), /is called/],
];

for (const [what, how, reason] of broken) {
	test(`${what} ends the pull, and leaves no image`, async t => {
		const {store, registry} = t.context;
		how(registry);
		const error = await t.throwsAsync(pull(t), {name: 'EngineError', message: reason});
		t.notRegex(error.message, /\n/);
		t.deepEqual(listImages(store), []);
		t.deepEqual(stagingOf(store), []);
		t.is(store.db.prepare('SELECT count(*) AS n FROM leases').get()?.['n'], 0);
	});
}

test('an interrupted pull goes on with what it has', async t => {
	const {registry, store} = t.context;
	const large = makeImage({layers: [makeTar([{name: 'noise', content: Buffer.from(Array.from({length: 2_000_000}, (_, index) => (index * 7919 * (index >> 3)) & 255))}])]});
	registry.serve('large', 'latest', large);
	const bytes = large.layers[0]?.bytes ?? Buffer.alloc(0);
	const path = new RegExp(large.layers[0]?.digest ?? '');
	registry.trick(path, replyWith(500));
	registry.trick(path, cutAfter(bytes, bytes.length >> 1), 1);
	await t.throwsAsync(pull(t, 'large'));
	t.is(readdirSync(join(store.root, 'content/ingest')).length, 1);
	registry.trick(path, (request, response) => (request.headers.range === undefined ? replyWith(500)(request, response) : honest(bytes)(request, response)));
	await t.notThrowsAsync(pull(t, 'large'));
	t.is(listImages(store).length, 1);
	t.is(readdirSync(join(store.root, 'content/ingest')).length, 0);
});

test('prune takes what a broken pull has left', async t => {
	const {registry, store} = t.context;
	registry.trick(layerPath, replyWith(500));
	registry.trick(layerPath, cutAfter(layerBytes, 30), 1);
	await t.throwsAsync(pull(t));
	t.true(readdirSync(join(store.root, 'content/ingest')).length > 0);
	await pruneImages(store);
	t.is(readdirSync(join(store.root, 'content/ingest')).length, 0);
	t.deepEqual([layersOf(store), blobsOf(store)], [[], []]);
});

const honest =
	(bytes: Buffer) =>
	(request: {headers: {range?: string | undefined}}, response: Parameters<ReturnType<typeof replyWith>>[1]): void => {
		const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
		response.writeHead(206, {'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`});
		response.end(bytes.subarray(from));
	};

test('the same layer many times over is fetched once', async t => {
	const {registry, store} = t.context;
	registry.serve('many', 'latest', makeImage({layers: Array.from({length: 20}, () => base)}));
	await pull(t, 'many');
	t.is(findImage(store, `${registry.host}/many`).chainIds.length, 20);
	t.is(layersOf(store).length, 20);
	t.is(blobRequests(registry), 2);
});

test('two pulls at once both end well', async t => {
	const {store} = t.context;
	const both = await Promise.all([pull(t), pull(t), pull(t, 'sharing')]);
	t.deepEqual(new Set(both.map(({id}) => id)), new Set([image.config.digest, sharing.config.digest]));
	t.is(layersOf(store).length, 3);
});

test('the last name of an image takes the image, and leaves what others share', async t => {
	const {store, registry} = t.context;
	await pull(t);
	await pull(t, 'sharing');
	tagImage(store, `${registry.host}/app`, 'mine');
	t.deepEqual(await removeImage(store, 'mine'), [{Untagged: 'mine:latest'}]);
	const removed = await removeImage(store, `${registry.host}/app`);
	t.deepEqual(removed.slice(0, 3), [{Untagged: `${registry.host}/app:latest`}, {Untagged: `${registry.host}/app@${image.manifest.digest}`}, {Deleted: image.config.digest}]);
	t.is(removed.length, 4, 'one layer of its own');
	t.is(layersOf(store).length, 2);
	t.deepEqual(stagingOf(store), []);
	t.is((await removeImage(store, shortDigest(sharing.config.digest))).length, 5);
	t.deepEqual([layersOf(store), blobsOf(store)], [[], []]);
	await t.throwsAsync(removeImage(store, 'mine'), {message: 'No such image: mine:latest'});
});

test('an image in use is kept, and says by which container', async t => {
	const {store, registry} = t.context;
	const {id} = await pull(t);
	const container = recordContainer(store, 'one', id);
	const name = `${registry.host}/app:latest`;
	await t.throwsAsync(removeImage(store, name), {
		message: `conflict: unable to remove repository reference "${name}" (must force) - container ${container.slice(0, 12)} is using its referenced image ${shortDigest(id)}`,
		code: 'image.in-use',
	});
	await t.throwsAsync(removeImage(store, id), {
		message: `conflict: unable to delete ${shortDigest(id)} (must be forced) - image is being used by stopped container ${container.slice(0, 12)}`,
	});
	t.deepEqual(
		(await removeImage(store, name, {force: true})).map(line => Object.keys(line)[0]),
		['Untagged', 'Untagged'],
	);
	t.is(findImage(store, id).id, id);
	t.deepEqual(await pruneImages(store, {all: true}), {removed: [], spaceReclaimed: 0});
	store.db.exec('DELETE FROM containers');
	t.is((await pruneImages(store)).removed.length, 3);
	t.deepEqual(layersOf(store), []);
});

test('an image of several repositories is removed by id only by force', async t => {
	const {store} = t.context;
	const {id} = await pull(t);
	tagImage(store, id, 'mine');
	await t.throwsAsync(removeImage(store, id), {message: /must be forced\) - image is referenced in multiple repositories/});
	await removeImage(store, id, {force: true});
	t.deepEqual(listImages(store), []);
});

test('prune takes images without a name, and with all those without a container', async t => {
	const {store, registry} = t.context;
	await pull(t);
	registry.serve('app', 'latest', sharing);
	await pull(t);
	const {removed, spaceReclaimed} = await pruneImages(store);
	t.true(removed.some(line => line.Deleted === image.config.digest));
	t.is(spaceReclaimed, 'hello\n'.length);
	t.is(listImages(store).length, 1);
	await pruneImages(store, {all: true});
	t.deepEqual([listImages(store), layersOf(store)], [[], []]);
});

test('what a pull has pinned is not collected, and what a dead one had is', async t => {
	const {store} = t.context;
	await pull(t);
	const chains = findImage(store, image.config.digest).chainIds;
	const lease = takeLease(store.db);
	lease.add('layer', chains);
	store.db.exec('DELETE FROM images');
	await collectGarbage(store);
	t.is(layersOf(store).length, 2);
	t.deepEqual(blobsOf(store), []);
	lease.drop();
	store.db.prepare('INSERT INTO leases (holder, kind, key) VALUES (?, ?, ?)').run('1:1:another-boot:1', 'layer', chains[0] ?? '');
	await collectGarbage(store);
	t.deepEqual(layersOf(store), []);
});

test('a disk that cannot hold the layers is told before it is full', async t => {
	const {registry, store} = t.context;
	const size = 90 * 1024 ** 3;
	registry.serve(
		'huge',
		'latest',
		makeImage({manifest: {layers: Array.from({length: 1}, () => ({mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: sha256(base), size}))}}),
	);
	await t.throwsAsync(pull(t, 'huge'), {message: /no space left on device|not its blob/});
	t.deepEqual(stagingOf(store), []);
});

test('a file in the way of the store is told', async t => {
	const {store} = t.context;
	writeFileSync(join(store.root, 'layers'), 'in the way');
	await t.throwsAsync(pull(t));
	t.deepEqual(listImages(store), []);
});

test('all tags of a repository are pulled, over pages', async t => {
	const {registry, store} = t.context;
	const other = makeImage({config: {author: 'other'}});
	registry.serve('many', 'a', image);
	registry.serve('many', 'b', other);
	registry.trick(/tags\/list\?n=/, replyWith(200, {Link: '</v2/many/tags/list?last=a&n=1>; rel="next"'}, '{"name":"many","tags":["a"]}'));
	registry.trick(/tags\/list\?last=a/, replyWith(200, {}, '{"name":"many","tags":["b"]}'));
	const pulled = await pullAllTags(store, `${registry.host}/many`);
	t.deepEqual(
		pulled.map(({id}) => id),
		[image.config.digest, other.config.digest],
	);
	t.is(findImage(store, `${registry.host}/many:b`).id, other.config.digest);
	await t.throwsAsync(pullAllTags(store, `${registry.host}/many:a`), {message: "tag can't be used with --all-tags/-a"});
});

test('pulling another platform points the tag to it, and back', async t => {
	const {registry, store} = t.context;
	const arm = makeImage({config: {architecture: 'arm', variant: 'v7'}});
	const old = makeImage({config: {architecture: 'arm', variant: 'v6', author: 'old'}});
	registry.serve('multi', 'a', arm);
	registry.serve('multi', 'b', old);
	registry.serve('multi', 'c', image);
	const index = makeIndex([
		{blob: image.manifest, platform: 'linux/amd64'},
		{blob: arm.manifest, platform: 'linux/arm/v7'},
		{blob: old.manifest, platform: 'linux/arm/v6'},
	]);
	registry.serve('multi', 'latest', index);
	const name = `${registry.host}/multi`;
	const pull = async (platform?: string) => (await pullImage(store, name, platform === undefined ? {} : {platform})).id;
	t.is(await pull('linux/arm/v7'), arm.config.digest);
	t.is(findImage(store, name).id, arm.config.digest);
	t.is(await pull('linux/arm/v6'), old.config.digest);
	t.is(findImage(store, name).id, old.config.digest);
	t.is(await pull(), image.config.digest);
	t.is(findImage(store, name).id, image.config.digest);
	t.is(await pull('linux/arm'), arm.config.digest);
});

test('what refers to an image is listed, by the API or by the tag that stands in for it', async t => {
	const {registry} = t.context;
	registry.serve('signed', 'latest', image);
	const referrers = {
		schemaVersion: 2,
		mediaType: mediaTypes.ociIndex,
		manifests: [
			{...descriptorOf(image.config), mediaType: mediaTypes.ociManifest, artifactType: 'application/spdx+json'},
			{...descriptorOf(image.manifest), artifactType: 'application/x-sig'},
		],
	};
	const types = async (artifactType?: string) =>
		(await remoteReferrers(`${registry.host}/signed`, artifactType === undefined ? {} : {artifactType})).map(found => found.artifactType);
	t.deepEqual(await types(), []);
	registry.trick(new RegExp(`manifests/${image.manifest.digest.replace(':', '-')}`), replyWith(200, {}, JSON.stringify(referrers)));
	t.deepEqual(await types(), ['application/spdx+json', 'application/x-sig']);
	t.deepEqual(await types('application/x-sig'), ['application/x-sig']);
	registry.trick(/referrers/, replyWith(200, {}, JSON.stringify({...referrers, manifests: referrers.manifests.slice(0, 1)})));
	t.deepEqual(await types(), ['application/spdx+json']);
});
