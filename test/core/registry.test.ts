import {execFileSync} from 'node:child_process';
import {lookup} from 'node:dns/promises';
import {createServer as createTlsServer} from 'node:https';
import {mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {isEngineError} from '../../core/errors/error.ts';
import {fetchBlob} from '../../core/registry/blob.ts';
import {openSession, type Session, type SessionOptions} from '../../core/registry/session.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {blobOf, makeImage, type Blob} from '../helpers/registry-image.ts';
import {cutAfter, fail, replyWith, silence, startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';

// Serial, because the credentials come from the environment's DOCKER_CONFIG.
const test = anyTest.serial as TestFn<{registry: ScriptedRegistry; folder: string; sessions: Session[]}>;

const quick: SessionOptions = {
	patience: {attempts: 3, firstDelay: 0.01, longestDelay: 0.02},
	timeouts: {connect: 20_000, headers: 20_000},
	pace: {idle: 20_000, window: 60_000, leastRate: 1000},
};
/** For those who test what happens when time is up. */
const hasty: SessionOptions = {timeouts: {connect: 2000, headers: 300}, pace: {idle: 300, window: 600, leastRate: 1000}};
const image = makeImage();
const large: Blob = blobOf(Buffer.alloc(3_000_000, 'hawser'), 'application/octet-stream');

test.beforeEach(async t => {
	const registry = await startRegistry();
	registry.serve('app', 'latest', image);
	registry.serve('app', 'large', large);
	const folder = mkdtempSync(join(tmpdir(), 'hawser-test-registry-'));
	process.env['DOCKER_CONFIG'] = folder;
	t.context = {registry, folder, sessions: []};
});

test.afterEach.always(async t => {
	t.context.sessions.forEach(session => session.close());
	await t.context.registry.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

type Context = {context: {registry: ScriptedRegistry; folder: string; sessions: Session[]}};

async function open({context}: Context, options: SessionOptions = {}, name = 'app'): Promise<Session> {
	const session = await openSession(parseReference(`${context.registry.host}/${name}:latest`), {...quick, ...options});
	context.sessions.push(session);
	return session;
}

async function readAll(session: Session, blob: Blob, offset = 0): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const piece of fetchBlob(session, {digest: blob.digest, size: blob.bytes.length}, {offset})) pieces.push(piece);
	return Buffer.concat(pieces);
}

const login = ({context}: Context, entry: Record<string, unknown>, host = context.registry.host) =>
	writeFileSync(join(context.folder, 'config.json'), JSON.stringify({auths: {[host]: entry}}));
const password = Buffer.from('user:canary-password').toString('base64');

test('a manifest and a blob come as they are', async t => {
	const session = await open(t);
	const {bytes, digest, contentType} = await session.manifest('latest');
	t.deepEqual([bytes, digest, contentType], [image.manifest.bytes, image.manifest.digest, image.manifest.mediaType]);
	t.true((await readAll(session, large)).equals(large.bytes));
	t.is(await session.manifestDigest('latest'), image.manifest.digest);
});

const bearer = (host: string) => ({'WWW-Authenticate': `Bearer realm="http://${host}/token",service="tests",scope="repository:app:push,pull"`});

test('a token is fetched once, for just what is asked', async t => {
	const {registry} = t.context;
	registry.trick(/^\/v2\/app/, (request, response) =>
		request.headers.authorization === 'Bearer secret-token' ? false : fail(response, 401, 'UNAUTHORIZED', 'authentication required', bearer(registry.host)),
	);
	registry.trick(/^\/token/, replyWith(200, {}, '{"token":"secret-token","expires_in":300}'));
	const session = await open(t);
	await session.manifest('latest');
	t.true((await readAll(session, large)).equals(large.bytes));
	const asked = registry.requests.filter(({path}) => path.startsWith('/token'));
	t.is(asked.length, 1);
	t.is(asked[0]?.path, '/token?service=tests&scope=repository%3Aapp%3Apull');
	t.is(asked[0]?.headers.authorization, undefined);
});

test('a token that ran out is fetched anew', async t => {
	const {registry} = t.context;
	let current = 0;
	registry.trick(/^\/token/, (_, response) => void response.end(`{"access_token":"token-${++current}"}`));
	registry.trick(/^\/v2\/app/, (request, response) =>
		request.headers.authorization === `Bearer token-${current}` && current > 0 ? false : fail(response, 401, 'UNAUTHORIZED', 'x', bearer(registry.host)),
	);
	const session = await open(t);
	await session.manifest('latest');
	current++;
	await session.manifest('latest');
	t.is(registry.count(/^\/token/), 2);
});

test('stored credentials go to the token server of the same house', async t => {
	const {registry} = t.context;
	login(t, {auth: password});
	registry.trick(/^\/token/, replyWith(200, {}, '{"token":"t"}'));
	registry.trick(/^\/v2\/app/, (request, response) => (request.headers.authorization === 'Bearer t' ? false : fail(response, 401, 'UNAUTHORIZED', 'x', bearer(registry.host))));
	await (await open(t)).manifest('latest');
	t.is(registry.requests.find(({path}) => path.startsWith('/token'))?.headers.authorization, `Basic ${password}`);
});

test('an identity token is traded by OAuth2', async t => {
	const {registry} = t.context;
	login(t, {identitytoken: 'canary-identity'});
	registry.trick(/^\/token/, (request, response) => (request.method === 'POST' ? void response.end('{"access_token":"t"}') : fail(response, 400, 'X', 'x')));
	registry.trick(/^\/v2\/app/, (request, response) => (request.headers.authorization === 'Bearer t' ? false : fail(response, 401, 'UNAUTHORIZED', 'x', bearer(registry.host))));
	t.is((await (await open(t)).manifest('latest')).digest, image.manifest.digest);
});

test('Basic is answered when there are credentials', async t => {
	const {registry} = t.context;
	const challenge = {'WWW-Authenticate': 'Basic realm="here"'};
	registry.trick(/^\/v2\/app/, (request, response) =>
		request.headers.authorization === `Basic ${password}` ? false : fail(response, 401, 'UNAUTHORIZED', 'authentication required', challenge),
	);
	await t.throwsAsync(async () => (await open(t)).manifest('latest'), {
		message: /pull access denied for .*app, repository does not exist or may require 'docker login': unauthorized: authentication required/,
	});
	login(t, {auth: password}, `https://${registry.host}/v1/`);
	t.is((await (await open(t)).manifest('latest')).digest, image.manifest.digest);
});

const realms: Array<[string, (host: string) => string, RegExp]> = [
	['another house', () => 'https://attacker.example/token', /another house/],
	['an unencrypted place', () => 'http://attacker.example/token', /not encrypted/],
	['the metadata service', () => 'http://169.254.169.254/latest', /not encrypted/],
	['a file', () => 'file:///etc/passwd', /no web address/],
	['nowhere', () => 'token', /no web address/],
	['an address with a user name', host => `http://user:x@${host}/token`, /user name/],
];

for (const [where, realm, reason] of realms) {
	test(`a challenge that sends the password to ${where} is refused`, async t => {
		const {registry} = t.context;
		login(t, {auth: password});
		registry.trick(/^\/v2\/app/, (_, response) => fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': `Bearer realm="${realm(registry.host)}",service="x"`}));
		const error = await t.throwsAsync(async () => (await open(t)).manifest('latest'), {message: reason});
		t.notRegex(JSON.stringify(error) + error.message, /canary/);
		t.true(registry.requests.every(({headers}) => headers.authorization === undefined));
	});
}

test('a crowd of challenges and an endless one are answered by nothing', async t => {
	const {registry} = t.context;
	for (const challenge of [Array(50).fill('Bearer realm="x"').join(', '), `Bearer realm="${'a'.repeat(9000)}"`, 'Bearer', 'Nonsense ====', '"', ',,,,']) {
		registry.trick(/^\/v2\/app/, (_, response) => fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': challenge}), 1);
		const error = await t.throwsAsync(async () => (await open(t)).manifest('latest'));
		t.true(isEngineError(error), error.message);
	}
});

test('a broken credential helper stops everything before the first request', async t => {
	const {registry, folder} = t.context;
	const helper = join(folder, 'docker-credential-broken');
	writeFileSync(helper, '#!/bin/sh\necho canary-secret\nexit 1\n');
	chmodSync(helper, 0o755);
	writeFileSync(join(folder, 'config.json'), JSON.stringify({credHelpers: {[registry.host]: 'broken'}}));
	const path = process.env['PATH'];
	process.env['PATH'] = `${folder}:${path}`;
	t.teardown(() => {
		process.env['PATH'] = path;
	});
	const error = await t.throwsAsync(open(t), {message: /credential helper docker-credential-broken failed/});
	t.notRegex(error.message, /canary/);
	t.is(registry.requests.length, 0);
	writeFileSync(helper, '#!/bin/sh\nread host\necho "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"user\\",\\"Secret\\":\\"canary-password\\"}"\n');
	registry.trick(/^\/v2\/app/, (request, response) =>
		request.headers.authorization === `Basic ${password}` ? false : fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': 'Basic realm="x"'}),
	);
	t.is((await (await open(t)).manifest('latest')).digest, image.manifest.digest);
	writeFileSync(helper, '#!/bin/sh\necho "credentials not found in native keychain"\nexit 1\n');
	await t.notThrowsAsync(open(t));
	writeFileSync(join(folder, 'config.json'), JSON.stringify({credHelpers: {[registry.host]: '../../bin/sh'}}));
	await t.throwsAsync(open(t), {message: /not a program name/});
});

test('an unreadable config stops everything, and says where it is', async t => {
	writeFileSync(join(t.context.folder, 'config.json'), '{"auths": {}, "auths": {}}');
	await t.throwsAsync(open(t), {message: /config\.json is not acceptable JSON/});
	t.is(t.context.registry.requests.length, 0);
});

test('what does not exist is named in Docker words', async t => {
	const session = await open(t, {}, 'nope');
	await t.throwsAsync(session.manifest('latest'), {
		message: `manifest for ${t.context.registry.host}/nope:latest not found: manifest unknown: manifest unknown`,
		code: 'registry.manifest-unknown',
	});
	await t.throwsAsync(readAll(session, blobOf(Buffer.from('x'), '')), {message: /has the manifest of .* but not its blob sha256/});
});

test('403 and an unknown name read as access denied', async t => {
	const {registry} = t.context;
	registry.trick(/manifests/, (_, response) => fail(response, 403, 'DENIED', 'requested access to the resource is denied'), 1);
	await t.throwsAsync((await open(t)).manifest('latest'), {message: /pull access denied for .*: denied: requested access to the resource is denied/});
	registry.trick(/manifests/, (_, response) => fail(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry'), 1);
	await t.throwsAsync((await open(t)).manifest('latest'), {code: 'registry.denied'});
});

test('a registry text cannot carry escape sequences', async t => {
	t.context.registry.trick(/manifests/, (_, response) => fail(response, 404, 'MANIFEST_UNKNOWN', `\u001b]0;owned\u0007${'x'.repeat(5000)}`));
	const error = await t.throwsAsync((await open(t)).manifest('latest'));
	t.regex(error.message, /^[\x20-\x7e]{1,600}$/);
});

test('429 waits as long as it is told, and not longer than a minute', async t => {
	const {registry} = t.context;
	const retries: number[] = [];
	registry.trick(/manifests/, (_, response) => fail(response, 429, 'TOOMANYREQUESTS', 'slow down', {'Retry-After': '0'}), 2);
	const session = await open(t, {onRetry: (_, seconds) => retries.push(seconds)});
	t.is((await session.manifest('latest')).digest, image.manifest.digest);
	t.deepEqual(retries, [0, 0]);
	registry.trick(/manifests/, (_, response) => fail(response, 429, 'TOOMANYREQUESTS', 'slow down', {'Retry-After': '3600'}));
	await t.throwsAsync(session.manifest('latest'), {message: 'toomanyrequests: slow down', code: 'registry.rate-limited'});
});

test('500 is tried again, and then told', async t => {
	const {registry} = t.context;
	registry.trick(/manifests/, replyWith(503), 2);
	const session = await open(t);
	t.is((await session.manifest('latest')).digest, image.manifest.digest);
	registry.trick(/manifests/, replyWith(500));
	const before = registry.requests.length;
	await t.throwsAsync(session.manifest('latest'), {message: /received unexpected HTTP status from .*: 500 Internal Server Error/});
	t.is(registry.requests.length - before, 3);
});

test('nothing listens', async t => {
	const session = await openSession(parseReference('127.0.0.1:1/app'), quick);
	t.context.sessions.push(session);
	await t.throwsAsync(session.manifest('latest'), {
		message: 'Get "http://127.0.0.1:1/v2/app/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused',
		code: 'registry.unreachable',
	});
});

test('a registry that says nothing is left after its time', async t => {
	t.context.registry.trick(/manifests/, silence);
	await t.throwsAsync((await open(t, hasty)).manifest('latest'), {message: /the answer took longer than 0.3 s/});
});

test('a head without end is refused', async t => {
	t.context.registry.trick(/manifests/, replyWith(200, {'X-Bomb': 'a'.repeat(200_000)}));
	await t.throwsAsync((await open(t)).manifest('latest'), {message: /larger than 16 KiB/});
});

test('a manifest without end is cut at 4 MiB', async t => {
	let stopped = false;
	t.context.registry.trick(/manifests/, (_, response) => {
		response.writeHead(200, {'Content-Type': image.manifest.mediaType});
		const more = () => {
			while (!stopped && response.write(Buffer.alloc(65_536, 32)));
		};
		response.on('drain', more).on('close', () => (stopped = true));
		more();
	});
	await t.throwsAsync((await open(t)).manifest('latest'), {message: /larger than 4194304 bytes/});
});

test('a manifest that is not what its digest says is refused', async t => {
	const {registry} = t.context;
	const other = makeImage({config: {created: '2020-01-01T00:00:00Z'}});
	registry.trick(/manifests\/sha256/, replyWith(200, {'Content-Type': other.manifest.mediaType}, other.manifest.bytes), 1);
	await t.throwsAsync((await open(t)).manifest(image.manifest.digest), {code: 'registry.wrong-digest'});
	registry.trick(/manifests\/latest/, replyWith(200, {'Docker-Content-Digest': image.manifest.digest}, other.manifest.bytes), 1);
	await t.throwsAsync((await open(t)).manifest('latest'), {message: /but the registry calls it/});
});

test('a blob goes on where the line was cut', async t => {
	const {registry} = t.context;
	registry.trick(/blobs/, cutAfter(large.bytes, 2_000_000), 1);
	t.true((await readAll(await open(t), large)).equals(large.bytes));
	const ranges = registry.requests.flatMap(({headers}) => headers.range ?? []);
	t.is(ranges.length, 1);
	t.regex(ranges[0] ?? '', /^bytes=[1-9]\d*-$/);
});

test('a blob goes on from what was there before', async t => {
	t.true((await readAll(await open(t), large, 1_500_000)).equals(large.bytes.subarray(1_500_000)));
	t.is(t.context.registry.requests[0]?.headers.range, 'bytes=1500000-');
});

test('a server without ranges sends all again, and the front is passed over', async t => {
	t.context.registry.trick(/blobs/, replyWith(200, {'Content-Length': String(large.bytes.length)}, large.bytes));
	t.true((await readAll(await open(t), large, 1_500_000)).equals(large.bytes.subarray(1_500_000)));
});

const lies: Array<[string, (response: Parameters<typeof fail>[0]) => void, RegExp]> = [
	['half a blob, always', response => void response.writeHead(200).end(large.bytes.subarray(0, 1000)), /sent 1000 of the 3000000 bytes/],
	['another length', response => void response.writeHead(200, {'Content-Length': '5'}).end('hello'), /as 5 bytes, but the manifest says 3000000/],
	['more than was promised', response => void response.writeHead(200).end(Buffer.concat([large.bytes, large.bytes])), /with more than the 3000000 bytes/],
	['another part', response => void response.writeHead(206, {'Content-Range': 'bytes 5-10/3000000'}).end('hello!'), /as the wrong part/],
	['a part without a range', response => void response.writeHead(206).end('hello!'), /as the wrong part/],
	['a compressed transfer', response => void response.writeHead(200, {'Content-Encoding': 'gzip'}).end('x'), /in the encoding gzip, which nobody asked for/],
];

for (const [what, how, reason] of lies) {
	test(`a server that sends ${what} is found out`, async t => {
		t.context.registry.trick(/blobs/, (_, response) => how(response));
		await t.throwsAsync(async () => readAll(await open(t), large), {message: reason});
	});
}

test('a line that goes dead in the middle is given up', async t => {
	t.context.registry.trick(/blobs/, (_, response) => {
		response.writeHead(200, {'Content-Length': large.bytes.length});
		response.write(Buffer.alloc(10));
	});
	await t.throwsAsync(async () => readAll(await open(t, hasty), large), {message: /nothing came for/});
});

test('a line that trickles is given up', async t => {
	t.context.registry.trick(/blobs/, (_, response) => {
		response.writeHead(200, {'Content-Length': large.bytes.length});
		const timer = setInterval(() => response.write('x'), 50);
		response.on('close', () => clearInterval(timer));
	});
	await t.throwsAsync(async () => readAll(await open(t, hasty), large), {message: /less than 1000 bytes a second/});
});

test('a redirect to another origin is followed without what proves who we are', async t => {
	const {registry} = t.context;
	const other = await startRegistry();
	t.teardown(() => other.close());
	other.trick(/^\/cdn/, replyWith(200, {}, large.bytes));
	login(t, {auth: password});
	registry.trick(/blobs/, (request, response) =>
		request.headers.authorization
			? replyWith(307, {Location: `http://${other.host}/cdn?signature=x`})(request, response)
			: fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': 'Basic realm="x"'}),
	);
	t.true((await readAll(await open(t), large)).equals(large.bytes));
	t.is(other.requests.length, 1);
	t.is(other.requests[0]?.headers.authorization, undefined);
	t.is(other.requests[0]?.headers.cookie, undefined);
});

test('a redirect within the origin keeps it', async t => {
	const {registry} = t.context;
	login(t, {auth: password});
	registry.trick(/^\/elsewhere/, (request, response) => (request.headers.authorization ? replyWith(200, {}, large.bytes)(request, response) : replyWith(401)(request, response)));
	registry.trick(/blobs/, (request, response) =>
		request.headers.authorization ? replyWith(302, {Location: '/elsewhere'})(request, response) : fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': 'Basic realm="x"'}),
	);
	t.true((await readAll(await open(t), large)).equals(large.bytes));
});

const redirects: Array<[string, string | undefined, RegExp]> = [
	['in a circle', '/v2/app/blobs/again', /redirects more than 5 times/],
	['to a file', 'file:///etc/passwd', /file:/],
	['to a place with a user name', 'http://a:b@127.0.0.1:1/', /user name/],
	['to nowhere', undefined, /redirects to nowhere/],
];

for (const [what, location, reason] of redirects) {
	test(`a redirect ${what} is refused`, async t => {
		t.context.registry.trick(/blobs/, replyWith(307, location === undefined ? {} : {Location: location}));
		await t.throwsAsync(async () => readAll(await open(t), large), {message: reason});
		t.true(t.context.registry.requests.length <= 6);
	});
}

test('an ending program stops the transfer at once', async t => {
	const control = new AbortController();
	t.context.registry.trick(/blobs/, silence);
	const session = await open(t, {signal: control.signal, timeouts: {connect: 1000, headers: 60_000}});
	const reading = readAll(session, large);
	setTimeout(() => control.abort(new Error('enough')), 50);
	await t.throwsAsync(reading, {message: 'enough'});
});

function makeTlsListener({context}: Context) {
	const [key, cert] = [join(context.folder, 'key.pem'), join(context.folder, 'cert.pem')];
	execFileSync(
		'openssl',
		['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=somebody-else'],
		{stdio: 'ignore'},
	);
	return createTlsServer({key: readFileSync(key), cert: readFileSync(cert)});
}

test('an encrypted registry on our own machine is used whatever its certificate', async t => {
	const registry = await startRegistry({listener: makeTlsListener(t)});
	t.teardown(() => registry.close());
	registry.serve('app', 'latest', image);
	const session = await openSession(parseReference(`${registry.host}/app:latest`), quick);
	t.context.sessions.push(session);
	t.is((await session.manifest('latest')).digest, image.manifest.digest);
	t.is(registry.requests.length, 1);
});

test('any other host must prove itself by its certificate, and is never spoken to in plain', async t => {
	const name = hostname();
	const {address} = await lookup(name);
	for (const listener of [makeTlsListener(t), undefined]) {
		const registry = await startRegistry({...(listener && {listener}), address});
		t.teardown(() => registry.close());
		registry.serve('app', 'latest', image);
		const session = await openSession(parseReference(`${name}:${registry.port}/app:latest`), quick);
		t.context.sessions.push(session);
		await t.throwsAsync(session.manifest('latest'), {code: 'registry.unreachable'});
		t.is(registry.requests.length, 0);
		process.env['HAWSER_INSECURE_REGISTRIES'] = `other:1,${name}:${registry.port}`;
		const trusting = await openSession(parseReference(`${name}:${registry.port}/app:latest`), quick);
		t.context.sessions.push(trusting);
		t.is((await trusting.manifest('latest')).digest, image.manifest.digest);
		delete process.env['HAWSER_INSECURE_REGISTRIES'];
	}
});
