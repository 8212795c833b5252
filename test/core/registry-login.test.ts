import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {login, logout, registryHost, storedUser} from '../../core/registry/login.ts';
import {openSession} from '../../core/registry/session.ts';
import {searchImages} from '../../core/registry/search.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {fail, replyWith, startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';

// Serial, because the credentials come from the environment's DOCKER_CONFIG.
const test = anyTest.serial as TestFn<{registry: ScriptedRegistry; folder: string}>;
const path = process.env['PATH'];

test.beforeEach(async t => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-test-login-'));
	process.env['DOCKER_CONFIG'] = folder;
	process.env['PATH'] = `${folder}:${path}`;
	t.context = {registry: await startRegistry(), folder};
});
test.afterEach.always(async t => {
	process.env['PATH'] = path;
	delete process.env['DOCKER_AUTH_CONFIG'];
	await t.context.registry.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

type Context = {context: {registry: ScriptedRegistry; folder: string}};
const auth = (text: string): string => Buffer.from(text).toString('base64');
const file = ({context}: Context): string => join(context.folder, 'config.json');
const config = (t: Context) => JSON.parse(readFileSync(file(t), 'utf8')) as Record<string, Record<string, Record<string, string>>>;

const wantBasic = ({context: {registry}}: Context, account = 'user:pass word') =>
	registry.trick(/^\/v2\/$/, (request, response) =>
		request.headers.authorization === `Basic ${auth(account)}` ? false : fail(response, 401, 'UNAUTHORIZED', 'authentication required', {'WWW-Authenticate': 'Basic realm="x"'}),
	);

test('a login that the registry accepts is kept, and what else the file says stays', async t => {
	const {registry} = t.context;
	wantBasic(t);
	writeFileSync(file(t), '{"psFormat":"table {{.ID}}","auths":{"other.example":{"auth":"YTpi"}},"x-unknown":{"deep":[1,{"y":null}]}}', {mode: 0o644});
	t.deepEqual(await login(registry.host, {user: 'user', password: 'pass word'}), {unencryptedIn: file(t)});
	t.deepEqual(config(t), {
		psFormat: 'table {{.ID}}',
		auths: {'other.example': {auth: 'YTpi'}, [registry.host]: {auth: auth('user:pass word')}},
		'x-unknown': {deep: [1, {y: null}]},
	} as never);
	t.is(statSync(file(t)).mode & 0o777, 0o600);
	t.deepEqual(await storedUser(registry.host), {kind: 'password', user: 'user', password: 'pass word'} as never);
	await logout(`https://${registry.host}/v2/`);
	t.deepEqual(Object.keys(config(t)['auths'] ?? {}), ['other.example']);
});

test('a login that is refused is told in Docker words, and nothing is kept', async t => {
	const {registry} = t.context;
	wantBasic(t);
	const error = await t.throwsAsync(login(registry.host, {user: 'user', password: 'canary'}), {
		message: `login attempt to http://${registry.host}/v2/ failed with status: 401 Unauthorized`,
	});
	t.notRegex(JSON.stringify(error), /canary/);
	t.false(existsSync(file(t)));
});

test('a token server is asked for a token to keep in place of the password', async t => {
	const {registry} = t.context;
	registry.trick(/^\/v2\/$/, (request, response) =>
		request.headers.authorization === 'Bearer t'
			? false
			: fail(response, 401, 'UNAUTHORIZED', 'x', {'WWW-Authenticate': `Bearer realm="http://${registry.host}/token",service="s"`}),
	);
	registry.trick(/^\/token/, (request, response) =>
		request.headers.authorization === `Basic ${auth('user:right')}` ? void response.end('{"token":"t","refresh_token":"canary-identity"}') : fail(response, 401, 'X', 'no'),
	);
	t.deepEqual(await login(registry.host, {user: 'user', password: 'right'}), {});
	t.deepEqual(config(t)['auths'], {[registry.host]: {auth: auth('user:'), identitytoken: 'canary-identity'}});
	const query = new URL(registry.requests.find(item => item.path.startsWith('/token'))?.path ?? '', 'http://x').searchParams;
	t.deepEqual([query.get('service'), query.get('account'), query.get('offline_token'), query.get('scope')], ['s', 'user', 'true', null]);
	await t.throwsAsync(login(registry.host, {user: 'user', password: 'wrong'}), {message: `Get "http://${registry.host}/v2/": unauthorized: incorrect username or password`});
});

function makeHelper({context: {folder}}: Context): void {
	const store = join(folder, 'kept');
	const script = `#!/bin/sh\ncase $1 in store) cat >${store};; get) test -e ${store} && cat ${store} || { echo "credentials not found in native keychain"; exit 1; };; erase) rm -f ${store}; cat >${store}.erased;; esac\n`;
	writeFileSync(join(folder, 'docker-credential-test'), script);
	chmodSync(join(folder, 'docker-credential-test'), 0o755);
}

for (const [how, keys] of [
	['for all hosts', () => ({credsStore: 'test'})],
	['for one host', (host: string) => ({credHelpers: {[host]: 'test'}})],
] as const) {
	test(`a credential helper ${how} keeps what a login proved, and the file does not`, async t => {
		const {registry, folder} = t.context;
		makeHelper(t);
		writeFileSync(file(t), JSON.stringify(keys(registry.host)));
		t.deepEqual(await login(registry.host, {user: 'user', password: 'canary'}), {});
		t.deepEqual(JSON.parse(readFileSync(join(folder, 'kept'), 'utf8')), {ServerURL: registry.host, Username: 'user', Secret: 'canary'});
		t.notRegex(readFileSync(file(t), 'utf8'), /canary/);
		t.deepEqual(config(t)['auths'], {[registry.host]: {}});
		t.like(await storedUser(registry.host), {user: 'user', password: 'canary'});
		await logout(registry.host);
		t.is(await storedUser(registry.host), undefined);
		t.deepEqual(config(t)['auths'], {} as never);
	});
}

test('a file that is a link is written where it leads', async t => {
	const {registry, folder} = t.context;
	writeFileSync(join(folder, 'real.json'), '{}');
	symlinkSync('real.json', file(t));
	await login(registry.host, {user: 'u', password: 'p'});
	t.regex(readFileSync(join(folder, 'real.json'), 'utf8'), /auths/);
});

test('the environment goes before the file', async t => {
	const {registry} = t.context;
	process.env['DOCKER_AUTH_CONFIG'] = JSON.stringify({auths: {[registry.host]: {auth: auth('ci:token')}}});
	t.like(await storedUser(registry.host), {user: 'ci', password: 'token'});
});

test('the hub has many names, and nonsense is no host', t => {
	for (const name of ['', 'docker.io', 'https://index.docker.io/v1/', 'index.docker.io']) t.is(registryHost(name), 'docker.io');
	t.is(registryHost('https://reg.example:5000/v2/'), 'reg.example:5000');
	t.is(registryHost('localhost'), 'localhost');
	for (const name of ['a b', '-x', 'http://', '../x', 'ho\nst', 'user@host']) t.throws(() => registryHost(name), {code: 'registry.bad-host'});
});

test('a mirror is asked first, with its own credentials, and passed over when it fails', async t => {
	const {registry, folder} = t.context;
	const mirror = await startRegistry();
	t.teardown(() => mirror.close());
	const settings = join(folder, 'registries.json');
	writeFileSync(settings, JSON.stringify({mirrors: {[registry.host]: [`http://${mirror.host}/prefix`]}}), {mode: 0o644});
	writeFileSync(file(t), JSON.stringify({auths: {[registry.host]: {auth: auth('user:canary')}}}));
	process.env['HAWSER_REGISTRIES'] = settings;
	t.teardown(() => delete process.env['HAWSER_REGISTRIES']);
	const challenge = {'WWW-Authenticate': 'Basic realm="x"'};
	mirror.trick(/^\/prefix\/v2\/app\/manifests/, (_, response) => fail(response, 401, 'UNAUTHORIZED', 'x', challenge), 1);
	mirror.trick(/^\/prefix\/v2\/app\/manifests/, replyWith(200, {}, '{"from":"mirror"}'));
	registry.trick(/manifests/, replyWith(200, {}, '{"from":"registry"}'));
	const session = await openSession(parseReference(`${registry.host}/app`), {patience: {attempts: 1, firstDelay: 0, longestDelay: 0}});
	t.teardown(() => session.close());
	t.is((await session.manifest('latest')).bytes.toString(), '{"from":"mirror"}');
	t.true(mirror.requests.every(({headers}) => headers.authorization === undefined));
	mirror.trick(/manifests/, replyWith(500));
	t.is((await session.manifest('latest')).bytes.toString(), '{"from":"registry"}');
	chmodSync(settings, 0o666);
	await t.throwsAsync(openSession(parseReference(`${registry.host}/app`)), {code: 'registry.bad-settings'});
});

test('search asks the registry as Docker does, and its catalog where it has no search', async t => {
	const {registry} = t.context;
	registry.trick(/^\/v1\/search/, replyWith(404), 1);
	registry.trick(/^\/v2\/_catalog/, replyWith(200, {Link: '</v2/_catalog?n=1000&last=b>; rel="next"'}, '{"repositories":["team/app","b"]}'), 1);
	registry.trick(/^\/v2\/_catalog.*last=b/, replyWith(200, {}, '{"repositories":["my-app"]}'), 1);
	const names = async (term: string, more = {}) => (await searchImages(`${registry.host}/${term}`, more)).map(({name}) => name);
	t.deepEqual(await names('app'), [`${registry.host}/team/app`, `${registry.host}/my-app`]);
	const results = [
		{name: 'busybox', description: 'Busybox base image.', star_count: 3400, is_official: true, is_automated: false},
		{name: 'radial/busyboxplus', description: 'x', star_count: 50, is_official: false, is_automated: true},
	];
	registry.trick(/^\/v1\/search/, replyWith(200, {}, JSON.stringify({num_results: 2, results})));
	t.deepEqual(await names('busy'), ['busybox', 'radial/busyboxplus']);
	t.is(registry.requests.at(-1)?.path, '/v1/search?q=busy&n=25');
	t.deepEqual(await names('busy', {filters: new Map([['stars', ['100']]])}), ['busybox']);
	t.deepEqual(await names('busy', {filters: new Map([['is-official', ['false']]])}), ['radial/busyboxplus']);
	await t.throwsAsync(names('x', {limit: 101}), {message: 'limit 101 is outside the range of [1, 100]'});
	await t.throwsAsync(names('x', {filters: new Map([['foo', ['1']]])}), {message: "invalid filter 'foo'"});
	await t.throwsAsync(names('x', {filters: new Map([['stars', ['many']]])}), {message: "invalid filter 'stars=many'"});
});

test('a catalog without end is refused', async t => {
	const {registry} = t.context;
	registry.trick(/^\/v1\/search/, replyWith(404));
	registry.trick(/^\/v2\/_catalog/, replyWith(200, {Link: '</v2/_catalog?last=a>; rel="next"'}, '{"repositories":["a"]}'));
	await t.throwsAsync(searchImages(`${registry.host}/x`), {message: /has no end/});
});
