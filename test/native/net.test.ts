import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {cableName, hasCommand, openWorld, program, type Space, type World} from './net-world.ts';

/** A container at 172.30.0.N of the first bridge (or 172.30.1.N of the second), with what is published of it. */
const containerPlan = (
	world: World,
	name: string,
	n: number,
	{ports = [], second = false, internal = false}: {ports?: string[]; second?: boolean; internal?: boolean} = {},
): string => {
	const bridge = world.bridges[second ? 1 : 0];
	const net = second ? '172.30.1' : '172.30.0';
	return world.plan(
		`bridge ${bridge} ${net}.1/24 1500 ${internal ? 'internal' : 'nat'}`,
		`owner ${name}`,
		`endpoint ${bridge} ${cableName(name)} eth0 02:42:ac:1e:0${second ? 1 : 0}:0${n} ${net}.${n}/24 ${internal ? '-' : `${net}.1`} 1500`,
		...ports.map(port => `port ${port.replace('SELF', `${net}.${n}`)}`),
	);
};

const up = async (world: World, name: string, n: number, options: Parameters<typeof containerPlan>[3] = {}): Promise<{space: Space; plan: string}> => {
	const space = await world.space();
	const plan = containerPlan(world, name, n, options);
	const {code, stderr} = world.net('up', plan, String(space.pid));
	if (code !== 0) throw new Error(stderr);
	return {space, plan};
};

const withWorld = async (work: (world: World) => Promise<void>): Promise<void> => {
	const world = await openWorld();
	try {
		await work(world);
	} finally {
		world.close();
	}
};

/** For what must not get through: long enough for what would. */
const briefly = {patience: 1000};

const elements = (world: World): string => world.host.run('nft', 'list', 'ruleset').stdout;

test('a container gets its address, its route and lo, and no IPv6', t =>
	withWorld(async world => {
		const {space} = await up(world, 'one', 2);
		const addresses = space.get('ip', '-o', 'address');
		t.regex(addresses, /eth0\s+inet 172\.30\.0\.2\/24 brd 172\.30\.0\.255/);
		t.regex(addresses, /lo\s+inet 127\.0\.0\.1/);
		t.notRegex(addresses, /eth0\s+inet6/);
		t.regex(space.get('ip', 'route'), /default via 172\.30\.0\.1 dev eth0/);
		t.regex(space.get('ip', 'link', 'show', 'eth0'), /mtu 1500.*\n.*02:42:ac:1e:00:02/);
		t.notRegex(world.host.get('ip', '-o', '-6', 'address', 'show', 'dev', cableName('one')), /inet6/);
	}));

test('containers of one bridge reach each other; the outside sees the host when they call', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2);
		const two = await up(world, 'two', 3);
		await two.space.serve('tcp', 80, 'two');
		await world.neighbour.serve('tcp', 80, 'neighbour');
		await world.neighbour.serve('udp', 80, 'neighbour');
		t.is(await one.space.ask('tcp', '172.30.0.3', 80), 'two 172.30.0.2');
		t.is(await one.space.ask('tcp', '10.99.0.2', 80), 'neighbour 10.99.0.1');
		t.is(await one.space.ask('udp', '10.99.0.2', 80), 'neighbour 10.99.0.1');
	}));

test('a published port is reached from the LAN, the host, its loopback, a neighbour on the bridge and the container itself', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2, {ports: ['tcp 0.0.0.0 8080 SELF 80', 'udp 0.0.0.0 5353 SELF 53']});
		const two = await up(world, 'two', 3);
		const far = await up(world, 'far', 2, {second: true});
		await one.space.serve('tcp', 80, 'one');
		await one.space.serve('udp', 53, 'one');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
		t.is(await world.neighbour.ask('udp', '10.99.0.1', 5353), 'one 10.99.0.2');
		t.is(await world.host.ask('tcp', '127.0.0.1', 8080), 'one 172.30.0.1');
		t.is(await world.host.ask('udp', '127.0.0.1', 5353), 'one 172.30.0.1');
		t.is(await world.host.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.1');
		t.is(await two.space.ask('tcp', '10.99.0.1', 8080), 'one 172.30.0.1');
		t.is(await two.space.ask('tcp', '172.30.0.1', 8080), 'one 172.30.0.1');
		t.is(await one.space.ask('tcp', '10.99.0.1', 8080), 'one 172.30.0.1');
		t.regex(await far.space.ask('tcp', '10.99.0.1', 8080), /^one /);
	}));

