/** A registry that lies, in all the ways that we could think of: nothing wrong is stored, nothing secret leaves, it ends soon, and a word tells what it was. */
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import type {OutgoingHttpHeaders} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import anyTest, {type TestFn} from 'ava';
import {isEngineError} from '../../core/errors/error.ts';
import {listImages} from '../../core/image/list.ts';
import {pullAllTags, pullImage, type PullOptions} from '../../core/image/pull.ts';
import {pushImage} from '../../core/image/push.ts';
import {remoteReferrers} from '../../core/image/remote.ts';
import {tagImage} from '../../core/image/tag.ts';
import {login} from '../../core/registry/login.ts';
import {searchImages} from '../../core/registry/search.ts';
import {cutAfter, fail, replyWith, silence, startRegistry, type ScriptedRegistry, type Trick} from '../helpers/registry.ts';
import {blobOf, descriptorOf, makeImage, makeIndex, makeTar, type Blob, type MadeImage} from '../helpers/registry-image.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

// Serial, because the credentials come from the environment's DOCKER_CONFIG.
const test = anyTest.serial as TestFn<World>;
type World = {registry: ScriptedRegistry; other: ScriptedRegistry; store: TestStore; folder: string};

const image = makeImage({layers: [makeTar([{name: 'base', content: 'base\n'}]), makeTar([{name: 'hello', content: 'hello\n'.repeat(5000)}])]});
const [layer = image.config] = image.layers.slice(1);
const hasty: PullOptions['transfer'] = {
	patience: {attempts: 2, firstDelay: 0.01, longestDelay: 0.01},
	timeouts: {connect: 2000, headers: 300},
	pace: {idle: 300, window: 600, leastRate: 1000},
};
const secret = Buffer.from('user:canary-password').toString('base64');

test.beforeEach(async t => {
	const [registry, other] = await Promise.all([startRegistry(), startRegistry()]);
	const folder = mkdtempSync(join(tmpdir(), 'hawser-test-hostile-'));
	process.env['DOCKER_CONFIG'] = folder;
	writeFileSync(join(folder, 'config.json'), JSON.stringify({auths: {[registry.host]: {auth: secret}}}));
	registry.serve('app', 'latest', image);
	other.serve('app', 'latest', image);
	t.context = {registry, other, store: makeStore(), folder};
});
test.afterEach.always(async t => {
	const {registry, other, store, folder} = t.context;
	store.close();
	await Promise.all([registry.close(), other.close()]);
	rmSync(folder, {recursive: true, force: true});
});

const blobsOnDisk = ({root}: TestStore): string[] => (existsSync(join(root, 'content/blobs/sha256')) ? readdirSync(join(root, 'content/blobs/sha256')) : []);
const stagingOf = ({root}: TestStore): string[] => (existsSync(join(root, 'staging')) ? readdirSync(join(root, 'staging')) : []);

const manifests = /\/manifests\//;
const blobs = /\/blobs\/sha256/;
const layerBlob = new RegExp(`/blobs/${layer.digest}`);
const configBlob = new RegExp(`/blobs/${image.config.digest}`);

/** A manifest that is not what it was, under the tag, with a digest that fits. */
const served = (document: unknown, type = image.manifest.mediaType): Trick =>
	replyWith(200, {'Content-Type': type}, typeof document === 'string' ? document : JSON.stringify(document));
const manifest = JSON.parse(image.manifest.bytes.toString()) as Record<string, unknown> & {config: Record<string, unknown>; layers: Array<Record<string, unknown>>};
const withLayer = (change: Record<string, unknown>) => served({...manifest, layers: [manifest.layers[0], {...manifest.layers[1], ...change}]});
const withConfig = (change: Record<string, unknown>) => served({...manifest, config: {...manifest.config, ...change}});

/** Another config, honestly described. */
function withOtherConfig({registry}: World, change: Record<string, unknown> | string): void {
	const bytes = typeof change === 'string' ? Buffer.from(change) : Buffer.from(JSON.stringify({...JSON.parse(image.config.bytes.toString()), ...change}));
	const config = blobOf(bytes, image.config.mediaType);
	registry.serve('app', 'x', config);
	registry.trick(manifests, served({...manifest, config: descriptorOf(config)}));
}

