import {execFileSync, spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

const forever = ['busybox', 'sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'];

/** Starts a container that does nothing but be there. */
const start = (name: string, ...flags: string[]): Promise<string> => store.must('run', '-d', '--name', name, ...flags, ...forever);

const inside = async (name: string, ...words: string[]): Promise<string> => (await store.run('exec', name, ...words)).stdout;

/** What a container finds under a name: addresses, or nothing. */
const find = async (name: string, wanted: string): Promise<string[]> =>
	[...(await inside(name, 'nslookup', wanted)).matchAll(/^Address(?: \d+)?: ([0-9a-f.:]+)$/gm)].map(match => match[1] ?? '').filter(address => !address.startsWith('127.0.0.11'));

const addressOf = (name: string, network: string, field = 'IPAddress'): Promise<string> => store.must('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").${field}}}`, name);

const remove = (...names: string[]): Promise<string> => store.must('rm', '-f', ...names);

test.serial('containers of a network find each other by name, alias, short id and link, and by address', async t => {
	await store.must('network', 'create', 'names');
	const web = await start('web', '--network', 'names', '--network-alias', 'www');
	await start('app', '--network', 'names', '--link', 'web:backend');
	const address = await addressOf('web', 'names');
	for (const name of ['web', 'WEB', 'www', web.slice(0, 12), 'backend', 'web.names']) t.deepEqual(await find('app', name), [address], name);
	t.deepEqual(await find('web', 'backend'), []);
	t.regex(await inside('app', 'nslookup', address), /name = web\.names/);
	t.is(await inside('app', 'cat', '/etc/resolv.conf').then(text => text.split('\n')[0]), 'nameserver 127.0.0.11');
	t.deepEqual(JSON.parse(await store.must('inspect', '-f', '{{json (index .NetworkSettings.Networks "names").DNSNames}}', 'web')), ['web', 'www', web.slice(0, 12)]);
	await remove('app', 'web');
});

test.serial('names follow renames, stops, starts and connects at once', async t => {
	await store.must('network', 'create', 'other');
	await start('one', '--network', 'names');
	await start('two', '--network', 'names');
	const address = await addressOf('one', 'names');
	t.deepEqual(await find('two', 'one'), [address]);
	await store.must('rename', 'one', 'uno');
	t.deepEqual([await find('two', 'uno'), await find('two', 'one')], [[address], []]);
	await store.must('stop', 'uno');
	t.deepEqual(await find('two', 'uno'), []);
	await store.must('start', 'uno');
	t.deepEqual(await find('two', 'uno'), [await addressOf('uno', 'names')]);
	await store.must('restart', '-t', '0', 'two');
	t.deepEqual(await find('two', 'uno'), [await addressOf('uno', 'names')]);
	await start('three', '--network', 'other');
	t.deepEqual(await find('three', 'uno'), []);
	await store.must('network', 'connect', '--alias', 'first', 'other', 'uno');
	t.deepEqual([await find('three', 'uno'), await find('three', 'first')], [[await addressOf('uno', 'other')], [await addressOf('uno', 'other')]]);
	t.regex(await inside('uno', 'ip', '-o', 'address'), /eth1\s+inet /);
	await store.must('network', 'disconnect', 'names', 'uno');
	t.deepEqual([await find('two', 'uno'), await find('three', 'uno')], [[], [await addressOf('uno', 'other')]]);
	const addresses = await inside('uno', 'ip', '-o', 'address');
	t.notRegex(addresses, /eth0/);
	// What is left has the way out.
	t.regex(await inside('uno', 'ip', 'route'), /default via .* dev eth1/);
	await remove('uno', 'two', 'three');
	await store.must('network', 'rm', 'other');
});

test.serial('a container of the default network that is connected to another gets names there', async t => {
	await start('plain');
	await start('named', '--network', 'names');
	t.notRegex(await inside('plain', 'cat', '/etc/resolv.conf'), /127\.0\.0\.11/);
	await store.must('network', 'connect', 'names', 'plain');
	t.deepEqual(await find('plain', 'named'), [await addressOf('named', 'names')]);
	t.deepEqual(await find('named', 'plain'), [await addressOf('plain', 'names')]);
	t.regex(await inside('plain', 'cat', '/etc/hosts'), new RegExp(`^${await addressOf('plain', 'names')}\t`, 'm'));
	t.regex((await store.run('network', 'connect', 'names', 'plain')).stderr, /endpoint with name plain already exists in network names/);
	t.regex((await store.run('network', 'rm', 'names')).stderr, /network names has active endpoints \(name:"plain"|network names has active endpoints \(name:"named"/);
	// Disconnected again, it knows nobody there, and nobody knows it.
	await store.must('network', 'disconnect', 'names', 'plain');
	t.deepEqual([await find('plain', 'named'), await find('named', 'plain')], [[], []]);
	t.deepEqual([...(await inside('plain', 'nslookup', 'named', '127.0.0.11')).matchAll(/^Address: (.*)$/gm)], []);
	await remove('plain', 'named');
	t.deepEqual(readdirSync(join(store.state, 'names', 'containers')), []);
});

test.serial('a network with IPv6: addresses, names, ports, and no way between networks', async t => {
	await store.must('network', 'create', '--ipv6', '--subnet', '10.213.1.0/24', '--subnet', 'fd13:1::/64', 'six');
	await store.must('network', 'create', '--ipv4=false', '--ipv6', '--subnet', 'fd13:2::/64', 'only');
	await start('aa', '--network', 'name=six,ip=10.213.1.50,ip6=fd13:1::50,mac-address=02:11:22:33:44:55');
	await start('bb', '--network', 'six');
	await start('cc', '--network', 'only');
	t.deepEqual((await find('bb', 'aa')).toSorted(), ['10.213.1.50', 'fd13:1::50']);
	t.regex(await inside('aa', 'ip', '-o', 'link'), /02:11:22:33:44:55/);
	t.regex(await inside('bb', 'ping', '-c', '1', '-W', '2', 'fd13:1::50'), /1 packets received/);
	t.regex(await inside('cc', 'ip', '-6', 'route'), /default via fd13:2::1/);
	t.is(await addressOf('cc', 'only', 'GlobalIPv6Address'), 'fd13:2::2');
	t.notRegex(await inside('cc', 'ping', '-c', '1', '-W', '1', 'fd13:1::50'), /1 packets received/);
	await remove('aa', 'bb', 'cc');
	await store.must('network', 'rm', 'six', 'only');
});

test.serial('another container’s network is shared whole', async t => {
	await start('owner', '--network', 'names', '--hostname', 'house');
	t.is(await store.must('run', '--rm', '--network', 'container:owner', 'busybox', 'sh', '-c', 'hostname; ip -o -4 address show eth0 | grep -o "inet [0-9.]*"'), `house\ninet ${await addressOf('owner', 'names')}`);
	for (const [flags, message] of [
		[['-p', '80:80'], /port publishing and the container type network mode/],
		[['--hostname', 'x'], /hostname and the network mode/],
		[['--dns', '1.1.1.1'], /dns and the network mode/],
		[['--network', 'names'], /cannot attach both user-defined and non-user-defined network-modes/],
	] as const)
		t.regex((await store.run('run', '--network', 'container:owner', ...flags, 'busybox', 'true')).stderr, message);
	await remove('owner');
	t.regex((await store.run('run', '--network', 'container:owner', 'busybox', 'true')).stderr, /No such container: owner/);
});

test.serial('eight at once never get one address, and a full network says so', async t => {
	const nets = ['busy1', 'busy2', 'busy3'];
	for (const [index, name] of nets.entries()) await store.must('network', 'create', '--subnet', `10.213.${10 + index}.0/28`, name);
	const names = Array.from({length: 36}, (_, index) => ({name: `many${index}`, network: nets[index % 3] ?? ''}));
	const queue = [...names];
	const worker = async (): Promise<void> => {
		for (let next = queue.pop(); next; next = queue.pop()) await store.must('create', '--name', next.name, '--network', next.network, 'busybox', 'true');
	};
	await Promise.all(Array.from({length: 8}, worker));
	const {DatabaseSync} = await import('node:sqlite');
	const db = new DatabaseSync(join(store.root, 'hawser.db'), {readOnly: true});
	const leased = db
		.prepare("SELECT address FROM endpoints WHERE address LIKE '10.213.%'")
		.all()
		.map(row => row['address']);
	db.close();
	t.is(leased.length, 36);
	t.is(new Set(leased).size, 36);
	// 13 fit beside the gateway; containers that do not run give way, those that do never.
	await store.must('network', 'create', '--subnet', '10.213.20.0/30', 'tiny');
	await start('tenant', '--network', 'tiny');
	t.regex((await store.run('run', '--network', 'tiny', 'busybox', 'true')).stderr, /no available address in 10\.213\.20\.0\/30 of network tiny/);
	await remove('tenant', ...names.map(({name}) => name));
	await store.must('network', 'rm', 'tiny', ...nets);
});

test.serial('published ports are discarded on the host’s network, which is said', async t => {
	const {code, stderr} = await store.run('run', '--rm', '--network', 'host', '-p', '8099:80', 'busybox', 'true');
	t.is(code, 0);
	t.regex(stderr, /^WARNING: Published ports are discarded when using host network mode$/m);
});

test.serial('--link on the default network writes lines and variables', async t => {
	await start('base', '-e', 'PASSWORD=x', '--expose', '5432');
	const address = await addressOf('base', 'bridge');
	const text = await store.must('run', '--rm', '--name', 'user', '--link', 'base:my-db', 'busybox', 'sh', '-c', 'env; cat /etc/hosts');
	for (const line of [`MY_DB_PORT=tcp://${address}:5432`, `MY_DB_PORT_5432_TCP_ADDR=${address}`, 'MY_DB_NAME=/user/my-db', 'MY_DB_ENV_PASSWORD=x']) t.true(text.split('\n').includes(line), line);
	t.regex(text, new RegExp(`^${address}\tmy-db [0-9a-f]{12} base$`, 'm'));
	await store.must('stop', '-t', '0', 'base');
	t.regex((await store.run('run', '--rm', '--link', 'base', 'busybox', 'true')).stderr, /Cannot link to a non running container: \/base AS/);
	await remove('base');
});

test.serial('events tell of networks and volumes at each start and end, and of what is connected while it runs', async t => {
	const since = String(Date.now() / 1000);
	await start('teller', '--network', 'names', '-v', 'told:/data:ro');
	await store.must('network', 'connect', 'bridge', 'teller');
	await store.must('stop', '-t', '0', 'teller');
	await store.must('start', 'teller');
	await store.must('network', 'disconnect', 'names', 'teller');
	await remove('teller');
	await store.must('run', '--rm', '--network', 'host', '-v', '/once', 'busybox', 'true');
	const told = await store.must('events', '--since', since, '--until', '0s', '--filter', 'type=network', '--filter', 'type=volume', '--format', '{{.Action}} {{.Actor.Attributes.name}}');
	const at = (verb: string): string[] => told.split('\n').filter(line => line.startsWith(`${verb} `));
	t.deepEqual(at('connect'), ['connect names', 'connect bridge', 'connect names', 'connect bridge', 'connect host']);
	t.deepEqual(at('disconnect'), ['disconnect names', 'disconnect bridge', 'disconnect names', 'disconnect bridge', 'disconnect host']);
	t.deepEqual(
		told
			.split('\n')
			.filter(line => !line.includes('connect '))
			.map(line => line.split(' ')[0]),
		['create', 'mount', 'unmount', 'mount', 'unmount', 'create', 'mount', 'unmount', 'destroy'],
	);
	const mounted = await store.must('events', '--since', since, '--until', '0s', '--filter', 'event=mount', '--filter', 'volume=told', '--format', '{{json .Actor.Attributes}}');
	t.like(JSON.parse(mounted.split('\n')[0] ?? ''), {destination: '/data', driver: 'local', 'read/write': 'false', propagation: ''});
});

/** A resolver of the host's side, on an address that only this test has. */
const answering = `
const s = require('dgram').createSocket('udp4');
s.on('message', (m, r) => { let end = 12; while (m[end]) end += m[end] + 1; end += 5;
const head = Buffer.from(m.subarray(0, 12)); head.writeUInt16BE(0x8180, 2); head.writeUInt16BE(1, 6); head.writeUInt32BE(0, 8);
s.send(Buffer.concat([head, m.subarray(12, end), Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 9, 8, 7, 6])]), r.port, r.address); });
s.bind(53, '127.0.0.1', () => console.log('ready'));`;

test.serial('what is no container’s name is asked of --dns; an internal network asks nobody', async t => {
	await store.must('network', 'create', '--internal', 'inner');
	const id = await start('asker', '--network', 'names', '--dns', '127.0.0.1');
	await start('quiet', '--network', 'inner', '--dns', '127.0.0.1');
	const pid = await store.must('inspect', '-f', '{{.State.Pid}}', id);
	const server = spawn('nsenter', ['-n', '-t', pid, '--', process.execPath, '-e', answering], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => server.kill('SIGKILL'));
	await new Promise(resolve => server.stdout.once('data', resolve));
	t.true((await find('asker', 'example.org')).includes('9.8.7.6'));
	t.regex(await inside('quiet', 'nslookup', 'example.org').then(async text => `${text}${(await store.run('exec', 'quiet', 'nslookup', 'example.org')).stderr}`), /SERVFAIL/);
	await remove('asker', 'quiet');
	await store.must('network', 'rm', 'inner');
});

test.serial('the container’s own port 53 stays free, and its resolver ends with it', async t => {
	const id = await start('dns', '--network', 'names');
	t.is((await store.run('exec', '-d', 'dns', 'nc', '-l', '-p', '53')).code, 0);
	const pid = await store.must('inspect', '-f', '{{.State.Pid}}', id);
	await waitFor('a listener', () => ['tcp', 'tcp6'].some(table => / 0+:0035 /.test(readFileSync(`/proc/${pid}/net/${table}`, 'utf8'))));
	const resolvers = (): string[] =>
		readdirSync('/proc').filter(name => /^\d+$/.test(name) && existsSync(`/proc/${name}/fd/4`) && readFileSync(`/proc/${name}/cmdline`, 'latin1').startsWith('hawser-resolver') && linkOf(name).endsWith(id));
	t.is(resolvers().length, 1);
	const [resolver = ''] = resolvers();
	const status = readFileSync(`/proc/${resolver}/status`, 'utf8');
	t.regex(status, /^Uid:\s+65534\s+65534/m);
	t.regex(status, /^CapEff:\s+0+$/m);
	t.regex(status, /^Seccomp:\s+2$/m);
	t.true(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) < 2048);
	await remove('dns');
	await waitFor('the resolver to end', () => resolvers().length === 0);
	t.deepEqual(readdirSync(join(store.state, 'names', 'containers')), []);
});

const linkOf = (pid: string): string => {
	try {
		return execFileSync('readlink', [`/proc/${pid}/fd/4`], {encoding: 'utf8'}).trim();
	} catch {
		return '';
	}
};

/** What a server of the host's says to whoever connects. */
const hear = (port: number): Promise<string> =>
	new Promise(resolve => {
		let text = '';
		const socket = connect(port, '127.0.0.1');
		socket.setEncoding('utf8').on('data', (chunk: string) => {
			text += chunk;
		});
		socket.once('error', () => resolve(text)).once('close', () => resolve(text));
	});

test.serial('three tiers: a proxy that is published, an application, a database with a volume that only the application reaches', async t => {
	const serve = (port: number, ...words: string[]): string[] => ['busybox', 'nc', '-ll', '-p', String(port), '-e', ...words];
	await store.must('network', 'create', 'front');
	await store.must('network', 'create', '--internal', 'back');
	await store.must('run', '--rm', '-v', 'rows:/data', 'busybox', 'sh', '-c', 'echo 42 > /data/row');
	await store.must('run', '-d', '--name', 'db', '--network', 'back', '-v', 'rows:/data', ...serve(5432, 'cat', '/data/row'));
	await store.must('run', '-d', '--name', 'app1', '--network', 'front', '--network', 'name=back,alias=worker', ...serve(80, 'sh', '-c', 'echo "the row is $(nc db 5432)"'));
	await store.must('run', '-d', '--name', 'proxy', '--network', 'front', '-p', '127.0.0.1::80', ...serve(80, 'nc', 'app1', '80'));
	const port = Number((await store.must('port', 'proxy', '80')).split(':').at(-1));
	await waitFor('the answer of the third tier', async () => (await hear(port)) === 'the row is 42\n');
	t.deepEqual(await find('proxy', 'db'), []);
	await store.must('run', '--rm', '-v', 'rows:/data', 'busybox', 'sh', '-c', 'echo 43 > /data/row');
	await store.must('restart', '-t', '0', 'db');
	await waitFor('the new row', async () => (await hear(port)) === 'the row is 43\n');
	await remove('proxy', 'app1', 'db');
	await store.must('network', 'rm', 'front', 'back');
});

/** npm puts its own programs first, and one of them is called nft. */
const nft = (...words: string[]): string => execFileSync('nft', words, {encoding: 'utf8', env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}});

test.serial('rules that somebody has removed come back by themselves', async t => {
	await start('guarded');
	const table = readFileSync(join(store.state, 'store'), 'utf8').split('\n', 1)[0]?.replaceAll('-', '_') ?? '';
	const has = (family: string, rule: RegExp): boolean => nft('list', 'tables').includes(`${family} ${table}\n`) && rule.test(nft('list', 'table', family, table));
	const isWhole = (): boolean => has('inet', /masquerade/) && has('bridge', /leases/);
	t.true(isWhole());
	for (const words of [
		['delete', 'table', 'inet', table],
		['flush', 'table', 'inet', table],
		['delete', 'table', 'bridge', table],
	]) {
		nft(...words);
		await waitFor('the rules to come back', isWhole);
	}
	t.regex(nft('list', 'set', 'bridge', table, 'cables'), /veth/);
	const {code, stdout} = await store.run('doctor');
	// Another firewall of this machine may drop what is forwarded: that is told, and not ours to mend.
	if (code === 0) t.regex(stdout, /Nothing is amiss/);
	else t.regex(stdout, /drops what is forwarded|FORWARD is DROP|firewalld/);
	await remove('guarded');
});

for (const [words, message] of [
	[['network', 'create', '--subnet', '10.214.0.0/33', 'bad'], /invalid subnet/],
	[['network', 'create', '--subnet', '10.214.0.0/24', '--gateway', '10.215.0.1', 'bad'], /no matching subnet for gateway 10\.215\.0\.1/],
	[['network', 'create', '--gateway', '10.215.0.1', 'bad'], /every ip-range or gateway must have a corresponding subnet/],
	[['network', 'create', '--subnet', '10.214.0.0/24', '--subnet', '10.214.0.0/25', 'bad'], /multiple overlapping subnet configuration is not supported/],
	[['network', 'create', '-d', 'overlay', 'bad'], /network driver "overlay" is not supported/],
	[['network', 'create', '--ingress', 'bad'], /--ingress is not supported/],
	[['network', 'create', '-o', 'com.docker.network.driver.mtu=7', 'bad'], /invalid value "7" for the option com\.docker\.network\.driver\.mtu/],
	[['network', 'create', '--ipv4=false', 'bad'], /IPv4 or IPv6 must be enabled/],
	[['network', 'connect', 'names', 'nobody'], /No such container: nobody/],
	[['network', 'disconnect', 'names', 'nobody'], /No such container: nobody/],
	[['run', '--network', 'nowhere', 'busybox', 'true'], /network nowhere not found/],
	[['run', '--ip', '10.1.1.1', 'busybox', 'true'], /user specified IP address is supported on user defined networks only/],
	[['run', '--network-alias', 'x', 'busybox', 'true'], /network-scoped aliases are only supported for user-defined networks/],
	[['run', '--network', 'name=names,alias=a b', 'busybox', 'true'], /invalid network alias "a b"/],
	[['run', '--network', 'names', '--network', 'names', 'busybox', 'true'], /network "names" is specified multiple times/],
	[['run', '--network', 'name=names,ip=10.1.1.1', 'busybox', 'true'], /it is no host address of/],
	[['run', '--link', 'nobody:x', 'busybox', 'true'], /could not get container for nobody/],
	[['run', '-p', '[::1]:8080:80', '--network', 'names', 'busybox', 'true'], /cannot publish on ::1/],
] as const)
	test.serial(`${words.join(' ')} is refused, and nothing is made`, async t => {
		const {code, stderr} = await store.run(...words);
		t.not(code, 0);
		t.regex(stderr, message);
		t.is((await store.must('network', 'ls', '-q', '--filter', 'name=bad')).trim(), '');
	});