test('a port published on 127.0.0.1 is the host’s alone', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2, {ports: ['tcp 127.0.0.1 8081 SELF 80', 'tcp 10.99.0.1 8082 SELF 80']});
		const two = await up(world, 'two', 3);
		await one.space.serve('tcp', 80, 'one');
		t.is(await world.host.ask('tcp', '127.0.0.1', 8081), 'one 172.30.0.1');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8081, briefly), '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8082), 'one 10.99.0.2');
		t.is(await world.host.ask('tcp', '127.0.0.1', 8082, briefly), '');
		// A neighbour that routes 127.0.0.1 to us, and a host that would take it.
		world.neighbour.get('sysctl', '-qw', 'net.ipv4.conf.lan0.route_localnet=1');
		world.host.get('sysctl', '-qw', 'net.ipv4.conf.lan0.route_localnet=1');
		world.neighbour.get('ip', 'address', 'del', '127.0.0.1/8', 'dev', 'lo');
		world.neighbour.get('ip', 'route', 'replace', '127.0.0.1/32', 'via', '10.99.0.1', 'dev', 'lan0', 'src', '10.99.0.2');
		world.neighbour.run('ip', 'route', 'del', 'table', 'local', '127.0.0.1');
		t.is(await world.neighbour.ask('tcp', '127.0.0.1', 8081, {from: '10.99.0.2', ...briefly}), '');
		// Likewise a container, whose bridge does take 127.0.0.0/8.
		await world.host.serve('tcp', 9999, 'private', '127.0.0.1');
		two.space.get('sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1');
		two.space.get('ip', 'address', 'del', '127.0.0.1/8', 'dev', 'lo');
		two.space.get('ip', 'route', 'replace', '127.0.0.1/32', 'via', '172.30.0.1', 'dev', 'eth0', 'src', '172.30.0.3');
		t.is(await two.space.ask('tcp', '127.0.0.1', 9999, {from: '172.30.0.3', ...briefly}), '');
		t.is(await world.host.ask('tcp', '127.0.0.1', 9999), 'private 127.0.0.1');
	}));

test('what is not published is not reachable: not from the LAN, not from another bridge, not across internal ones', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2, {ports: ['tcp 0.0.0.0 8080 SELF 80']});
		const far = await up(world, 'far', 2, {second: true, internal: true});
		await one.space.serve('tcp', 80, 'one');
		await one.space.serve('tcp', 81, 'one');
		await far.space.serve('tcp', 80, 'far');
		world.neighbour.get('ip', 'route', 'add', '172.30.0.0/16', 'via', '10.99.0.1');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 81, briefly), '');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 80, briefly), '');
		t.is(await world.neighbour.ask('tcp', '172.30.1.2', 80, briefly), '');
		t.is(await one.space.ask('tcp', '172.30.1.2', 80, briefly), '');
		far.space.get('ip', 'route', 'add', 'default', 'via', '172.30.1.1');
		t.is(await far.space.ask('tcp', '172.30.0.2', 80, briefly), '');
		await world.neighbour.serve('tcp', 80, 'neighbour');
		world.neighbour.get('nft', 'add table ip watch; add chain ip watch in { type filter hook input priority 0; }; add rule ip watch in ip saddr 172.30.1.0/24 counter');
		t.is(await far.space.ask('tcp', '10.99.0.2', 80, briefly), '');
		t.regex(world.neighbour.get('nft', 'list', 'ruleset'), /counter packets 0 /);
		t.is(await world.host.ask('tcp', '172.30.0.2', 81), 'one 172.30.0.1');
	}));

