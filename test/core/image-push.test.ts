import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import type {PushProgress} from '../../core/image/model.ts';
import {pullImage} from '../../core/image/pull.ts';
import {type PushOptions, pushImage} from '../../core/image/push.ts';
import {inspectImage} from '../../core/image/inspect.ts';
import {loadImages} from '../../core/image/load.ts';
import {tagImage} from '../../core/image/tag.ts';
import {uploadBlob} from '../../core/registry/upload.ts';
import {openSession, type SessionOptions} from '../../core/registry/session.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {fail, replyWith, startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {blobOf, makeImage, makeTar} from '../helpers/registry-image.ts';
import {startRealRegistry} from '../helpers/registry-real.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

// Serial, because the credentials come from the environment's DOCKER_CONFIG.
const test = anyTest.serial as TestFn<{registry: ScriptedRegistry; target: ScriptedRegistry; store: TestStore; folder: string}>;
const image = makeImage({layers: [makeTar([{name: 'base', content: 'base\n'}]), makeTar([{name: 'hello', content: 'hello\n'}])]});
const other = makeImage({config: {author: 'other'}});
const quick: Pick<SessionOptions, 'patience'> = {patience: {attempts: 3, firstDelay: 0.01, longestDelay: 0.02}};

test.beforeEach(async t => {
	const [registry, target] = await Promise.all([startRegistry(), startRegistry()]);
	const folder = mkdtempSync(join(tmpdir(), 'hawser-test-push-'));
	process.env['DOCKER_CONFIG'] = folder;
	registry.serve('app', 'latest', image);
	t.context = {registry, target, store: makeStore(), folder};
	await pullImage(t.context.store, `${registry.host}/app`);
	tagImage(t.context.store, `${registry.host}/app`, `${target.host}/team/app:1`);
});
test.afterEach.always(async t => {
	const {registry, target, store, folder} = t.context;
	store.close();
	await Promise.all([registry.close(), target.close()]);
	rmSync(folder, {recursive: true, force: true});
});

async function push({context: {store, target}}: {context: {store: TestStore; target: ScriptedRegistry}}, name = 'team/app:1', options: PushOptions = {}) {
	const said: PushProgress[] = [];
	const pushed = await pushImage(store, `${target.host}/${name}`, {transfer: quick, onProgress: progress => said.push(progress), ...options});
	return {pushed, said, states: said.flatMap(progress => (progress.kind === 'layer' ? [progress.state] : []))};
}

test('an image is pushed with the very bytes that it was pulled with', async t => {
	const {target, store} = t.context;
	const {pushed, said} = await push(t);
	t.deepEqual(pushed, [{tag: '1', digest: image.manifest.digest}]);
	t.true(target.shelves.tags.get('team/app:1')?.bytes.equals(image.manifest.bytes));
	for (const {digest, bytes} of [image.config, ...image.layers]) t.true(target.shelves.blobs.get(digest)?.bytes.equals(bytes));
	t.deepEqual(said[0], {kind: 'repository', name: `${target.host}/team/app`});
	t.deepEqual(said.at(-1), {kind: 'tag', tag: '1', digest: image.manifest.digest, size: image.manifest.bytes.length});
	t.true((inspectImage(store, `${target.host}/team/app:1`)['RepoDigests'] as string[]).includes(`${target.host}/team/app@${image.manifest.digest}`));
});

test('what the registry has is not sent again, and what another repository has is mounted', async t => {
	const {target, store} = t.context;
	await push(t);
	t.deepEqual((await push(t)).states.slice(-2), ['exists', 'exists']);
	tagImage(store, `${target.host}/team/app:1`, `${target.host}/copy:2`);
	const before = target.count(/uploads\/[0-9a-f]/);
	t.deepEqual((await push(t, 'copy:2')).states.slice(-2), ['mounted', 'mounted']);
	// Only the config is no layer, and it too could be mounted; it is small, so it is sent.
	t.true(target.count(/uploads\/[0-9a-f]/) - before <= 1);
});

test('all tags of a repository go with --all-tags, and none else', async t => {
	const {store, target} = t.context;
	tagImage(store, `${target.host}/team/app:1`, `${target.host}/team/app:2`);
	tagImage(store, `${target.host}/team/app:1`, `${target.host}/team/app2:3`);
	const {pushed} = await push(t, 'team/app', {allTags: true});
	t.deepEqual(
		pushed.map(({tag}) => tag),
		['1', '2'],
	);
	t.false(target.shelves.tags.has('team/app2:3'));
	await t.throwsAsync(push(t, 'team/app:1', {allTags: true}), {message: "tag can't be used with --all-tags/-a"});
});

