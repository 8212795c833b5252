import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, copyFileSync} from 'node:fs';
import {createServer, type ServerOptions} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {pullImage, type PullOptions} from '../../core/image/pull.ts';
import {answerChallenge} from '../../core/registry/auth.ts';
import type {Reply, Send} from '../../core/registry/http.ts';
import {makeImage} from '../helpers/registry-image.ts';
import {startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

// Serial, because certificates and credentials come from folders that the environment names.
const test = anyTest.serial as TestFn<{folder: string; store: TestStore}>;
const image = makeImage();
const quick: PullOptions = {transfer: {patience: {attempts: 1, firstDelay: 0.01, longestDelay: 0.01}, timeouts: {connect: 5000, headers: 5000}}};
let authority: string;

const openssl = (cwd: string, ...args: string[]) => execFileSync('openssl', args, {cwd, stdio: ['ignore', 'ignore', 'pipe']});
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

test.before(() => {
	authority = mkdtempSync(join(tmpdir(), 'hawser-test-authority-'));
	openssl(authority, 'req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=Test authority');
	makeCertificate('good', 'subjectAltName=IP:127.0.0.1', '2');
	makeCertificate('other', 'subjectAltName=DNS:somebody.example', '2');
	makeCertificate('client', 'extendedKeyUsage=clientAuth', '2');
	openssl(authority, 'req', '-x509', ...key, '-keyout', 'stranger.key', '-out', 'stranger.crt', '-days', '2', '-subj', '/CN=x', '-addext', 'subjectAltName=IP:127.0.0.1');
});
test.after.always(() => rmSync(authority, {recursive: true, force: true}));

/** Signed by our authority. */
function makeCertificate(name: string, extension: string, days: string): void {
	writeFileSync(join(authority, `${name}.ext`), extension);
	openssl(authority, 'req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
	openssl(authority, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.crt`, '-days', days, '-extfile', `${name}.ext`);
}

test.beforeEach(t => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-test-tls-'));
	process.env['DOCKER_CONFIG'] = folder;
	process.env['HAWSER_CERTS'] = join(folder, 'certs.d');
	t.context = {folder, store: makeStore()};
});
test.afterEach.always(t => {
	delete process.env['HAWSER_CERTS'];
	t.context.store.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

type Context = {context: {folder: string; store: TestStore}; teardown(end: () => Promise<void>): void};

/** A registry that shows this certificate, with its host's folder of certificates, and credentials that nobody else may see. */
async function start(t: Context, certificate: string, more: ServerOptions = {}): Promise<{registry: ScriptedRegistry; certs: string}> {
	const pair = {key: readFileSync(join(authority, `${certificate}.key`)), cert: readFileSync(join(authority, `${certificate}.crt`))};
	const registry = await startRegistry({listener: createServer({...pair, ...more})});
	t.teardown(() => registry.close());
	registry.serve('app', 'latest', image);
	const certs = join(t.context.folder, 'certs.d', registry.host);
	mkdirSync(certs, {recursive: true});
	copyFileSync(join(authority, 'ca.crt'), join(certs, 'ca.crt'));
	writeFileSync(join(t.context.folder, 'config.json'), JSON.stringify({auths: {[registry.host]: {auth: Buffer.from('user:canary').toString('base64')}}}));
	return {registry, certs};
}

test('a registry is believed by the authority that its folder names', async t => {
	const {registry} = await start(t, 'good');
	t.is((await pullImage(t.context.store, `${registry.host}/app`, quick)).id, image.config.digest);
});

for (const [certificate, said] of [
	['other', /does not match|altnames/i],
	['stranger', /self[- ]signed/i],
] as const) {
	test(`a registry that shows the certificate of ${certificate === 'other' ? 'another host' : 'a stranger'} is told nothing`, async t => {
		const {registry} = await start(t, certificate);
		await t.throwsAsync(pullImage(t.context.store, `${registry.host}/app`, quick), {code: 'registry.unreachable', message: said});
		t.is(registry.requests.length, 0);
	});
}

test('a registry that wants a certificate of ours gets it, and another host does not', async t => {
	const {registry, certs} = await start(t, 'good', {requestCert: true, rejectUnauthorized: true, ca: readFileSync(join(authority, 'ca.crt'))});
	await t.throwsAsync(pullImage(t.context.store, `${registry.host}/app`, quick));
	t.is(registry.requests.length, 0);
	copyFileSync(join(authority, 'client.crt'), join(certs, 'client.cert'));
	await t.throwsAsync(pullImage(t.context.store, `${registry.host}/app`, quick), {message: /missing key client.key for client certificate client.cert/});
	copyFileSync(join(authority, 'client.key'), join(certs, 'client.key'));
	t.is((await pullImage(t.context.store, `${registry.host}/app`, quick)).id, image.config.digest);
	rmSync(join(certs, 'client.cert'));
	await t.throwsAsync(pullImage(t.context.store, `${registry.host}/app`, quick), {message: /missing client certificate client.cert for key client.key/});
});

const from = (address: string | undefined, realm: string): Reply =>
	({
		url: new URL('https://registry.example/v2/'),
		status: 401,
		statusText: '',
		headers: {'www-authenticate': `Bearer realm="${realm}"`},
		address,
		body: {on() {}, destroy() {}, resume() {}},
	}) as unknown as Reply;

for (const [whose, address, realm, expected] of [
	['a public registry', '93.184.216.34', 'https://tokens.example/', true],
	['a registry whose address is not known', undefined, 'https://10.0.0.1/', true],
	['a registry of our own network', '10.1.2.3', 'https://tokens.example/', false],
	['a public registry, to itself', '93.184.216.34', 'https://registry.example/token', false],
] as const) {
	test(`${whose} ${expected ? 'cannot' : 'can'} send us to private addresses for a token`, async t => {
		const asked: Array<Send['onlyPublic']> = [];
		const send = (_: URL, {onlyPublic}: Send) => {
			asked.push(onlyPublic);
			return Promise.reject(new Error('seen'));
		};
		await t.throwsAsync(answerChallenge(from(address, realm), {domain: 'registry.example', credentials: undefined, scopes: [], send}), {message: 'seen'});
		t.deepEqual(asked, [expected]);
	});
}