function withOtherLayer({registry}: World, bytes: Buffer): void {
	const other = blobOf(bytes, layer.mediaType);
	registry.serve('app', 'x', other);
	registry.trick(manifests, withLayer(descriptorOf(other)));
}

const drip =
	(every: number, piece: Buffer, headers: OutgoingHttpHeaders = {}): Trick =>
	(_, response) => {
		response.writeHead(200, headers);
		response.write(piece);
		const timer = setInterval(() => response.write(piece), every);
		response.once('close', () => clearInterval(timer));
	};

const endless =
	(piece: Buffer): Trick =>
	(_, response) => {
		response.writeHead(200);
		const more = () => void (response.destroyed || response.write(piece, () => setImmediate(more)));
		more();
	};

const challenge =
	(header: string): Trick =>
	(_, response) =>
		fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': header});

type Lie = readonly [name: string, make: (world: World) => void, said: RegExp];
const on = (path: RegExp, how: Trick) => (world: World) => world.registry.trick(path, how);
/** A trick that knows of the other registry. */
const onWith = (path: RegExp, how: (world: World) => Trick) => (world: World) => world.registry.trick(path, how(world));
const deep = (count: number): string => `${'{"a":'.repeat(count)}1${'}'.repeat(count)}`;
const index = (entries: Parameters<typeof makeIndex>[0], extra = {}): Blob => makeIndex(entries, extra);