test('a container cannot send as another: neither its address, nor by ARP', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2);
		const two = await up(world, 'two', 3);
		const evil = await up(world, 'evil', 4);
		await one.space.serve('udp', 53, 'one');
		t.is(await two.space.ask('udp', '172.30.0.2', 53), 'one 172.30.0.3');
		two.space.get('ip', 'link', 'set', 'eth0', 'down');
		evil.space.get('ip', 'address', 'add', '172.30.0.3/24', 'dev', 'eth0');
		t.is(await evil.space.ask('udp', '172.30.0.2', 53, {from: '172.30.0.3', ...briefly}), '');
		evil.space.get('ip', 'neighbour', 'flush', 'all');
		t.is(await evil.space.ask('udp', '172.30.0.2', 53, {from: '172.30.0.4'}), 'one 172.30.0.4');
		// With the other's MAC as well.
		evil.space.get('ip', 'link', 'set', 'eth0', 'down');
		evil.space.get('ip', 'link', 'set', 'eth0', 'address', '02:42:ac:1e:00:03');
		evil.space.get('ip', 'link', 'set', 'eth0', 'up');
		t.is(await evil.space.ask('udp', '172.30.0.2', 53, {from: '172.30.0.3', ...briefly}), '');
		t.notRegex(one.space.get('ip', 'neighbour'), /172\.30\.0\.4 .*02:42:ac:1e:00:03/);
	}));

test('a routed network: what is opened is reached at the container’s own address, unmasked both ways, and nothing else; an open one wholly', t =>
	withWorld(async world => {
		const [routed, open] = world.bridges;
		const [one, two, three] = [await world.space(), await world.space(), await world.space()];
		const plan = (bridge: string, mode: string, name: string, address: string, ...more: string[]): string =>
			world.plan(
				`bridge ${bridge} ${address.replace(/\d+$/, '1')}/24 1500 nat,${mode}`,
				`owner ${name}`,
				`endpoint ${bridge} ${cableName(name)} eth0 02:42:ac:1e:0${address.split('.')[2]}:0${address.split('.')[3]} ${address}/24 ${address.replace(/\d+$/, '1')} 1500`,
				...more,
			);
		for (const [space, path] of [
			[one, plan(routed, 'routed4', 'one', '172.30.0.2', 'open tcp 172.30.0.2 80', 'open udp 172.30.0.2 53')],
			[two, plan(open, 'open4', 'two', '172.30.1.2')],
			[three, plan(routed, 'routed4', 'three', '172.30.0.3')],
		] as const)
			t.is(world.net('up', path, String(space.pid)).stderr, '');
		for (const [space, name] of [
			[one, 'one'],
			[two, 'two'],
			[three, 'three'],
		] as const)
			for (const port of [80, 81]) await space.serve('tcp', port, name);
		await one.serve('udp', 53, 'one');
		await world.neighbour.serve('tcp', 80, 'neighbour');
		world.neighbour.get('ip', 'route', 'add', '172.30.0.0/16', 'via', '10.99.0.1');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 80), 'one 10.99.0.2');
		t.is(await world.neighbour.ask('udp', '172.30.0.2', 53), 'one 10.99.0.2');
		t.is(await world.neighbour.ask('tcp', '172.30.1.2', 81), 'two 10.99.0.2');
		for (const [address, port] of [
			['172.30.0.2', 81],
			['172.30.0.3', 80],
		] as const)
			t.is(await world.neighbour.ask('tcp', address, port, briefly), '', address);
		t.is(world.neighbour.run('/bin/busybox', 'ping', '-c1', '-W2', '172.30.0.3').code, 0);
		// Unmasked outward, masked where it is not routed.
		t.is(await one.ask('tcp', '10.99.0.2', 80), 'neighbour 172.30.0.2');
		t.is(await two.ask('tcp', '10.99.0.2', 80), 'neighbour 10.99.0.1');
		// The port is closed with its container.
		t.is(world.net('down', plan(routed, 'routed4', 'one', '172.30.0.2', 'open tcp 172.30.0.2 80')).code, 0);
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 80, briefly), '');
	}));

test('an interface of the host that is trusted leads to all ports', t =>
	withWorld(async world => {
		const space = await world.space();
		const path = world.plan(
			`bridge ${world.bridges[0]} 172.30.0.1/24 1500 nat`,
			`trust ${world.bridges[0]} lan0`,
			'owner one',
			`endpoint ${world.bridges[0]} ${cableName('one')} eth0 02:42:ac:1e:00:02 172.30.0.2/24 172.30.0.1 1500`,
		);
		t.is(world.net('up', path, String(space.pid)).stderr, '');
		await space.serve('tcp', 81, 'one');
		world.neighbour.get('ip', 'route', 'add', '172.30.0.0/16', 'via', '10.99.0.1');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 81), 'one 10.99.0.2');
	}));

