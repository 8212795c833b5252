import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {openPty} from '../helpers/pty.ts';
import {fail, startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {makeImage, makeTar} from '../helpers/registry-image.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

const image = makeImage({layers: [makeTar([{name: 'base', content: 'base\n'}]), makeTar([{name: 'hello', content: 'hello\n'.repeat(100_000)}])]});
const account = Buffer.from('user:pass word').toString('base64');
let registry: ScriptedRegistry;
let store: TestStore;
let folder: string;
let env: Record<string, string>;

test.before(async () => {
	[registry, store] = await Promise.all([startRegistry(), makeStore()]);
	folder = mkdtempSync(join(tmpdir(), 'hawser-test-images-'));
	env = {DOCKER_CONFIG: folder};
	registry.serve('private/app', 'latest', image);
	registry.serve('private/app', 'v2', makeImage({config: {author: 'two'}}));
	registry.trick(/^\/v2\//, (request, response) =>
		request.headers.authorization === `Basic ${account}` ? false : fail(response, 401, 'UNAUTHORIZED', 'authentication required', {'WWW-Authenticate': 'Basic realm="x"'}),
	);
});
test.after.always('nothing is left behind', async () => {
	await registry.close();
	await store.close();
	rmSync(folder, {recursive: true, force: true});
});

const run = (...args: string[]) => store.runWith({env}, ...args);
const name = (tag = '') => `${registry.host}/private/app${tag}`;

test.serial('without a login the registry says what is missing', async t => {
	const {code, stdout, stderr} = await run('pull', name());
	t.is(code, 1);
	t.is(stdout, 'Using default tag: latest\n');
	t.regex(stderr, new RegExp(`pull access denied for ${name()}, repository does not exist or may require 'docker login': unauthorized: authentication required`));
	t.deepEqual(await run('pull', '-a', name(':x')), {code: 1, stdout: '', stderr: "Error: tag can't be used with --all-tags/-a\n"});
});

test.serial('login takes its words as docker does', async t => {
	const {host} = registry;
	for (const [args, said] of [
		[['--password-stdin'], 'the --password-stdin option requires --username to be set'],
		[['-u', 'x', '-p', 'y', '--password-stdin'], 'conflicting options: cannot specify both --password and --password-stdin'],
		[['-u', '', '-p', 'y'], 'username is empty'],
		[['-u', 'x'], 'Error: Cannot perform an interactive login from a non TTY device'],
	] as const) {
		const {code, stderr} = await run('login', ...args, host);
		t.is(code, 1);
		t.true(stderr.startsWith(said), stderr);
	}
	const wrong = await store.runWith({env, input: 'canary\n'}, 'login', '-u', 'user', '--password-stdin', host);
	t.is(wrong.code, 1);
	t.regex(wrong.stderr, /login attempt to .* failed with status: 401 Unauthorized/);
	t.notRegex(wrong.stderr, /canary/);
	t.false(existsSync(join(folder, 'config.json')));
});

test.serial('a password that is typed is not seen, and is kept for its owner alone', async t => {
	const screen = openPty(['login', registry.host], {env: {...store.env, ...env}, columns: 100});
	await screen.see('Username:');
	screen.type('user\r');
	await screen.see('Password:');
	screen.type('pass  \x7fword\r');
	t.is((await screen.exit).exitCode, 0);
	t.regex(screen.text(), /Login Succeeded/);
	t.regex(screen.text(), /WARNING! Your credentials are stored unencrypted in/);
	t.notRegex(screen.raw(), /pass word/);
	t.is(statSync(join(folder, 'config.json')).mode & 0o777, 0o600);
	const again = await run('login', registry.host);
	t.is(again.code, 0);
	t.regex(again.stderr, /Authenticating with existing credentials\.\.\. \[Username: user\]/);
});

test.serial('an image goes from the registry to disk, to a file, and to the registry under another name', async t => {
	const pulled = await run('pull', name());
	t.is(pulled.code, 0, pulled.stderr);
	t.true(pulled.stdout.startsWith('Using default tag: latest\nlatest: Pulling from private/app\n'));
	t.true(pulled.stdout.endsWith(`Digest: ${image.manifest.digest}\nStatus: Downloaded newer image for ${name(':latest')}\n${name(':latest')}\n`));
	t.is((await run('tag', name(), name('-copy:v1'))).code, 0);
	const pushed = await run('push', name('-copy:v1'));
	t.is(pushed.code, 0, pushed.stderr);
	const lines = pushed.stdout.trim().split('\n');
	t.is(lines[0], `The push refers to repository [${name('-copy')}]`);
	t.deepEqual(
		lines.filter(line => line.includes('Mounted')).map(line => line.slice(14)),
		['Mounted from private/app', 'Mounted from private/app'],
	);
	t.is(lines.at(-1), `v1: digest: ${image.manifest.digest} size: ${image.manifest.bytes.length}`);
	t.is((await run('push', '-q', name('-copy:v1'))).stdout, `${name('-copy:v1')}\n`);
	t.deepEqual(await run('push', name('-none')), {
		code: 1,
		stdout: 'Using default tag: latest\n',
		stderr: `Error: An image does not exist locally with the tag: ${name('-none')}\n`,
	});
	const file = join(folder, 'saved.tar');
	t.deepEqual(await run('save', '-o', file, name('-copy:v1')), {code: 0, stdout: '', stderr: ''});
	t.is(statSync(file).mode & 0o777, 0o600);
	t.regex((await run('save', '-o', join(folder, 'no/where.tar'), name())).stderr, /^failed to save image: invalid output path: directory/);
	t.is((await run('rmi', name('-copy:v1'), name())).code, 0);
	t.is((await store.runWith({env, input: readFileSync(file)}, 'load')).stdout, `Loaded image: ${name('-copy:v1')}\n`);
	t.is((await run('images', '-q', '--no-trunc', name('-copy'))).stdout, `${image.config.digest}\n`);
});

test.serial('all tags of a repository, its list, and what refers to an image', async t => {
	t.is((await run('image', 'tags', name())).code, 1);
	registry.trick(/tags\/list/, (_, response) => void response.end('{"name":"private/app","tags":["latest","v2"]}'));
	t.is((await run('image', 'tags', name())).stdout, 'latest\nv2\n');
	const {code, stdout} = await run('pull', '-a', name());
	t.is(code, 0);
	t.regex(stdout, /latest: Pulling from private\/app\n[^]*v2: Pulling from private\/app\n/);
	t.is((await run('images', '--format', '{{.Tag}}', name())).stdout.split('\n').toSorted().join(' '), ' latest v2');
	t.is((await run('image', 'referrers', name())).stdout.trim().split(/\s+/)[0], 'ARTIFACT');
});

test.serial('search finds what the catalog has', async t => {
	registry.trick(/_catalog/, (_, response) => void response.end('{"repositories":["private/app","other"]}'));
	t.is((await run('search', '--format', '{{.Name}}', `${registry.host}/app`)).stdout, `${name()}\n`);
	t.regex((await run('search', '--limit', '500', `${registry.host}/app`)).stderr, /limit 500 is outside the range of \[1, 100\]/);
});

test.serial('an image of another platform than the one asked for is named with its own', async t => {
	const other = process.arch === 'x64' ? 'linux/arm64' : 'linux/amd64';
	for (const verb of [['history'], ['image', 'inspect'], ['rmi'], ['push']]) {
		const {code, stderr} = await run(...verb, '--platform', other, name());
		t.is(code, 1, verb.join(' '));
		t.regex(stderr, new RegExp(`image with reference \\S+ was found but its platform \\(linux/\\w+\\) does not match the specified platform \\(${other}\\)`), verb.join(' '));
	}
	t.is((await run('history', '-q', '--platform', 'linux', name())).code, 0);
});

test.serial('who asks for content trust gets no image that nobody has checked', async t => {
	for (const verb of ['pull', 'push', 'create']) {
		t.regex((await run(verb, '--disable-content-trust=false', name())).stderr, /cannot check the signature of .*: content trust \(Notary\) is not supported/, verb);
		t.regex((await store.runWith({env: {...env, DOCKER_CONTENT_TRUST: '1'}}, verb, name())).stderr, /cannot check the signature/, verb);
	}
	t.is((await store.runWith({env: {...env, DOCKER_CONTENT_TRUST: '0'}}, 'pull', '-q', name())).code, 0);
	t.is((await store.runWith({env: {...env, DOCKER_CONTENT_TRUST: '1'}}, 'pull', '-q', `${name()}@${image.manifest.digest}`)).code, 0);
});

test.serial('what a forced rmi does not find is no failure', async t => {
	t.deepEqual(await run('rmi', '-f', 'nope'), {code: 0, stdout: '', stderr: 'Error: No such image: nope:latest\n'});
	t.is((await run('rmi', 'nope')).code, 1);
});

test.serial('after a logout the registry is closed again', async t => {
	t.is((await run('logout', registry.host)).stdout, `Removing login credentials for ${registry.host}\n`);
	t.notRegex(readFileSync(join(folder, 'config.json'), 'utf8'), /"auth"/);
	t.is((await run('push', name('-copy:v1'))).stderr.split('\n')[0], 'Error: no basic auth credentials');
});
