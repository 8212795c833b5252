import {createServer} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {hostname} from 'node:os';
import test from 'ava';
import {isLoopbackHost, isPrivateAddress} from '../../core/registry/address.ts';
import {isSameHouse} from '../../core/registry/auth.ts';
import {parseChallenges} from '../../core/registry/challenge.ts';
import {endpointsOf} from '../../core/registry/endpoint.ts';
import {openTransport} from '../../core/registry/http.ts';
import {sendFollowing} from '../../core/registry/redirect.ts';
import {parseRetryAfter} from '../../core/registry/retry.ts';

const inside = [
	'127.0.0.1',
	'127.9.9.9',
	'10.1.2.3',
	'172.31.0.1',
	'192.168.1.1',
	'169.254.169.254',
	'100.64.0.1',
	'0.0.0.0',
	'224.0.0.1',
	'255.255.255.255',
	'::1',
	'::',
	'fe80::1',
	'fd00::1',
	'ff02::1',
	'::ffff:127.0.0.1',
	'::ffff:a00:1',
	'::127.0.0.1',
	'64:ff9b::a9fe:a9fe',
	'2002:7f00:1::',
	'2002:c0a8:101::1',
];
const outside = ['8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1'];

for (const address of inside) test(`${address} is a private address`, t => t.true(isPrivateAddress(address)));
for (const address of outside) test(`${address} is a public address`, t => t.false(isPrivateAddress(address)));

test('only our own machine is loopback, whatever a name looks like', t => {
	for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) t.true(isLoopbackHost(host), host);
	for (const host of ['localhost.example', '127.0.0.1.example', '10.0.0.1', '1270.0.1', 'example.com']) t.false(isLoopbackHost(host), host);
});

const forms = [
	'http://127.0.0.1:1/',
	'http://[::1]:1/',
	'http://[::ffff:127.0.0.1]:1/',
	'http://0x7f000001:1/',
	'http://2130706433:1/',
	'http://017700000001:1/',
	'http://127.1:1/',
	'http://localhost:1/',
	`http://${hostname()}:1/`,
	'http://169.254.169.254/',
	'http://10.0.0.1/',
	'http://[fe80::1]/',
];

for (const form of forms) {
	test(`a public registry cannot send us to ${form}`, async t => {
		const transport = openTransport({tlsOf: () => ({verify: true}), timeouts: {connect: 1000, headers: 1000}, userAgent: 'test'});
		await t.throwsAsync(transport.send(new URL(form), {onlyPublic: true}), {code: 'registry.refused-address'});
		transport.close();
	});
}

test('a redirect from a public registry is held to public addresses', async t => {
	const asked: unknown[] = [];
	const reply = (status: number, headers: Record<string, string>) => ({
		url: new URL('https://registry.example/v2/'),
		status,
		statusText: '',
		headers,
		address: '93.184.216.34',
		body: {on() {}, destroy() {}, resume() {}} as never,
	});
	const transport = {
		async send(url: URL, request: {onlyPublic?: boolean}) {
			asked.push([url.host, request.onlyPublic]);
			return asked.length === 1 ? reply(307, {location: 'https://cdn.example/blob'}) : reply(200, {});
		},
		close() {},
	};
	await sendFollowing(transport, new URL('https://registry.example/v2/'), {});
	t.deepEqual(asked, [
		['registry.example', undefined],
		['cdn.example', true],
	]);
});

test('https is never left for http', async t => {
	const transport = {
		send: async () => ({
			url: new URL('https://registry.example/v2/'),
			status: 302,
			statusText: '',
			headers: {location: 'http://registry.example/blob'},
			address: '93.184.216.34',
			body: {on() {}, destroy() {}} as never,
		}),
		close() {},
	};
	await t.throwsAsync(sendFollowing(transport, new URL('https://registry.example/v2/'), {}), {message: /not encrypted/});
});