/** A container at fd30::N too, on a bridge with IPv6. */
const upSix = async (world: World, name: string, n: number, ports: string[] = []): Promise<Space> => {
	const space = await world.space();
	const plan = world.plan(
		`bridge ${world.bridges[0]} 172.30.0.1/24 1500 nat,ipv6`,
		`net ${world.bridges[0]} fd30::1/64`,
		`owner ${name}`,
		`endpoint ${world.bridges[0]} ${cableName(name)} eth0 02:42:ac:1e:00:0${n} 172.30.0.${n}/24 172.30.0.1 1500`,
		`address eth0 fd30::${n}/64 fd30::1`,
		...ports.map(port => `port ${port.replace('SELF', `fd30::${n}`)}`),
	);
	const {code, stderr} = world.net('up', plan, String(space.pid));
	if (code !== 0) throw new Error(stderr);
	return space;
};

const addLanSix = (world: World): void => {
	world.host.get('ip', 'address', 'add', 'fd99::1/64', 'dev', 'lan0', 'nodad');
	world.neighbour.get('ip', 'address', 'add', 'fd99::2/64', 'dev', 'lan0', 'nodad');
};

test('IPv6: published is reached from the LAN, the host and the bridge, the rest is not; the outside sees the host', t =>
	withWorld(async world => {
		addLanSix(world);
		const one = await upSix(world, 'one', 2, ['tcp :: 8080 SELF 80', 'tcp fd99::1 8081 SELF 80']);
		const two = await upSix(world, 'two', 3);
		await one.serve('tcp', 80, 'one', '::');
		await world.neighbour.serve('tcp', 80, 'neighbour', '::');
		t.is(await world.neighbour.ask('tcp', 'fd99::1', 8080), 'one fd99::2');
		t.is(await world.neighbour.ask('tcp', 'fd99::1', 8081), 'one fd99::2');
		t.is(await world.host.ask('tcp', 'fd99::1', 8080), 'one fd99::1');
		t.is(await two.ask('tcp', 'fd30::2', 80), 'one fd30::3');
		t.is(await two.ask('tcp', 'fd99::1', 8080), 'one fd30::1');
		t.is(await one.ask('tcp', 'fd99::1', 8080), 'one fd30::1');
		t.is(await two.ask('tcp', 'fd99::2', 80), 'neighbour fd99::1');
		// Refused at once, not lost: a caller of localhost goes on to 127.0.0.1.
		t.is(await world.host.ask('tcp', '::1', 8080), '');
		world.neighbour.get('ip', 'route', 'add', 'fd30::/64', 'via', 'fd99::1');
		t.is(await world.neighbour.ask('tcp', 'fd30::2', 80, briefly), '');
	}));

/** Sends an ICMPv6 message, whose checksum the kernel makes, out of eth0 with the hop limit of a neighbour. */
const sendIcmp = (space: Space, to: string, hex: string): void => {
	const script = `use Socket qw(:all); socket(my $s, AF_INET6, SOCK_RAW, 58) or die; setsockopt($s, 41, 18, 255); setsockopt($s, 41, 16, 255); setsockopt($s, SOL_SOCKET, 25, "eth0\\0");
		send($s, pack('H*', '${hex}'), 0, pack_sockaddr_in6(0, inet_pton(AF_INET6, '${to}'))) or die $!`;
	space.get('perl', '-e', script);
};

const advertisement = `86000000400007080000000000000000${'030440c000000e1000000e1000000000'}${'fd660000000000000000000000000000'}`;

