import {randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {isEngineError} from '../../core/errors/error.ts';
import {chooseSubnet} from '../../core/network/pool.ts';
import {overlaps, parseAddress, parseSubnet} from '../../core/network/address.ts';
import {allocateEndpoint, releaseEndpoints} from '../../core/network/endpoint.ts';
import {inspectEndpoint, inspectNetwork, inspectPorts} from '../../core/network/inspect.ts';
import type {NetworkStore} from '../../core/network/model.ts';
import {bridgeName, hostInterfaceName, tableName} from '../../core/network/names.ts';
import {createNetwork, ensureDefaultNetworks, pruneNetworks, removeNetwork, resolveNetwork} from '../../core/network/network.ts';
import {bridgePlan, isRouted, netPlan} from '../../core/network/plan.ts';
import {publishAll, resolveHostPorts} from '../../core/network/port.ts';
import {parseExpose, parsePublish} from '../../core/network/publish.ts';
import {networkStore} from '../../core/network/store.ts';
import {networkTables} from '../../core/network/tables.ts';
import {openDatabase} from '../../core/state/database.ts';

const withStore = (work: (store: NetworkStore, reopen: () => NetworkStore) => void | Promise<void>) => async (): Promise<void> => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-network-'));
	const open = () => openDatabase(join(folder, 'hawser.db'), [networkTables]);
	const databases = [open()];
	try {
		await work(networkStore(databases[0]!), () => networkStore(databases[databases.push(open()) - 1]!));
	} finally {
		for (const db of databases) db.close();
		rmSync(folder, {recursive: true});
	}
};

const refuses = (t: ExecutionContext, code: string, message: RegExp, work: () => unknown): void => {
	const error = t.throws(work);
	t.true(isEngineError(error, code), `${isEngineError(error) ? error.code : error}`);
	t.regex(error?.message ?? '', message);
};

const id = (): string => randomBytes(32).toString('hex');
const always = (): boolean => true;
const nameOf = (container: string): string => `name-of-${container}`;

for (const [spec, expected] of [
	['1234/tcp', 'tcp ::1234'],
	['3456/sctp', 'sctp ::3456'],
	['1234', 'tcp ::1234'],
	['1234:1235/udp', 'udp :1234:1235'],
	['0.0.0.0:1234:1234/tcp', 'tcp 0.0.0.0:1234:1234'],
	['127.0.0.1:8080:80/tcp', 'tcp 127.0.0.1:8080:80'],
	['127.0.0.1::80', 'tcp 127.0.0.1::80'],
	[':8080:80', 'tcp :8080:80'],
	['::6000', 'tcp ::6000'],
	['1234-1236/tcp', 'tcp ::1234 tcp ::1235 tcp ::1236'],
	['1234-1235:2234-2235/TCP', 'tcp :1234:2234 tcp :1235:2235'],
	['192.168.1.100:2345-2346:2345-2346/udp', 'udp 192.168.1.100:2345:2345 udp 192.168.1.100:2346:2346'],
	['8000-8010:80', 'tcp :8000-8010:80'],
	['0123:80', 'tcp :123:80'],
	['0:80', 'tcp ::80'],
	['[2001:4860:0:2001::68]::333', 'tcp 2001:4860:0:2001::68::333'],
	['2001:4860:0:2001::68::333', 'tcp 2001:4860:0:2001::68::333'],
	['[::1]:80:80', 'tcp ::1:80:80'],
	['::1:80:80', 'tcp ::1:80:80'],
	['::::80', 'tcp ::::80'],
] as const)
	test(`parsePublish() reads ${spec} as Docker does`, t => {
		const read = parsePublish(spec).map(
			({protocol, hostIp, hostPort, hostPortEnd, containerPort}) => `${protocol} ${hostIp}:${hostPort || ''}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}:${containerPort}`,
		);
		t.is(read.join(' '), expected);
	});

