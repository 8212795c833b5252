import {poolOf, poolWith, prefixOf} from './ipam.ts';
import type {Endpoint, Network, PortLease, PublishSpec} from './model.ts';
import {hostInterfaceName, parentName, tableName} from './names.ts';
import {gatewayMode, hasHostAddress, isOn, mtuOf, trustedInterfaces} from './options.ts';

export type PlannedEndpoint = {readonly network: Network; readonly endpoint: Endpoint};

/** What a container's resolver knows, and others' of it: the lines from `names` on. */
export type PlannedNames = {
	readonly folder: string;
	readonly resolver: string;
	/** Whose loopback the servers may be on. */
	readonly ask: 'host' | 'container';
	readonly servers: readonly string[];
	/** `ALIAS CONTAINERID` */
	readonly links: readonly string[];
	readonly records: ReadonlyArray<{readonly network: string; readonly names: readonly string[]; readonly addresses: readonly string[]}>;
	readonly networks: ReadonlyArray<{readonly id: string; readonly name: string}>;
};

export type NetPlanInput = {
	readonly storeName: string;
	readonly containerId: string;
	/** In the order of the container's interfaces. */
	readonly endpoints: readonly PlannedEndpoint[];
	readonly ports: readonly PortLease[];
	/** The container's ports that are published, for networks that route to them. */
	readonly opened?: ReadonlyArray<Pick<PublishSpec, 'protocol' | 'containerPort'>>;
	readonly names?: PlannedNames | undefined;
};

const lines = (list: readonly string[]): string => list.map(line => `${line}\n`).join('');

const families = [4, 6] as const;

const reachModes: Readonly<Record<string, string>> = {routed: 'routed', 'nat-unprotected': 'open'};

const bridgeLines = (network: Network): string[] => {
	const [first, ...others] = network.pools.flatMap(({subnet, gateway}) =>
		gateway === null || !hasHostAddress(network, subnet.includes(':') ? 6 : 4) ? [] : [`${gateway}/${prefixOf(subnet)}`],
	);
	const modes = [
		network.internal ? 'internal' : isOn(network, 'bridge.enable_ip_masquerade') ? 'nat' : 'routed',
		...(isOn(network, 'bridge.enable_icc') ? [] : ['isolated']),
		...(poolOf(network, 6) ? ['ipv6'] : []),
		...families.flatMap(family => reachModes[gatewayMode(network, family)]?.concat(String(family)) ?? []),
	];
	return [
		`bridge ${network.bridge} ${first ?? '-'} ${mtuOf(network)} ${modes.join(',')}`,
		...others.map(address => `net ${network.bridge} ${address}`),
		...trustedInterfaces(network).map(name => `trust ${network.bridge} ${name}`),
	];
};

/** `eth0.10` is VLAN 10 of eth0, made where it is missing; without a parent it is a dummy of the network's own. */
const parentLine = (network: Network): string => {
	const name = parentName(network);
	const vlan = /^(.+)\.(\d+)$/.exec(name);
	if (network.options['parent'] === undefined) return `parent ${name} dummy`;
	return vlan ? `parent ${name} vlan ${vlan[1]} ${vlan[2]}` : '';
};

const hostLines = (network: Network): string[] => (network.driver === 'bridge' ? bridgeLines(network) : [parentLine(network)].filter(line => line !== ''));

/** The plan that `hawser-net bridge`, `unbridge` and `reset` read. */
export const bridgePlan = (storeName: string, networks: readonly Network[]): string =>
	`version 1\ntable ${tableName(storeName)}\n${lines(networks.filter(({pools}) => pools.length > 0).flatMap(hostLines))}`;

/** Whether containers are reached at their own addresses alone: the ports of the host then lead nowhere. */
export const isRouted = (endpoints: readonly PlannedEndpoint[], family: 4 | 6): boolean => {
	const network = routedNetwork(endpoints, family);
	return network !== undefined && gatewayMode(network, family) === 'routed';
};

/** Where the default route of a family leads: the most wanted network that has a way out, by Docker's order. */
const routedNetwork = (endpoints: readonly PlannedEndpoint[], family: 4 | 6): Network | undefined =>
	endpoints
		.filter(({network, endpoint}) => !network.internal && (family === 4 ? endpoint.address : endpoint.address6) !== null)
		.sort((a, b) => (b.endpoint.wish.priority ?? 0) - (a.endpoint.wish.priority ?? 0))[0]?.network;

const isRoutedByLink = ({driver, options}: Network): boolean => driver === 'ipvlan' && (options['ipvlan_mode'] ?? '').startsWith('l3');

const gatewayOf = (network: Network, address: string): string => {
	if (isRoutedByLink(network)) return 'link';
	return poolWith(network, address)?.gateway ?? '-';
};

const slaveKind = ({driver, options}: Network): string => {
	if (driver === 'macvlan') return `macvlan:${options['macvlan_mode'] || 'bridge'}`;
	const flag = options['ipvlan_flag'] ?? '';
	return `ipvlan:${options['ipvlan_mode'] || 'l2'}${flag === '' || flag === 'bridge' ? '' : `:${flag}`}`;
};