test('IPv6: a container is no router, no other neighbour, and sends as itself alone', t =>
	withWorld(async world => {
		const one = await upSix(world, 'one', 2);
		const victim = await upSix(world, 'victim', 3);
		const evil = await upSix(world, 'evil', 4);
		victim.get('sysctl', '-qw', 'net.ipv6.conf.eth0.accept_ra=1');
		await one.serve('tcp', 80, 'one', '::');
		t.is(await victim.ask('tcp', 'fd30::2', 80), 'one fd30::3');
		const lie = `8800000060000000fd300000000000000000000000000002${'02010242ac1e0004'}`;
		const hasPrefix = (): boolean => victim.get('ip', '-6', 'address').includes('fd66:');
		sendIcmp(evil, 'ff02::1', advertisement);
		sendIcmp(evil, 'fd30::3', lie);
		t.is(await victim.ask('tcp', 'fd30::2', 80), 'one fd30::3');
		t.false(hasPrefix());
		t.regex(victim.get('ip', '-6', 'neighbour'), /fd30::2 dev eth0 lladdr 02:42:ac:1e:00:02/);
		evil.get('ip', 'address', 'add', 'fd30::3/128', 'dev', 'eth0', 'nodad');
		t.is(await evil.ask('tcp', 'fd30::2', 80, {from: 'fd30::3', ...briefly}), '');
		evil.get('ip', 'address', 'del', 'fd30::3/128', 'dev', 'eth0');
		evil.get('ip', '-6', 'neighbour', 'flush', 'all');
		t.is(await evil.ask('tcp', 'fd30::2', 80, {from: 'fd30::4'}), 'one fd30::4');
		// Without the guard both lies are believed: they were good.
		world.host.get('nft', 'delete', 'table', 'bridge', world.table);
		sendIcmp(evil, 'ff02::1', advertisement);
		sendIcmp(evil, 'fd30::3', lie);
		await waitFor('the lies to arrive', () => hasPrefix() && /fd30::2 dev eth0 lladdr 02:42:ac:1e:00:04/.test(victim.get('ip', '-6', 'neighbour')));
		t.pass();
	}));

test('containers of an isolated bridge reach the host and not each other', t =>
	withWorld(async world => {
		const spaces = await Promise.all([2, 3].map(async () => world.space()));
		spaces.forEach((space, index) => {
			const n = index + 2;
			const plan = world.plan(
				`bridge ${world.bridges[0]} 172.30.0.1/24 1500 nat,isolated`,
				`owner c${n}`,
				`endpoint ${world.bridges[0]} ${cableName(`c${n}`)} eth0 02:42:ac:1e:00:0${n} 172.30.0.${n}/24 172.30.0.1 1500`,
			);
			t.is(world.net('up', plan, String(space.pid)).stderr, '');
		});
		const [one, two] = spaces;
		await one?.serve('tcp', 80, 'one');
		await world.host.serve('tcp', 81, 'host');
		t.is(await two?.ask('tcp', '172.30.0.1', 81), 'host 172.30.0.3');
		t.is(await two?.ask('tcp', '172.30.0.2', 80, briefly), '');
	}));

test('a slave of macvlan is on the LAN with an address of its own', t =>
	withWorld(async world => {
		const space = await world.space();
		const plan = world.plan('owner one', 'slave macvlan:bridge lan0 eth0 02:42:0a:63:00:32 1500', 'address eth0 10.99.0.50/24 10.99.0.1', 'setting ipv4/conf/eth0/log_martians 1');
		const {code, stderr} = world.net('up', plan, String(space.pid));
		if (/this kernel has no macvlan/.test(stderr)) {
			t.pass();
			return;
		}
		t.is(code, 0, stderr);
		await space.serve('tcp', 80, 'one');
		t.is(await world.neighbour.ask('tcp', '10.99.0.50', 80), 'one 10.99.0.2');
		t.is(space.get('sysctl', '-n', 'net.ipv4.conf.eth0.log_martians').trim(), '1');
		t.regex(space.get('ip', 'route'), /default via 10\.99\.0\.1 dev eth0/);
		t.is(world.net('unplug', plan, String(space.pid)).stderr, '');
		t.notRegex(space.get('ip', '-o', 'link'), /eth0/);
		t.regex(world.net('up', world.plan('owner one', 'slave ipvlan:l3 nowhere eth0 - 1500'), String(space.pid)).stderr, /the host has no interface nowhere/);
	}));