for (const [spec, message] of [
	['', /No port specified: <empty>/],
	['0.0.0.0:1234-1235:/tcp', /No port specified/],
	['asdf', /invalid containerPort: asdf/],
	['9999999', /invalid containerPort: 9999999/],
	['-1', /invalid containerPort: <empty>/],
	['9000-8000', /invalid containerPort range: 9000-8000/],
	['8000-a', /invalid containerPort: a/],
	['80/xyz', /invalid proto: xyz/],
	['8000-8001:80-82', /differ in length/],
	['65536:80', /invalid hostPort: 65536/],
	['0', /invalid containerPort: 0/],
	[' 80', /invalid containerPort/],
	['localhost:80:80', /invalid IP address: localhost/],
	['256.0.0.1:80:80', /invalid IP address/],
	['fe80::1%eth0:80:80', /invalid IP address/],
	['80:80/tcp/udp', /invalid containerPort: 80\/tcp/],
	['8'.repeat(100_000), /invalid containerPort/],
] as const)
	test(`parsePublish() refuses ${spec.slice(0, 40) || 'nothing'}`, t => refuses(t, 'network.invalid-port', message, () => parsePublish(spec)));

test('parseExpose() reads ports and ranges', t => {
	t.deepEqual(parseExpose('80/tcp'), [{protocol: 'tcp', port: 80}]);
	t.deepEqual(parseExpose('53-54/udp'), [
		{protocol: 'udp', port: 53},
		{protocol: 'udp', port: 54},
	]);
	refuses(t, 'network.invalid-port', /invalid proto/, () => parseExpose('80/icmp'));
});

test('the default networks are there once, in a subnet that the host does not use', async t =>
	withStore((store, reopen) => {
		ensureDefaultNetworks(store, 'hawser');
		ensureDefaultNetworks(reopen(), 'hawser');
		t.deepEqual(
			store.networks().map(({name, driver, bridge}) => [name, driver, bridge]),
			[
				['bridge', 'bridge', 'hawser0'],
				['host', 'host', null],
				['none', 'none', null],
			],
		);
		t.regex(store.networkByName('bridge')?.pools[0]?.subnet ?? '', /^172\.\d+\.0\.0\/16$|^192\.168\.\d+\.0\/20$/);
		t.is(resolveNetwork(store, 'default').name, 'bridge');
	})());

test('chooseSubnet() passes over what is in use, and ends', t => {
	const used = (text: string) => parseSubnet(text)!;
	t.deepEqual(chooseSubnet([]), used('172.17.0.0/16'));
	t.deepEqual(chooseSubnet([used('172.17.5.0/24'), used('172.18.0.0/15')]), used('172.20.0.0/16'));
	t.deepEqual(chooseSubnet([used('172.16.0.0/12')]), used('192.168.0.0/20'));
	t.deepEqual(chooseSubnet([], [parseAddress('172.17.0.53')!]), used('172.18.0.0/16'));
	t.is(chooseSubnet([used('172.16.0.0/12'), used('192.168.0.0/16')]), undefined);
	t.true(overlaps(used('10.0.0.0/8'), used('10.255.255.0/24')));
	t.false(overlaps(used('10.0.0.0/9'), used('10.128.0.0/9')));
});

test('a network is made, found by name, id and the beginning of its id, and removed', async t =>
	withStore(store => {
		ensureDefaultNetworks(store, 'hawser');
		const network = createNetwork(store, 'hawser', {name: 'web', subnets: ['10.200.7.9/24'], labels: {tier: 'front'}, internal: true});
		t.like(network.pools, [{subnet: '10.200.7.0/24', gateway: '10.200.7.1'}]);
		t.is(resolveNetwork(store, 'web').id, network.id);
		t.deepEqual(resolveNetwork(store, network.id.slice(0, 12)), network);
		refuses(t, 'network.exists', /network with name web already exists/, () => createNetwork(store, 'hawser', {name: 'web'}));
		refuses(t, 'network.overlap', /overlaps 10\.200\.7\.0\/24 of network web/, () => createNetwork(store, 'hawser', {name: 'two', subnets: ['10.200.0.0/16']}));
		refuses(t, 'network.predefined', /host is a pre-defined network/, () => removeNetwork(store, 'host', always, nameOf));
		const container = id();
		allocateEndpoint(store, container, network);
		refuses(t, 'network.in-use', /has active endpoints/, () => removeNetwork(store, 'web', always, nameOf));
		releaseEndpoints(store, container);
		t.is(removeNetwork(store, 'web', always, nameOf).id, network.id);
		refuses(t, 'network.not-found', /network web not found/, () => resolveNetwork(store, 'web'));
	})());