test('plain HTTP is tried on our own machine and on hosts named insecure, and nowhere else', t => {
	const schemes = (domain: string, insecure: string[] = []) => endpointsOf(domain, {insecure, mirrors: new Map()}).map(({base, tls}) => `${base.protocol}${tls.verify}`);
	t.deepEqual(schemes('registry.example'), ['https:true']);
	t.deepEqual(schemes('10.0.0.1:5000'), ['https:true']);
	t.deepEqual(schemes('docker.io', ['docker.io']), ['https:true']);
	t.deepEqual(schemes('localhost:5000'), ['http:false', 'https:false']);
	t.deepEqual(schemes('registry.example:5000', ['registry.example:5000']), ['https:false', 'http:false']);
	t.deepEqual(schemes('registry.example:5001', ['registry.example:5000']), ['https:true']);
	t.deepEqual(schemes('10.1.2.3:5000', ['10.0.0.0/8', 'fd00::/8']), ['https:false', 'http:false']);
	t.deepEqual(schemes('11.1.2.3:5000', ['10.0.0.0/8']), ['https:true']);
	t.is(endpointsOf('docker.io', {insecure: [], mirrors: new Map()})[0]?.base.host, 'registry-1.docker.io');
});

test('a password stays within one registered name', t => {
	t.true(isSameHouse('auth.docker.io', 'registry-1.docker.io'));
	t.true(isSameHouse('127.0.0.1', '127.0.0.1'));
	t.true(isSameHouse('gitlab.com', 'registry.gitlab.com'));
	t.false(isSameHouse('docker.io.attacker.example', 'docker.io'));
	t.false(isSameHouse('one.co.uk', 'two.co.uk'));
	t.false(isSameHouse('10.0.0.1', '20.0.0.1'));
	t.false(isSameHouse('localhost', 'host'));
});

test('challenges are read in all their forms', t => {
	t.deepEqual(
		parseChallenges('Basic realm="a, b\\"c", Bearer realm="https://x/token",service=y , scope="p:q"').map(({scheme, parameters}) => [scheme, {...parameters}]),
		[
			['basic', {realm: 'a, b"c'}],
			['bearer', {realm: 'https://x/token', service: 'y', scope: 'p:q'}],
		],
	);
	t.deepEqual(parseChallenges('Negotiate'), []);
	t.deepEqual(parseChallenges(undefined), []);
});

test('Retry-After is seconds or a date', t => {
	t.is(parseRetryAfter('7'), 7);
	t.true((parseRetryAfter(new Date(Date.now() + 10_000).toUTCString()) ?? 0) > 7);
	t.is(parseRetryAfter('soon'), undefined);
	t.is(parseRetryAfter(new Date(0).toUTCString()), 0);
});

test('a proxy is used for other hosts, and not for our own machine', async t => {
	const seen: string[] = [];
	const proxy = createServer((request, response) => {
		seen.push(request.url ?? '');
		response.end('through the proxy');
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	const {port} = proxy.address() as AddressInfo;
	process.env['HTTP_PROXY'] = `http://127.0.0.1:${port}`;
	const transport = openTransport({tlsOf: () => ({verify: true}), timeouts: {connect: 2000, headers: 2000}, userAgent: 'test'});
	t.teardown(() => {
		delete process.env['HTTP_PROXY'];
		transport.close();
		proxy.close();
	});
	const reply = await transport.send(new URL('http://registry.example/v2/'), {});
	reply.body.resume();
	t.deepEqual(seen, ['http://registry.example/v2/']);
	await t.throwsAsync(transport.send(new URL('http://127.0.0.1:1/'), {}), {message: /connection refused/});
	process.env['HTTP_PROXY'] = 'canary:password@@:bad';
	const broken = openTransport({tlsOf: () => ({verify: true}), timeouts: {connect: 2000, headers: 2000}, userAgent: 'test'});
	const error = await t.throwsAsync(broken.send(new URL('http://registry.example/v2/'), {}), {name: 'EngineError'});
	t.notRegex(error.message, /canary/);
});