test('unplug takes one network from a container that runs, and mend brings it back', t =>
	withWorld(async world => {
		const {space, plan} = await up(world, 'one', 2, {ports: ['tcp 0.0.0.0 8080 SELF 80']});
		const far = world.plan(`bridge ${world.bridges[1]} 172.30.1.1/24 1500 nat`, 'owner one', `endpoint ${world.bridges[1]} ${cableName('far')} eth1 02:42:ac:1e:01:02 172.30.1.2/24 - 1500`);
		t.is(world.net('mend', far, String(space.pid)).stderr, '');
		t.regex(space.get('ip', '-o', 'address'), /eth1\s+inet 172\.30\.1\.2/);
		t.is(world.net('unplug', far, String(space.pid)).stderr, '');
		t.notRegex(space.get('ip', '-o', 'address'), /eth1/);
		t.notRegex(elements(world), new RegExp(cableName('far')));
		await space.serve('tcp', 80, 'one');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
		t.is(world.net('unplug', plan, String(space.pid)).stderr, '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080, briefly), '');
		t.is(world.net('mend', plan, String(space.pid)).stderr, '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
	}));

test('isolation and ports hold when another firewall is flushed, and come back when our own table is', t =>
	withWorld(async world => {
		world.host.get('nft', 'add', 'table', 'inet', 'other');
		const one = await up(world, 'one', 2, {ports: ['tcp 0.0.0.0 8080 SELF 80']});
		await one.space.serve('tcp', 80, 'one');
		world.neighbour.get('ip', 'route', 'add', '172.30.0.0/16', 'via', '10.99.0.1');
		world.host.get('nft', 'flush', 'table', 'inet', 'other');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 80, briefly), '');
		t.is(world.net('check', one.plan).stdout, '');
		world.host.get('nft', 'flush', 'table', 'inet', world.table);
		t.regex(world.net('check', one.plan).stdout, /^problem the nftables table \S+ has been changed/m);
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080, briefly), '');
		t.is(world.net('mend', one.plan, String(one.space.pid)).stderr, '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
		world.host.get('nft', 'flush', 'ruleset');
		t.regex(world.net('check', one.plan).stdout, /^problem the nftables table \S+ is missing/m);
		t.is(world.net('mend', one.plan, String(one.space.pid)).stderr, '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
		t.is(await world.neighbour.ask('tcp', '172.30.0.2', 80, briefly), '');
		t.is(world.net('check', one.plan).stdout, '');
		world.host.get('ip', 'link', 'del', world.bridges[0]);
		t.regex(world.net('check', one.plan).stdout, /^problem the bridge \S+ is missing/m);
		t.is(world.net('mend', one.plan, String(one.space.pid)).stderr, '');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'one 10.99.0.2');
	}));

test('up finds the cable of a former life, and takes over a port that a lost container has left in the table', t =>
	withWorld(async world => {
		const ports = ['tcp 0.0.0.0 8080 SELF 80'];
		await up(world, 'one', 2, {ports});
		const again = await up(world, 'one', 2, {ports});
		await again.space.serve('tcp', 80, 'again');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'again 10.99.0.2');
		const other = await up(world, 'other', 3, {ports});
		await other.space.serve('tcp', 80, 'other');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'other 10.99.0.2');
		// Its former owner cannot take it away.
		t.is(world.net('down', again.plan).code, 0);
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 8080), 'other 10.99.0.2');
	}));

test('a port that a process of the host has is refused with its name', t =>
	withWorld(async world => {
		const holder = await world.host.serve('tcp', 8080, 'host');
		const space = await world.space();
		const {code, stderr} = world.net('up', containerPlan(world, 'one', 2, {ports: ['tcp 127.0.0.1 8080 SELF 80']}), String(space.pid));
		t.is(code, 125);
		t.regex(stderr, /^hawser-net: Bind for 127\.0\.0\.1:8080\/tcp failed: port is already allocated by \S+ \(pid \d+\)\n$/);
		t.true(stderr.includes(`pid ${holder.pid}`));
		t.is(space.get('ip', '-o', 'link').trim().split('\n').length, 1);
		const missing = world.net('up', containerPlan(world, 'one', 2, {ports: ['tcp 10.99.0.77 8080 SELF 80']}), String(space.pid));
		t.regex(missing.stderr, /the host has no address 10\.99\.0\.77/);
	}));