for (const [request, code] of [
	[{name: '../x'}, 'network.invalid-name'],
	[{name: 'a b'}, 'network.invalid-name'],
	[{name: ''}, 'network.invalid-name'],
	[{name: 'x', subnets: ['10.0.0.0/33']}, 'network.invalid-subnet'],
	[{name: 'x', subnets: ['10.0.0.0']}, 'network.invalid-subnet'],
	[{name: 'x', subnets: ['10.0.0.0/31']}, 'network.invalid-subnet'],
	[{name: 'x', subnets: ['010.0.0.0/24']}, 'network.invalid-subnet'],
	[{name: 'x', subnets: ['10.0.0.0/24'], gateways: ['10.0.1.1']}, 'network.invalid-gateway'],
	[{name: 'x', subnets: ['10.0.0.0/24'], gateways: ['10.0.0.255']}, 'network.invalid-gateway'],
	[{name: 'x', driver: 'overlay'}, 'network.unknown-driver'],
	[{name: 'bridge'}, 'network.exists'],
] as const)
	test(`createNetwork() refuses ${JSON.stringify(request)}`, async t => withStore(store => refuses(t, code, /./, () => createNetwork(store, 'hawser', request)))());

test('pruneNetworks() takes what nobody uses, never the predefined ones', async t =>
	withStore(store => {
		ensureDefaultNetworks(store, 'hawser');
		const [idle, kept, used] = ['idle', 'kept', 'used'].map(name => createNetwork(store, 'hawser', {name}));
		allocateEndpoint(store, id(), used!);
		t.deepEqual(
			pruneNetworks(store, always, network => network.id === kept!.id).map(({name}) => name),
			[idle!.name],
		);
		t.deepEqual(
			store.networks().map(({name}) => name),
			['bridge', 'host', 'kept', 'none', 'used'],
		);
	})());

test('addresses are leased one by one, never twice, and come back', async t =>
	withStore((store, reopen) => {
		const network = createNetwork(store, 'hawser', {name: 'small', subnets: ['10.200.7.0/29']});
		const containers = Array.from({length: 5}, id);
		const addresses = containers.map((container, index) => allocateEndpoint(index % 2 ? reopen() : store, container, network).address);
		t.deepEqual(addresses, ['10.200.7.2', '10.200.7.3', '10.200.7.4', '10.200.7.5', '10.200.7.6']);
		t.is(allocateEndpoint(store, containers[0]!, network).address, '10.200.7.2');
		refuses(t, 'network.pool-exhausted', /no available address in 10\.200\.7\.0\/29 of network small/, () => allocateEndpoint(store, id(), network));
		releaseEndpoints(store, containers[2]!);
		const again = allocateEndpoint(store, id(), network);
		t.is(again.address, '10.200.7.4');
		t.is(again.mac, '02:42:0a:c8:07:04');
	})());

test('1,000 containers get 1,000 addresses in one subnet', async t =>
	withStore(store => {
		const network = createNetwork(store, 'hawser', {name: 'large', subnets: ['10.200.0.0/16']});
		const addresses = store.transaction(() => Array.from({length: 1000}, () => allocateEndpoint(store, id(), network).address));
		t.is(new Set(addresses).size, 1000);
		t.is(addresses.at(-1), '10.200.3.233');
	})());