/** `net.ipv4.conf.IFNAME.log_martians=1,…` of the endpoint's options. */
const settingLines = ({wish, interface: name}: Endpoint): string[] =>
	(wish.options?.['com.docker.network.endpoint.sysctls'] ?? '')
		.split(',')
		.filter(text => text !== '')
		.map(text => {
			const [key = '', value = ''] = text.split('=', 2);
			return `setting ${key
				.replace(/^net\./, '')
				.replaceAll('.', '/')
				.replace(/ifname/i, name)} ${value}`;
		});

const endpointLines = (input: NetPlanInput, {network, endpoint}: PlannedEndpoint, routes: {readonly 4: Network | undefined; readonly 6: Network | undefined}): string[] => {
	const route = (address: string, family: 4 | 6): string => (routes[family] === network ? gatewayOf(network, address) : '-');
	const of = (address: string): string => `${address}/${prefixOf(poolWith(network, address)?.subnet ?? '')}`;
	const {address, address6, mac, interface: name} = endpoint;
	const more = [
		...(address6 === null ? [] : [`address ${name} ${of(address6)} ${route(address6, 6)}`]),
		...(endpoint.wish.linkLocal ?? []).map(text => `address ${name} ${text}/${text.includes(':') ? 64 : 16} -`),
		...settingLines(endpoint),
	];
	if (network.driver === 'bridge') {
		const cable = `${network.bridge} ${hostInterfaceName(input.storeName, input.containerId, network.id)} ${name} ${mac}`;
		return [`endpoint ${cable} ${address === null ? '- -' : `${of(address)} ${route(address, 4)}`} ${mtuOf(network)}`, ...more];
	}
	const slave = `slave ${slaveKind(network)} ${parentName(network)} ${name} ${network.driver === 'ipvlan' ? '-' : mac} ${mtuOf(network)}`;
	return [slave, ...(address === null ? [] : [`address ${name} ${of(address)} ${route(address, 4)}`]), ...more];
};

type Run = {readonly lease: PortLease; count: number};

/** Consecutive ports are one line: ten thousand of them fit into a plan. */
const runsOf = (ports: readonly PortLease[]): Run[] => {
	const key = ({protocol, hostIp}: PortLease): string => `${protocol} ${hostIp}`;
	const sorted = [...ports].sort((a, b) => key(a).localeCompare(key(b)) || a.hostPort - b.hostPort);
	const runs: Run[] = [];
	for (const lease of sorted) {
		const run = runs.at(-1);
		const continues = run && key(run.lease) === key(lease) && lease.hostPort === run.lease.hostPort + run.count && lease.containerPort === run.lease.containerPort + run.count;
		if (continues) run.count++;
		else runs.push({lease, count: 1});
	}
	return runs;
};

/** Ports lead to where the default route of their family leaves. */
const portLines = ({endpoints, ports}: NetPlanInput, routes: {readonly 4: Network | undefined; readonly 6: Network | undefined}): string[] => {
	const target = (family: 4 | 6): string | null | undefined => {
		const endpoint = endpoints.find(({network}) => network === routes[family] && network.driver === 'bridge')?.endpoint;
		return family === 4 ? endpoint?.address : endpoint?.address6;
	};
	return runsOf(ports).flatMap(({lease: {protocol, hostIp, hostPort, containerPort}, count}) => {
		const address = target(hostIp.includes(':') ? 6 : 4);
		return address === null || address === undefined ? [] : [`port ${protocol} ${hostIp} ${hostPort} ${address} ${containerPort}${count === 1 ? '' : ` ${count}`}`];
	});
};

const openLines = ({endpoints, opened = []}: NetPlanInput): string[] =>
	families.flatMap(family => {
		const network = isRouted(endpoints, family) ? routedNetwork(endpoints, family) : undefined;
		const endpoint = endpoints.find(planned => planned.network === network)?.endpoint;
		const address = family === 4 ? endpoint?.address : endpoint?.address6;
		return address === null || address === undefined ? [] : [...new Set(opened.map(({protocol, containerPort}) => `open ${protocol} ${address} ${containerPort}`))];
	});

/** As many names as a record has room for. */
const fitting = (names: readonly string[]): string => {
	let text = '';
	for (const name of new Set(names)) if (text.length + name.length < 3000) text += `${text === '' ? '' : ','}${name}`;
	return text;
};

const nameLines = ({folder, resolver, ask, servers, links, records, networks}: PlannedNames): string[] => [
	`names ${folder}`,
	`resolver ${resolver}`,
	`ask ${ask}`,
	...servers.map(server => `server ${server}`),
	...networks.map(({id, name}) => `network ${id} ${name}`),
	...links.map(link => `link ${link}`),
	...records.map(({network, names, addresses}) => `record ${network} ${fitting(names)} ${addresses.join(',')}`),
];

/** The plan that `hawser-net up`, `mend`, `unplug` and `down` read. Without endpoints it is that of `--network none`. */
export const netPlan = (input: NetPlanInput): string => {
	const {storeName, containerId, endpoints, names} = input;
	const head = `${bridgePlan(
		storeName,
		endpoints.map(({network}) => network),
	)}owner ${containerId}\n`;
	const nameText = lines(names ? nameLines(names) : []);
	if (endpoints.length === 0) return `${head}loopback only\n${nameText}`;
	const routes = {4: routedNetwork(endpoints, 4), 6: routedNetwork(endpoints, 6)} as const;
	const own = endpoints.flatMap(planned => endpointLines(input, planned, routes));
	return `${head}${lines([...own, ...portLines(input, routes), ...openLines(input)])}${nameText}`;
};