/* Node cannot take descriptors from a socket. */
const keeper = `
import socket, subprocess, sys
ours, theirs = socket.socketpair()
code = subprocess.run([*sys.argv[1:], '--hold', str(theirs.fileno())], pass_fds=[theirs.fileno()]).returncode
theirs.close()
held = []
while True:
	data, fds, flags, address = socket.recv_fds(ours, 1, 253)
	if not data: break
	held += fds
print(code, len(held))
for kind, family, address in ((socket.SOCK_STREAM, socket.AF_INET, ('0.0.0.0', 8080)), (socket.SOCK_STREAM, socket.AF_INET6, ('::', 8080)), (socket.SOCK_DGRAM, socket.AF_INET, ('127.0.0.1', 5353)), (socket.SOCK_STREAM, socket.AF_INET, ('0.0.0.0', 8081))):
	other = socket.socket(family, kind)
	other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	try:
		other.bind(address)
		if kind == socket.SOCK_STREAM: other.listen()
		print('free')
	except OSError:
		print('kept')
`;

(hasCommand('python3') ? test : test.skip)('the sockets that up hands over keep others from a published port', t =>
	withWorld(async world => {
		const space = await world.space();
		const plan = containerPlan(world, 'one', 2, {ports: ['tcp 127.0.0.1 8080 SELF 80', 'udp 0.0.0.0 5353 SELF 53']});
		t.is(world.host.get('python3', '-c', keeper, program, 'up', plan, String(space.pid)), '0 2\nkept\nkept\nkept\nfree\n');
	}),
);

test('down takes the ports back, and reset leaves nothing', t =>
	withWorld(async world => {
		const before = [world.host.get('ip', '-o', 'link').split('\n').length, elements(world)];
		const one = await up(world, 'one', 2, {ports: ['tcp 0.0.0.0 8080 SELF 80', 'udp 127.0.0.1 53 SELF 53', 'sctp 0.0.0.0 9 SELF 9']});
		const far = await up(world, 'far', 2, {second: true});
		t.true(elements(world).includes('comment "one"'));
		t.is(world.net('down', one.plan).stderr, '');
		t.is(world.net('down', one.plan).stderr, '');
		t.false(elements(world).includes('comment "one"'));
		t.is(world.net('unbridge', far.plan).stderr, '');
		t.is(world.net('unbridge', far.plan).stderr, '');
		t.false(elements(world).includes(world.bridges[1]));
		t.is(world.net('reset', one.plan).stderr, '');
		t.is(world.net('reset', one.plan).stderr, '');
		t.is(world.net('down', one.plan).stderr, '');
		t.deepEqual([world.host.get('ip', '-o', 'link').split('\n').length, elements(world)], before);
	}));

test('500 published ports are one transaction', t =>
	withWorld(async world => {
		const ports = Array.from({length: 500}, (_, index) => `tcp 0.0.0.0 ${20_000 + index} SELF ${1000 + index}`);
		const one = await up(world, 'one', 2, {ports});
		await one.space.serve('tcp', 1499, 'last');
		t.is(await world.neighbour.ask('tcp', '10.99.0.1', 20_499), 'last 10.99.0.2');
		t.is(world.net('down', one.plan).stderr, '');
		t.false(elements(world).includes('comment'.concat(' "one"')));
	}));

test('twenty starts at once make one table and lose no port', t =>
	withWorld(async world => {
		const names = Array.from({length: 20}, (_, index) => `c${index}`);
		const spaces = await Promise.all(names.map(async () => world.space()));
		const script = names.map((name, index) => {
			const bridge = world.bridges[0];
			const address = `172.30.0.${index + 2}`;
			const plan = world.plan(
				`bridge ${bridge} 172.30.0.1/24 1500 nat`,
				`owner ${name}`,
				`endpoint ${bridge} ${cableName(name)} eth0 02:42:ac:1e:00:${(index + 2).toString(16).padStart(2, '0')} ${address}/24 172.30.0.1 1500`,
				`port tcp 0.0.0.0 ${8000 + index} ${address} 80`,
			);
			return `(${program} up ${plan} ${spaces[index]?.pid} || echo failed) &`;
		});
		t.is(world.host.get('sh', '-c', `${script.join('\n')}\nwait`), '');
		const ruleset = elements(world);
		t.deepEqual(
			names.filter(name => !ruleset.includes(`comment "${name}"`)),
			[],
		);
		t.is(ruleset.match(/masquerade/g)?.length, 5);
		t.is(world.net('check', world.plan(`bridge ${world.bridges[0]} 172.30.0.1/24 1500 nat`)).stdout, '');
	}));