test('a fixed address and MAC are checked', async t =>
	withStore(store => {
		const network = createNetwork(store, 'hawser', {name: 'n', subnets: ['10.200.7.0/24']});
		const endpoint = allocateEndpoint(store, id(), network, {ip: '10.200.7.77', mac: '02-42-AC-11-00-99', aliases: ['db']});
		t.like(endpoint, {address: '10.200.7.77', mac: '02:42:ac:11:00:99', wish: {aliases: ['db']}});
		for (const ip of ['10.200.8.1', '10.200.7.0', '10.200.7.255', '10.200.7.1', 'x', '10.200.7.010'])
			refuses(t, 'network.invalid-address', /./, () => allocateEndpoint(store, id(), network, {ip}));
		refuses(t, 'network.address-in-use', /10\.200\.7\.77 .* already in use/, () => allocateEndpoint(store, id(), network, {ip: '10.200.7.77'}));
		for (const mac of ['x', '01:42:ac:11:00:99', '02:42:ac:11:00'])
			refuses(t, 'network.invalid-mac', /is not a valid mac address/, () => allocateEndpoint(store, id(), network, {mac}));
	})());

test('host ports: the holder is named, an address of one’s own is no conflict, a range gives its first free port', async t =>
	withStore(store => {
		const port = (spec: string, container: string) =>
			resolveHostPorts(store, container, parsePublish(spec), nameOf).map(({hostIp, hostPort, containerPort}) => `${hostIp}:${hostPort}->${containerPort}`);
		t.deepEqual(port('127.0.0.1:28080:80', 'one'), ['127.0.0.1:28080->80']);
		t.deepEqual(port('127.0.0.2:28080:80', 'two'), ['127.0.0.2:28080->80']);
		t.deepEqual(port('28080:80/udp', 'three'), ['0.0.0.0:28080->80']);
		refuses(t, 'network.port-in-use', /^Bind for 0\.0\.0\.0:28080\/tcp failed: port is already allocated by container name-of-(one|two)$/, () => port('28080:80', 'four'));
		t.deepEqual(port('28080-28082:80', 'four'), ['0.0.0.0:28081->80']);
		// Its own of the last start are no conflict.
		t.deepEqual(port('127.0.0.1:28080:80', 'one'), ['127.0.0.1:28080->80']);
		releaseEndpoints(store, 'one');
		releaseEndpoints(store, 'two');
		t.deepEqual(port('28080:80', 'five'), ['0.0.0.0:28080->80']);
		refuses(t, 'network.no-ipv6', /cannot publish on ::1/, () => port('[::1]:28090:80', 'six'));
	})());

test('one conflict leaves none of a container’s ports leased', async t =>
	withStore(store => {
		resolveHostPorts(store, 'one', parsePublish('28180:80'), nameOf);
		t.throws(() => resolveHostPorts(store, 'two', [...parsePublish('28181:80'), ...parsePublish('28180:80')], nameOf));
		t.deepEqual(store.ports('two'), []);
		t.throws(() => resolveHostPorts(store, 'three', [...parsePublish('28182:80'), ...parsePublish('28182:81')], nameOf));
	})());

test('a port on which a process of the host listens is refused with the process’s name', async t =>
	withStore(async store => {
		const server = createServer();
		await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
		const address = server.address();
		const port = typeof address === 'object' && address ? address.port : 0;
		refuses(t, 'network.port-in-use', new RegExp(`port is already allocated by .+ \\(pid ${process.pid}\\)`), () =>
			resolveHostPorts(store, 'one', parsePublish(`${port}:80`), nameOf),
		);
		t.is(resolveHostPorts(store, 'one', parsePublish(`127.0.0.2:${port}:80`), nameOf).length, 1);
		server.close();
	})());