test('what cannot be pushed is said in Docker words, before the registry is asked', async t => {
	const {target} = t.context;
	await t.throwsAsync(push(t, 'nope'), {message: `An image does not exist locally with the tag: ${target.host}/nope`});
	await t.throwsAsync(push(t, `team/app@${image.manifest.digest}`), {message: 'cannot push a digest reference'});
	await t.throwsAsync(push(t, 'team/app:1', {platform: 'linux/riscv64'}), {message: /does not match the specified platform/});
	t.is(target.requests.length, 0);
});

test('a registry that wants to know who we are says so in its own words', async t => {
	const {target} = t.context;
	target.trick(/^\/v2\//, (_, response) => fail(response, 401, 'UNAUTHORIZED', 'authentication required', {'WWW-Authenticate': 'Basic realm="x"'}));
	await t.throwsAsync(push(t), {message: 'no basic auth credentials', code: 'registry.denied'});
	target.trick(/^\/v2\//, (_, response) => fail(response, 403, 'DENIED', 'requested access to the resource is denied'));
	await t.throwsAsync(push(t), {message: 'denied: requested access to the resource is denied'});
});

test('a token is asked for what the push needs', async t => {
	const {target} = t.context;
	target.trick(/^\/v2\//, (request, response) =>
		request.headers.authorization === 'Bearer t' ? false : fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': `Bearer realm="http://${target.host}/token",service="s"`}),
	);
	target.trick(/^\/token/, replyWith(200, {}, '{"token":"t"}'));
	await push(t);
	t.deepEqual(new URL(target.requests.find(({path}) => path.startsWith('/token'))?.path ?? '', 'http://x').searchParams.getAll('scope'), ['repository:team/app:pull,push']);
});

test('a push over 500, 429 and cut lines arrives', async t => {
	const {target} = t.context;
	target.trick(/uploads\/$/, replyWith(503), 1);
	target.trick(/manifests/, replyWith(429, {'Retry-After': '0'}), 1);
	target.trick(/uploads\/[0-9a-f]/, request => void request.socket.destroy(), 2);
	await push(t);
	t.true(target.shelves.tags.has('team/app:1'));
});

test('credentials do not follow an upload to another origin', async t => {
	const {target, registry, folder} = t.context;
	writeFileSync(join(folder, 'config.json'), JSON.stringify({auths: {[target.host]: {auth: Buffer.from('user:canary').toString('base64')}}}));
	target.trick(/^\/v2\//, (request, response) =>
		request.headers.authorization === undefined ? fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': 'Basic realm="x"'}) : false,
	);
	target.trick(/uploads\/$/, replyWith(202, {Location: `http://${registry.host}/v2/app/blobs/uploads/elsewhere`}));
	const before = registry.requests.length;
	await t.throwsAsync(push(t));
	t.true(registry.requests.length > before);
	t.true(registry.requests.every(({headers}) => headers.authorization === undefined));
});

for (const [where, location] of [
	['nowhere', 'file:///etc/passwd'],
	['an address with a user name', 'http://user:pass@127.0.0.1/'],
] as const) {
	test(`an upload that is to go to ${where} is refused`, async t => {
		t.context.target.trick(/uploads\/$/, replyWith(202, {Location: location}));
		await t.throwsAsync(push(t), {code: 'registry.bad-redirect'});
	});
}

test('a registry that stores another digest than was sent is found out', async t => {
	t.context.target.trick(/manifests/, replyWith(201, {'Docker-Content-Digest': other.manifest.digest}));
	await t.throwsAsync(push(t), {code: 'registry.wrong-digest'});
});

test('a large blob goes in chunks, and over a broken line only the rest of it', async t => {
	const {target} = t.context;
	const bytes = Buffer.alloc(3_500_000, 'hawser');
	const blob = blobOf(bytes, '');
	let sent = 0;
	let broken = false;
	target.trick(/uploads\/[0-9a-f]/, request => {
		if (request.method !== 'PATCH' || request.headers['content-range']?.startsWith('0-') === true || broken) return false;
		broken = true;
		request.once('data', () => request.socket.destroy());
		return true;
	});
	const session = await openSession(parseReference(`${target.host}/big`), {...quick, push: true});
	t.teardown(() => session.close());
	const outgoing = {
		digest: blob.digest,
		size: bytes.length,
		async *read(start: number, end: number) {
			for (let at = start; at < end; at += 100_000) {
				const piece = bytes.subarray(at, Math.min(end, at + 100_000));
				sent += piece.length;
				yield piece;
			}
		},
	};
	t.deepEqual(await uploadBlob(session, outgoing, {chunk: 1_000_000}), {kind: 'uploaded'});
	t.true(broken);
	t.true(target.shelves.blobs.get(blob.digest)?.bytes.equals(bytes));
	t.true(sent < bytes.length + 1_100_000, String(sent));
	t.true(target.requests.some(({method}) => method === 'PATCH'));
});

test('a registry without chunks gets a blob in one piece', async t => {
	const {target} = t.context;
	const bytes = Buffer.alloc(2_000_000, 'x');
	target.trick(/uploads\/[0-9a-f]/, (request, response) => {
		if (request.method !== 'PATCH') return false;
		request.resume();
		response.writeHead(405).end();
		return true;
	});
	const session = await openSession(parseReference(`${target.host}/big`), {...quick, push: true});
	t.teardown(() => session.close());
	const {digest} = blobOf(bytes, '');
	const read = async function* (start: number, end: number) {
		yield bytes.subarray(start, end);
	};
	await uploadBlob(session, {digest, size: bytes.length, read}, {chunk: 1_000_000});
	t.true(target.shelves.blobs.get(digest)?.bytes.equals(bytes));
});

test('a real registry has what skopeo sees with the same digest', async t => {
	const {store, registry, folder} = t.context;
	mkdirSync(join(folder, 'real'));
	const real = await startRealRegistry(join(folder, 'real'));
	try {
		tagImage(store, `${registry.host}/app`, `${real.host}/deep/er/app:v1`);
		t.deepEqual(await pushImage(store, `${real.host}/deep/er/app:v1`), [{tag: 'v1', digest: image.manifest.digest}]);
		const seen = execFileSync('skopeo', ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${real.host}/deep/er/app:v1`], {encoding: 'utf8'});
		t.is(seen.trim(), image.manifest.digest);
		const target = join(folder, 'copy');
		execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', '--src-tls-verify=false', `docker://${real.host}/deep/er/app:v1`, `dir:${target}`]);
	} finally {
		await real.close();
	}
});

test('plain layers of a docker archive are compressed, once, and pulled as the same image', async t => {
	const {store, target, folder} = t.context;
	const tar = makeTar([{name: 'big', content: 'hawser '.repeat(100_000)}]);
	const plain = makeImage({layers: [tar, makeTar([{name: 'small', content: 'x'}])], config: {author: 'plain'}});
	const path = join(folder, 'docker.tar');
	writeFileSync(
		path,
		makeTar([
			{name: 'a/layer.tar', content: tar},
			{name: 'b/layer.tar', content: makeTar([{name: 'small', content: 'x'}])},
			{name: 'c.json', content: plain.config.bytes},
			{name: 'manifest.json', content: JSON.stringify([{Config: 'c.json', RepoTags: [`${target.host}/plain:1`], Layers: ['a/layer.tar', 'b/layer.tar']}])},
		]),
	);
	await loadImages(store, {path});
	const [first] = (await push(t, 'plain:1')).pushed;
	const manifest = JSON.parse(target.shelves.tags.get('plain:1')?.bytes.toString() ?? '{}') as {layers: Array<{mediaType: string; digest: string; size: number}>};
	t.deepEqual([...new Set(manifest.layers.map(({mediaType}) => mediaType))], ['application/vnd.oci.image.layer.v1.tar+gzip']);
	t.true((manifest.layers[0]?.size ?? Infinity) < tar.length / 10);
	t.deepEqual((await push(t, 'plain:1')).states.slice(-2), ['exists', 'exists']);
	t.deepEqual((await push(t, 'plain:1')).pushed, [first]);
	const other = makeStore();
	t.teardown(() => other.close());
	t.is((await pullImage(other, `${target.host}/plain:1`)).id, plain.config.digest);
});