test('network none is lo alone', t =>
	withWorld(async world => {
		const space = await world.space();
		space.get('ip', 'link', 'set', 'lo', 'down');
		t.is(world.net('up', world.plan('owner one', 'loopback only'), String(space.pid)).stderr, '');
		t.regex(space.get('ip', '-o', 'address'), /lo\s+inet 127\.0\.0\.1/);
		t.is(space.get('ip', '-o', 'link').trim().split('\n').length, 1);
		t.is(elements(world), '');
	}));

test('the host itself is never set up as a container', t =>
	withWorld(async world => {
		const {code, stderr} = world.net('up', containerPlan(world, 'one', 2), String(world.host.pid));
		t.is(code, 125);
		t.regex(stderr, /has the host's network, not one of its own/);
		t.regex(world.net('up', containerPlan(world, 'one', 2), '999999999').stderr, /^hawser-net: network namespace of process 999999999: No such file or directory\n$/);
	}));

test('check tells of a foreign chain that drops what is forwarded', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2);
		world.host.get('nft', 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }');
		t.regex(world.net('check', one.plan).stdout, /^problem chain FORWARD of nftables table filter drops what is forwarded/m);
		world.host.get('sysctl', '-qw', 'net.ipv4.ip_forward=0');
		t.regex(world.net('check', one.plan).stdout, /^problem net\.ipv4\.ip_forward is off/m);
	}));

(hasCommand('iptables-legacy') ? test : test.skip)('check tells of the old iptables when its policy is to drop, and asks it nothing otherwise', t =>
	withWorld(async world => {
		const one = await up(world, 'one', 2);
		t.is(world.net('check', one.plan).stdout, '');
		t.is(world.host.run('cat', '/proc/net/ip_tables_names').stdout, '');
		if (world.host.run('iptables-legacy', '-A', 'FORWARD', '-s', '192.0.2.1', '-j', 'DROP').code !== 0) {
			t.pass('this kernel has no old iptables');
			return;
		}
		t.is(world.net('check', one.plan).stdout, '');
		world.host.get('iptables-legacy', '-P', 'FORWARD', 'DROP');
		t.regex(world.net('check', one.plan).stdout, /^problem the policy of iptables' chain FORWARD is DROP/);
	}),
);

for (const [what, line] of [
	['a foreign key', 'bogus 1'],
	['a port of 0', 'port tcp 0.0.0.0 0 172.30.0.2 80'],
	['a port over 65535', 'port tcp 0.0.0.0 65536 172.30.0.2 80'],
	['a run of ports over 65535', 'port tcp 0.0.0.0 65535 172.30.0.2 80 2'],
	['a port of two families', 'port tcp :: 80 172.30.0.2 80'],
	['an unknown kind of slave', 'slave macvlan:best lan0 eth0 - 1500'],
	['an unknown mode of a bridge', 'bridge hwx 172.30.0.1/24 1500 nat,fast'],
	['a setting outside of net', 'setting ../kernel/x 1'],
	['an unknown protocol', 'port icmp 0.0.0.0 80 172.30.0.2 80'],
	['a host name for an address', 'port tcp localhost 80 172.30.0.2 80'],
	['a bridge name with a slash', 'bridge ../x 172.30.0.1/24 1500 nat'],
	['a bridge name of 16 bytes', 'bridge abcdefghijklmnop 172.30.0.1/24 1500 nat'],
	['a prefix of 32', 'bridge hwx 172.30.0.1/32 1500 nat'],
	['a group MAC', 'endpoint hwx v eth0 03:42:ac:1e:00:02 172.30.0.2/24 - 1500'],
	['a word too many', 'bridge hwx 172.30.0.1/24 1500 nat more'],
] as const)
	test(`a plan with ${what} is refused, and nothing is made`, t =>
		withWorld(async world => {
			const {code, stderr} = world.net('bridge', world.plan(line));
			t.is(code, 125);
			t.regex(stderr, /line 3 is not understood/);
			t.is(elements(world), '');
		}));