test('-P publishes what is exposed and not yet published, on random ports that are all different', async t =>
	withStore(store => {
		const specs = publishAll(['80/tcp', '443/tcp', '53/udp'], parsePublish('28443:443'));
		const leases = resolveHostPorts(store, 'one', specs, nameOf);
		t.deepEqual(leases.map(({containerPort, protocol}) => `${containerPort}/${protocol}`).sort(), ['443/tcp', '53/udp', '80/tcp']);
		t.is(leases.find(({containerPort}) => containerPort === 443)?.hostPort, 28_443);
		t.true(leases.every(({hostPort}) => hostPort > 1023));
		const many = resolveHostPorts(store, 'two', parsePublish('1000-1199'), nameOf);
		t.is(new Set(many.map(({hostPort}) => hostPort)).size, 200);
	})());

test('names of interfaces fit into 15 bytes and differ from store to store', t => {
	const network = {id: id(), name: 'web'};
	t.is(bridgeName('hawser', {id: id(), name: 'bridge'}), 'hawser0');
	t.is(bridgeName('hawser-0123abcd', {id: id(), name: 'bridge'}), 'hw0123abcd');
	t.not(bridgeName('hawser', network), bridgeName('hawser-0123abcd', network));
	for (const name of [bridgeName('hawser-0123abcd', network), hostInterfaceName('hawser', id(), id())]) t.true(name.length <= 15);
	t.is(tableName('hawser-0123abcd'), 'hawser_0123abcd');
});

test('netPlan() writes what hawser-net reads', async t =>
	withStore(store => {
		const network = createNetwork(store, 'hawser', {name: 'n', subnets: ['10.200.7.0/24'], options: {'com.docker.network.driver.mtu': '1400'}});
		const inner = createNetwork(store, 'hawser', {name: 'inner', subnets: ['10.200.8.0/24'], internal: true});
		const container = id();
		const endpoints = [inner, network].map(one => ({network: one, endpoint: allocateEndpoint(store, container, one)}));
		const ports = resolveHostPorts(store, container, parsePublish('127.0.0.1:28280:80'), nameOf);
		t.deepEqual(netPlan({storeName: 'hawser-0123abcd', containerId: container, endpoints, ports}).split('\n'), [
			'version 1',
			'table hawser_0123abcd',
			`bridge ${inner.bridge} 10.200.8.1/24 1500 internal`,
			`bridge ${network.bridge} 10.200.7.1/24 1400 nat`,
			`owner ${container}`,
			`endpoint ${inner.bridge} ${hostInterfaceName('hawser-0123abcd', container, inner.id)} eth0 02:42:0a:c8:08:02 10.200.8.2/24 - 1500`,
			`endpoint ${network.bridge} ${hostInterfaceName('hawser-0123abcd', container, network.id)} eth1 02:42:0a:c8:07:02 10.200.7.2/24 10.200.7.1 1400`,
			'port tcp 127.0.0.1 28280 10.200.7.2 80',
			'',
		]);
		const range = resolveHostPorts(store, container, [...parsePublish('127.0.0.1:28300-28399:80-179'), ...parsePublish('127.0.0.1:28400:80')], nameOf);
		t.regex(netPlan({storeName: 'hawser', containerId: container, endpoints, ports: range}), /\nport tcp 127\.0\.0\.1 28300 10\.200\.7\.2 80 100\nport tcp 127\.0\.0\.1 28400 10\.200\.7\.2 80\n/);
		t.is(netPlan({storeName: 'hawser', containerId: 'c', endpoints: [], ports: []}), 'version 1\ntable hawser\nowner c\nloopback only\n');
		ensureDefaultNetworks(store, 'hawser');
		t.is(bridgePlan('hawser', store.networks()).match(/^bridge /gm)?.length, 3);
	})());