const lies: readonly Lie[] = [
	// What stands for the manifest.
	['a manifest that is no JSON', on(manifests, served('<html>hello</html>')), /not acceptable JSON/],
	['an empty manifest', on(manifests, served('')), /not acceptable JSON/],
	['a manifest cut in the middle', on(manifests, served(image.manifest.bytes.toString().slice(0, -5))), /not acceptable JSON/],
	['a manifest with bad UTF-8', on(manifests, replyWith(200, {}, Buffer.from([0x7b, 0xff, 0x7d]))), /UTF-8/],
	['a manifest with two configs', on(manifests, served(`{"config":{},${image.manifest.bytes.toString().slice(1)}`)), /appears twice/],
	['a manifest with a __proto__', on(manifests, served(`{"__proto__":{},${image.manifest.bytes.toString().slice(1)}`)), /__proto__/],
	['a manifest nested without end', on(manifests, served(deep(5000))), /nested deeper/],
	['a manifest without end', on(manifests, endless(Buffer.alloc(65_536, ' '))), /larger than/],
	['a manifest that announces gigabytes', on(manifests, (_, response) => response.writeHead(200, {'Content-Length': 5e9}).flushHeaders()), /larger than/],
	['a manifest that is called an index', on(manifests, served(manifest, 'application/vnd.oci.image.index.v1+json')), /is called/],
	['a manifest of schema 1', on(manifests, served({schemaVersion: 1, name: 'app'}, 'application/vnd.docker.distribution.manifest.v1+prettyjws')), /schema 1/],
	['a manifest and an index in one', on(manifests, served({...manifest, manifests: []})), /at once/],
	['a manifest of version 3', on(manifests, served({...manifest, schemaVersion: 3})), /schemaVersion/],
	['a list in place of a manifest', on(manifests, served([])), /must be an object/],
	['a manifest without layers', on(manifests, served({...manifest, layers: null})), /layers/],
	['a manifest with 128 layers', on(manifests, served({...manifest, layers: Array(128).fill(manifest.layers[0])})), /at most 127/],
	['a manifest under another digest', on(manifests, replyWith(200, {'Docker-Content-Digest': `sha256:${'0'.repeat(64)}`}, image.manifest.bytes)), /the registry calls it/],
	['an artifact that is no image', on(manifests, withConfig({mediaType: 'application/vnd.cncf.helm.config.v1+json'})), /not a container image/],
	['a layer that is a file system', on(manifests, withLayer({mediaType: 'application/vnd.erofs.layer.v1'})), /not supported/],
	// Descriptors.
	['a digest that is a path', on(manifests, withLayer({digest: 'sha256:../../../../etc/passwd'})), /is no digest/],
	['a digest in upper case', on(manifests, withLayer({digest: layer.digest.toUpperCase()})), /is no digest/],
	['a digest of md5', on(manifests, withLayer({digest: `md5:${'0'.repeat(32)}`})), /is no digest/],
	['a digest with a newline', on(manifests, withLayer({digest: `${layer.digest}\n`})), /is no digest/],
	['a size that is negative', on(manifests, withLayer({size: -1})), /size in bytes/],
	['a size that is a text', on(manifests, withLayer({size: '100'})), /size in bytes/],
	['a size beyond measure', on(manifests, served(image.manifest.bytes.toString().replace(`"size":${layer.bytes.length}`, '"size":9007199254740993'))), /out of range/],
	['a layer of terabytes', on(manifests, withLayer({size: 5e12})), /larger than/],
	['a layer that is larger than the disk', on(manifests, withLayer({size: 99 * 2 ** 30})), /not enough space|sends blob/],
	['a config of a gigabyte', on(manifests, withConfig({size: 2 ** 30})), /larger than/],
	// Indexes.
	['an index that leads to itself', onWith(manifests, world => served(selfIndex(world))), /not what it should be|leads back|nested|is \w+:/],
	[
		'an index of 513 entries',
		on(manifests, served(JSON.parse(index(Array(513).fill({blob: image.manifest})).bytes.toString()), 'application/vnd.oci.image.index.v1+json')),
		/at most 512/,
	],
	[
		'an index for other machines',
		on(manifests, served(JSON.parse(index([{blob: image.manifest, platform: 'linux/s390x'}]).bytes.toString()), 'application/vnd.oci.image.index.v1+json')),
		/no matching manifest/,
	],
	['an empty index', on(manifests, served(JSON.parse(index([]).bytes.toString()), 'application/vnd.oci.image.index.v1+json')), /no matching manifest/],
	['an index whose manifest is another', world => serveIndex(world, replyWith(200, {}, JSON.stringify({...manifest, annotations: {a: 'b'}}))), /was asked for as/],
	['an index whose manifest is missing', world => serveIndex(world, replyWith(404)), /not found/],
	['an index that promises another machine', serveSpoof, /config says/],
	// The config.
	[
		'a config that is another',
		on(configBlob, replyWith(200, {'Content-Length': String(image.config.bytes.length)}, Buffer.alloc(image.config.bytes.length, 'x'))),
		/not what it should be/,
	],
	['a config that is shorter', on(configBlob, (_, response) => void response.writeHead(200).end(image.config.bytes.subarray(0, 10))), /and then nothing/],
	['a config that is missing', on(configBlob, (_, response) => fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown')), /not its blob/],
	['a config that is no JSON', world => withOtherConfig(world, 'hello'), /not acceptable JSON/],
	['a config with fewer diff-ids than layers', world => withOtherConfig(world, {rootfs: {type: 'layers', diff_ids: image.diffIds.slice(0, 1)}}), /layers in its manifest/],
	['a config with wrong diff-ids', world => withOtherConfig(world, {rootfs: {type: 'layers', diff_ids: image.diffIds.toReversed()}}), /diff-id is/],
	['a config for windows', world => withOtherConfig(world, {os: 'windows'}), /only linux/],
	['a config without a platform', world => withOtherConfig(world, {os: null, architecture: null}), /no os and architecture/],
	['a config whose environment has a NUL', world => withOtherConfig(world, {config: {Env: ['PATH=/bin\0x']}}), /NUL/],
	['a config whose environment is no list', world => withOtherConfig(world, {config: {Env: 'PATH=/bin'}}), /must be an array/],
	['a config with a million volumes', world => withOtherConfig(world, {config: {Volumes: Object.fromEntries(Array.from({length: 2000}, (_, at) => [`/${at}`, {}]))}}), /at most/],
	['a config from the year 99999', world => withOtherConfig(world, {created: '99999-01-01T00:00:00Z'}), /not a time/],
	// Layers.
	['a layer that is another', on(layerBlob, replyWith(200, {}, Buffer.alloc(layer.bytes.length, 'x'))), /cannot unpack|digest is/],
	['a layer with a byte turned', on(layerBlob, replyWith(200, {}, Buffer.concat([layer.bytes.subarray(0, -1), Buffer.from('?')]))), /cannot unpack|digest is/],
	['a layer that is longer', on(layerBlob, replyWith(200, {}, Buffer.concat([layer.bytes, Buffer.alloc(10)]))), /but the manifest says|more than/],
	['a layer that is longer and does not say so', on(layerBlob, drip(50, layer.bytes)), /more than the/],
	['a layer that is shorter', on(layerBlob, replyWith(200, {}, layer.bytes.subarray(0, -3))), /and then nothing/],
	['a layer that always breaks off', on(layerBlob, cutAfter(layer.bytes, 5)), /ended in the middle|socket hang up/],
	['a layer that trickles', on(layerBlob, drip(100, Buffer.from('x'), {'Content-Length': layer.bytes.length})), /less than/],
	['a layer that stops in the middle', on(layerBlob, drip(1e6, Buffer.from('x'), {'Content-Length': layer.bytes.length})), /nothing came/],
	['a layer in an encoding of its own', on(layerBlob, replyWith(200, {'Content-Encoding': 'gzip'}, gzipSync(layer.bytes))), /encoding gzip/],
	[
		'a part that nobody asked for',
		on(layerBlob, replyWith(206, {'Content-Range': `bytes 5-${layer.bytes.length - 1}/${layer.bytes.length}`}, layer.bytes.subarray(5))),
		/wrong part/,
	],
	['a part without a range', on(layerBlob, replyWith(206, {}, layer.bytes)), /wrong part/],
	['a part of a larger whole', on(layerBlob, replyWith(206, {'Content-Range': `bytes 0-${layer.bytes.length - 1}/999999999`}, layer.bytes)), /wrong part/],
	['a layer that is no archive', world => withOtherLayer(world, Buffer.from('hello')), /cannot unpack/],
	['a layer with rubbish behind its gzip', world => withOtherLayer(world, Buffer.concat([layer.bytes, Buffer.from('rubbish')])), /cannot unpack/],
	['a layer that is a bomb', world => withOtherLayer(world, gzipSync(Buffer.alloc(100_000_000))), /cannot unpack/],
	['a layer whose entry climbs out', world => withOtherLayer(world, gzipSync(makeTar([{name: '../../../../tmp/hawser-escaped', content: 'x'}]))), /cannot unpack/],
	['a layer elsewhere by its urls', onWith(manifests, world => withLayer({urls: [`http://${world.other.host}/layer`]})), /never/],
	// The way.
	['a redirect in a circle', on(layerBlob, (request, response) => void response.writeHead(307, {Location: request.url}).end()), /redirects more than/],
	['a redirect to a file', on(layerBlob, replyWith(302, {Location: 'file:///etc/passwd'})), /not encrypted/],
	['a redirect to nowhere', on(layerBlob, replyWith(302)), /to nowhere/],
	['a redirect with a user name', onWith(layerBlob, world => replyWith(302, {Location: `http://user:pass@${world.other.host}/`})), /user name/],
	['a redirect that is endless itself', on(layerBlob, replyWith(302, {Location: `http://x/${'a'.repeat(9000)}`})), /to nowhere/],
	['a redirect to a gopher', on(layerBlob, replyWith(301, {Location: 'gopher://127.0.0.1/'})), /not encrypted/],
	['a head without end', on(manifests, replyWith(200, {'X-Bomb': 'a'.repeat(100_000)})), /head larger/],
	['silence', on(manifests, silence), /took longer/],
	['a hang-up', on(manifests, request => void request.socket.destroy()), /socket hang up|ECONNRESET/],
	['a protocol that is none', on(manifests, request => void request.socket.end('SSH-2.0-OpenSSH\r\n')), /Parse Error|Expected HTTP/],
	['500 without end', on(manifests, replyWith(500)), /500/],
	['a teapot', on(manifests, replyWith(418, {}, 'short and stout')), /418/],
	['429 for an hour', on(manifests, replyWith(429, {'Retry-After': '3600'})), /429|toomanyrequests/],
	['an error text with escape sequences', on(manifests, (_, response) => fail(response, 404, 'MANIFEST_UNKNOWN', '\u001b]52;c;aGk=\u0007')), /^[\x20-\x7e]+$/],
	// Who we are.
	['a challenge to an attacker', on(manifests, challenge('Bearer realm="https://attacker.example/token"')), /another house/],
	['a challenge to the metadata service', on(manifests, challenge('Bearer realm="http://169.254.169.254/latest/"')), /not encrypted/],
	['a challenge to a file', on(manifests, challenge('Bearer realm="file:///etc/shadow"')), /no web address/],
	['a challenge to another port in plain', onWith(manifests, world => challenge(`Bearer realm="http://localhost:${world.other.port}/token"`)), /not encrypted/],
	['a challenge without end', on(manifests, challenge(`Bearer realm="${'a'.repeat(10_000)}"`)), /denied|unauthorized/],
	['fifty challenges', on(manifests, challenge(Array(50).fill('Negotiate x').join(', '))), /denied|unauthorized/],
	['a token with a newline', world => withToken(world, replyWith(200, {}, '{"token":"a\\r\\nX-Evil: 1"}')), /no usable token/],
	['a token that is none', world => withToken(world, replyWith(200, {}, '{"token":5}')), /must be a string/],
	['a token of a megabyte', world => withToken(world, replyWith(200, {}, JSON.stringify({token: 'a'.repeat(1e6)}))), /larger than/],
	['a token server that sends us on with the password', world => withToken(world, replyWith(307, {Location: `http://${world.other.host}/token`})), /token/],
	['401 for ever', world => withToken(world, replyWith(200, {}, '{"token":"t"}')), /unauthorized/],
];

function selfIndex({registry}: World): unknown {
	const inner = index([{blob: image.manifest}]);
	registry.trick(new RegExp(inner.digest), served(JSON.parse(inner.bytes.toString()), inner.mediaType));
	return JSON.parse(index([{blob: {...inner, bytes: Buffer.from('x')}}]).bytes.toString());
}

function serveIndex({registry}: World, how: Trick): void {
	const top = index([{blob: image.manifest, platform: 'linux/amd64'}]);
	registry.trick(manifests, replyWith(200, {'Content-Type': top.mediaType}, top.bytes));
	registry.trick(new RegExp(image.manifest.digest), how);
}

function serveSpoof({registry}: World): void {
	const arm: MadeImage = makeImage({config: {architecture: 'arm64'}});
	registry.serve('arm', 'x', arm);
	for (const blob of [arm.config, ...arm.layers]) registry.serve('app', 'x', blob);
	const top = index([{blob: arm.manifest, platform: 'linux/amd64'}]);
	registry.trick(/manifests\/latest/, replyWith(200, {'Content-Type': top.mediaType}, top.bytes));
}

function withToken({registry}: World, how: Trick): void {
	registry.trick(manifests, challenge(`Bearer realm="http://${registry.host}/token",service="s"`));
	registry.trick(/^\/token/, how);
}

for (const [name, make, said] of lies) {
	test(`${name} is not taken`, async t => {
		const {registry, other, store} = t.context;
		make(t.context);
		const reference = `${registry.host}/app`;
		if (said.source === 'never') await pullImage(store, reference, {transfer: hasty});
		else {
			const error = await t.throwsAsync(pullImage(store, reference, {transfer: hasty}));
			t.true(isEngineError(error), error.stack);
			t.regex(error.message, said);
			t.notRegex(`${error.message}${JSON.stringify(error)}`, /canary|Y2FuYXJ5/);
			t.regex(error.message, /^[^\u0000-\u001f\u007f]{1,2000}$/);
			t.deepEqual(listImages(store), []);
		}
		for (const hex of blobsOnDisk(store))
			t.is(
				createHash('sha256')
					.update(readFileSync(join(store.root, 'content/blobs/sha256', hex)))
					.digest('hex'),
				hex,
			);
		t.deepEqual(stagingOf(store), []);
		t.true(other.requests.every(({headers}) => headers.authorization === undefined));
		if (said.source === 'never') t.is(other.requests.length, 0);
		// An honest registry is not blamed for it.
		registry.behave();
		t.is((await pullImage(store, reference, {transfer: hasty})).id, image.config.digest);
	});
}

test('a push is not fooled either', async t => {
	const {registry, other, store} = t.context;
	await pullImage(store, `${other.host}/app`, {transfer: hasty});
	tagImage(store, `${other.host}/app`, `${registry.host}/mine`);
	other.requests.splice(0);
	const uploads = /uploads/;
	const rows: ReadonlyArray<readonly [RegExp, Trick, RegExp]> = [
		[uploads, replyWith(202), /to nowhere/],
		[uploads, replyWith(202, {Location: 'ftp://x/'}), /not encrypted/],
		[uploads, replyWith(202, {Location: '/v2/mine/blobs/uploads/unknown'}), /404|unexpected/],
		[uploads, replyWith(413), /413/],
		[uploads, challenge('Bearer realm="https://attacker.example/"'), /another house/],
		[uploads, (request, response) => void response.writeHead(307, {Location: request.url}).end(), /redirects more than/],
		[uploads, silence, /took longer/],
		[/manifests/, replyWith(400, {}, '{"errors":[{"code":"MANIFEST_INVALID","message":"no"}]}'), /manifest invalid/],
		[/manifests/, replyWith(201, {'Docker-Content-Digest': `sha256:${'0'.repeat(64)}`}), /the registry calls/],
	];
	for (const [path, how, said] of rows) {
		registry.behave();
		registry.trick(path, how);
		const error = await t.throwsAsync(pushImage(store, `${registry.host}/mine`, {transfer: hasty ?? {}}), undefined, said.source);
		t.regex(error.message, said);
		t.notRegex(error.message, /canary/);
	}
	t.true(other.requests.every(({headers}) => headers.authorization === undefined));
	registry.behave();
	t.is((await pushImage(store, `${registry.host}/mine`))[0]?.digest, image.manifest.digest);
});

test('lists, searches and logins have their bounds', async t => {
	const {registry, store, other} = t.context;
	const host = registry.host;
	const next = (page: string): Trick => replyWith(200, {Link: `<${page}>; rel="next"`}, '{"tags":["latest"],"repositories":["a"]}');
	registry.trick(/tags\/list/, next('/v2/app/tags/list?again=1'));
	await t.throwsAsync(pullAllTags(store, `${host}/app`, {transfer: hasty}), {message: /has no end/});
	registry.trick(/tags\/list/, next(`http://${other.host}/v2/app/tags/list`));
	await pullAllTags(store, `${host}/app`, {transfer: hasty});
	t.is(other.requests.length, 0);
	registry.trick(/tags\/list/, replyWith(200, {}, '{"tags":["../../etc"]}'));
	await t.throwsAsync(pullAllTags(store, `${host}/app`, {transfer: hasty}), {code: 'reference.invalid'});
	registry.trick(/tags\/list/, replyWith(200, {}, '{"tags":"latest"}'));
	await t.throwsAsync(pullAllTags(store, `${host}/app`, {transfer: hasty}), {message: /must be an array/});
	registry.trick(/referrers/, replyWith(200, {}, '{"manifests":[{"digest":"sha256:x"}]}'));
	await t.throwsAsync(remoteReferrers(`${host}/app`), {message: /is refused/});
	registry.trick(/v1\/search/, replyWith(200, {}, JSON.stringify({results: Array(2000).fill({})})));
	await t.throwsAsync(searchImages(`${host}/x`), {message: /at most 1000/});
	registry.trick(/v1\/search/, endless(Buffer.alloc(65_536, ' ')));
	await t.throwsAsync(searchImages(`${host}/x`), {message: /larger than/});
	registry.trick(/^\/v2\/$/, challenge('Bearer realm="https://attacker.example/token"'));
	const error = await t.throwsAsync(login(host, {user: 'user', password: 'canary-new'}), {code: 'registry.bad-realm'});
	t.notRegex(error.message, /canary/);
	t.notRegex(readFileSync(join(t.context.folder, 'config.json'), 'utf8'), /canary-new/);
	t.true(blobs.test('/blobs/sha256'));
});