test('gateway modes: a routed network opens container ports and takes none of the host, an isolated one has no address there', async t =>
	withStore(store => {
		const options = (mode4: string, mode6: string): Record<string, string> => ({
			'com.docker.network.bridge.gateway_mode_ipv4': mode4,
			'com.docker.network.bridge.gateway_mode_ipv6': mode6,
			'com.docker.network.bridge.of_tomorrow': 'kept',
		});
		const make = (name: string, n: number, mode4: string, mode6: string, more = {}) =>
			createNetwork(store, 'hawser', {name, subnets: [`10.200.${n}.0/24`, `fd20:${n}::/64`], options: {...options(mode4, mode6), ...more}, internal: mode4 === 'isolated'});
		const planOf = (network: ReturnType<typeof make>): string => {
			const endpoints = [{network, endpoint: allocateEndpoint(store, network.name, network)}];
			const opened = parsePublish('8080:80');
			const reach = {ipv4: true, ipv6: true, routed: ([4, 6] as const).filter(family => isRouted(endpoints, family))};
			const ports = resolveHostPorts(store, network.name, opened, nameOf, reach);
			store.deletePorts(network.name);
			return netPlan({storeName: 'hawser', containerId: network.name, endpoints, ports, opened});
		};
		const mixed = planOf(make('mixed', 1, 'nat', 'routed', {'com.docker.network.bridge.trusted_host_interfaces': 'lan0:lan1'}));
		t.regex(mixed, /^bridge \S+ 10\.200\.1\.1\/24 1500 nat,ipv6,routed6$/m);
		t.deepEqual(mixed.match(/^(port|open|trust) .*$/gm)?.map(line => line.replace(/hw\S+/, 'BRIDGE').replace(/trust \S+/, 'trust BRIDGE')), [
			'trust BRIDGE lan0',
			'trust BRIDGE lan1',
			'port tcp 0.0.0.0 8080 10.200.1.2 80',
			'open tcp fd20:1::2 80',
		]);
		const routed = planOf(make('routed', 2, 'routed', 'nat-unprotected'));
		t.regex(routed, /nat,ipv6,routed4,open6$/m);
		t.regex(routed, /^port tcp :: 8080 fd20:2::2 80\nopen tcp 10\.200\.2\.2 80$/m);
		t.regex(planOf(make('closed', 3, 'isolated', 'isolated')), /^bridge \S+ - 1500 internal,ipv6$/m);
		refuses(t, 'network.invalid-option', /gateway mode 'isolated' can only be used for an internal network/, () =>
			createNetwork(store, 'hawser', {name: 'bad', options: options('isolated', 'nat')}),
		);
		refuses(t, 'network.invalid-option', /invalid value "magic"/, () => createNetwork(store, 'hawser', {name: 'bad', options: options('magic', 'nat')}));
	})());

test('inspect has Docker’s shape', async t =>
	withStore(store => {
		const network = createNetwork(store, 'hawser', {name: 'n', subnets: ['10.200.7.0/24'], labels: {a: 'b'}});
		const endpoint = allocateEndpoint(store, 'c1', network);
		t.like(inspectNetwork(network, [endpoint], nameOf), {
			Name: 'n',
			Driver: 'bridge',
			Scope: 'local',
			EnableIPv6: false,
			Internal: false,
			Labels: {a: 'b'},
			IPAM: {Driver: 'default', Options: {}, Config: [{Subnet: '10.200.7.0/24', Gateway: '10.200.7.1'}]},
			Containers: {c1: {Name: 'name-of-c1', EndpointID: endpoint.id, MacAddress: '02:42:0a:c8:07:02', IPv4Address: '10.200.7.2/24', IPv6Address: ''}},
		});
		t.like(inspectEndpoint(network, endpoint), {IPAddress: '10.200.7.2', IPPrefixLen: 24, Gateway: '10.200.7.1', NetworkID: network.id});
		t.like(inspectEndpoint(network, undefined), {IPAddress: '', IPPrefixLen: 0, Gateway: '', EndpointID: ''});
		const leases = resolveHostPorts(store, 'c1', parsePublish('28380:80'), nameOf);
		t.deepEqual(inspectPorts(leases, ['80/tcp', '443/tcp']), {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '28380'}], '443/tcp': null});
	})());
