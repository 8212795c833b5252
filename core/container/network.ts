import {existsSync, readFileSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {allocateEndpoint, interfaceName, releaseAddresses} from '../network/endpoint.ts';
import type {Endpoint, EndpointWish, Network, NetworkStore, NetworkWish, PortLease, PublishSpec} from '../network/model.ts';
import {ensureDefaultNetworks, hasNames, resolveNetwork} from '../network/network.ts';
import {option} from '../network/options.ts';
import {isRouted, netPlan, type PlannedEndpoint, type PlannedNames} from '../network/plan.ts';
import {publishAll, type Reach, resolveHostPorts} from '../network/port.ts';
import {networkStore} from '../network/store.ts';
import {whoHolds} from './claim.ts';
import type {ContainerConfig} from './config.ts';
import {type Link, liveLinks, resolveLink} from './links.ts';
import {isRunning, readLive} from './live.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, nameOf} from './record.ts';

/** What a start has to know of the network; `plan` absent: the host's, or another container's. */
export type NetworkSetup = {
	readonly plan?: string;
	readonly endpoints: readonly PlannedEndpoint[];
	/** Of the network `bridge`: /etc/hosts and variables. */
	readonly links: ReadonlyArray<Link & {readonly address: string}>;
};

const isJoined = (mode: string): boolean => mode.startsWith('container:');

export const hasAddress = ({network}: Pick<ContainerConfig, 'network'>): boolean => network !== 'host' && network !== 'none' && !isJoined(network);

const refused = (subject: string, message: string): EngineError => new EngineError({code: 'container.invalid', subject, message});

/** What only a network of the user's can have. */
export function checkWish({name}: Pick<Network, 'name'>, wish: EndpointWish): void {
	if (name !== 'bridge' && name !== 'default') return;
	const fixed = wish.ip ?? wish.ip6 ?? wish.linkLocal?.[0];
	if ((wish.aliases ?? []).length > 0) throw refused(name, 'network-scoped aliases are only supported for user-defined networks');
	if (fixed !== undefined) throw refused(fixed, 'user specified IP address is supported on user defined networks only');
}

/** Addresses for as long as there is a container: a start then needs no commit. Within the transaction of `create`. */
export function leaseAddresses(engine: Engine, {id, config}: ContainerRecord, wishes: readonly NetworkWish[]): void {
	const store = networkStore(engine.db);
	ensureDefaultNetworks(store, engine.store);
	if (!hasAddress(config)) return;
	for (const {name, ...wish} of wishes.length === 0 ? [{name: config.network}] : wishes) {
		const network = resolveNetwork(store, name);
		if (network.pools.length === 0) throw refused(name, 'conflicting options: cannot attach both user-defined and non-user-defined network-modes');
		checkWish(network, wish);
		leaseOn(engine, store, id, network, {...wish, ...(wish.links && {links: wish.links.map(link => resolveLink(engine, link))})});
	}
}

/** Containers that do not run have to share where a network is full: they get another at their next start. */
export function leaseOn(engine: Engine, store: NetworkStore, id: string, network: Network, wish?: EndpointWish): Endpoint {
	try {
		return allocateEndpoint(store, id, network, wish);
	} catch (error) {
		if (!isEngineError(error, 'network.pool-exhausted')) throw error;
		for (const {containerId} of store.endpointsOfNetwork(network.id)) if (containerId !== id && isIdle(engine, containerId)) releaseAddresses(store, containerId);
		return allocateEndpoint(store, id, network, wish);
	}
}

const isIdle = (engine: Engine, id: string): boolean => whoHolds(liveFolder(engine, id)) === 'nobody';

/** Whether a container is on its networks now. */
export const isActive = (engine: Engine, id: string): boolean => isRunning(readLive(engine, id));

/** Addresses and ports for a start. The ports of containers that have ended by themselves are taken back here: nobody else was there to. */
export function setUpNetwork(engine: Engine, record: ContainerRecord): NetworkSetup {
	const {id, config} = record;
	if (!hasAddress(config)) return plainSetup(engine, record);
	const store = networkStore(engine.db);
	const own = store.endpointsOfContainer(id);
	// Of a network that is gone, so is the endpoint.
	if (own.length === 0) resolveNetwork(store, config.network);
	const leased = own.some(isUnleased) ? store.transaction(() => own.map(endpoint => leaseAgain(engine, store, endpoint))) : own;
	const endpoints = inOrder(store, planned(store, leased));
	return {...wholePlan(engine, record, endpoints, leasePorts(engine, store, record, endpoints)), links: legacyLinks(engine, record, endpoints, true)};
}

/** The same for a container that runs: it keeps its ports. */
export function currentSetup(engine: Engine, record: ContainerRecord): NetworkSetup {
	const store = networkStore(engine.db);
	const endpoints = planned(store, store.endpointsOfContainer(record.id));
	return {...wholePlan(engine, record, endpoints, store.ports(record.id)), links: legacyLinks(engine, record, endpoints, false)};
}

/** Of a part of its networks. */
export const partialPlan = (engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[]): string =>
	netPlan({storeName: engine.store, containerId: record.id, endpoints, ports: [], names: planNames(engine, record, endpoints)});

const plainSetup = (engine: Engine, {id, config}: ContainerRecord): NetworkSetup => ({
	endpoints: [],
	links: [],
	...(config.network === 'none' && {plan: netPlan({storeName: engine.store, containerId: id, endpoints: [], ports: []})}),
});

/** The interfaces are named anew at each start: what was disconnected leaves no gap. */
function inOrder(store: NetworkStore, endpoints: readonly PlannedEndpoint[]): PlannedEndpoint[] {
	const names: string[] = [];
	for (const {network, endpoint} of endpoints) names.push(interfaceName(network, endpoint.wish, names));
	const ordered = endpoints.map(({network, endpoint}, index) => ({network, endpoint: {...endpoint, interface: names[index] ?? endpoint.interface}}));
	const changed = ordered.filter(({endpoint}, index) => endpoint.interface !== endpoints[index]?.endpoint.interface);
	if (changed.length > 0) store.transaction(() => changed.forEach(({endpoint}) => store.putEndpoint(endpoint)));
	return ordered;
}

const isUnleased = ({address, address6}: Endpoint): boolean => address === null && address6 === null;

const leaseAgain = (engine: Engine, store: NetworkStore, endpoint: Endpoint): Endpoint => leaseOn(engine, store, endpoint.containerId, resolveNetwork(store, endpoint.networkId));

const planned = (store: NetworkStore, endpoints: readonly Endpoint[]): PlannedEndpoint[] =>
	endpoints.flatMap(endpoint => {
		const network = store.networkById(endpoint.networkId);
		return network ? [{network, endpoint}] : [];
	});

function wholePlan(engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[], ports: readonly PortLease[]): Omit<NetworkSetup, 'links'> {
	return {plan: netPlan({storeName: engine.store, containerId: record.id, endpoints, ports, opened: published(record.config), names: planNames(engine, record, endpoints)}), endpoints};
}

const legacyLinks = (engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[], demand: boolean): NetworkSetup['links'] =>
	endpoints.filter(({network}) => !hasNames(network)).flatMap(({endpoint}) => liveLinks(engine, record, endpoint.wish.links ?? [], demand));

/** Where ports can be published: by the networks that lead out. */
function reachOf(endpoints: readonly PlannedEndpoint[]): Reach {
	const out = endpoints.filter(({network}) => network.driver === 'bridge' && !network.internal);
	return {
		ipv4: out.some(({endpoint}) => endpoint.address !== null) || out.length === 0,
		ipv6: out.some(({endpoint}) => endpoint.address6 !== null),
		routed: ([4, 6] as const).filter(family => isRouted(endpoints, family)),
		hostIp: out.map(({network}) => option(network, 'bridge.host_binding_ipv4')).find(ip => ip !== undefined),
	};
}

const published = ({publishAll: all, exposed, ports}: ContainerConfig): readonly PublishSpec[] => (all ? publishAll(exposed, ports) : ports);

function leasePorts(engine: Engine, store: NetworkStore, {id, config}: ContainerRecord, endpoints: readonly PlannedEndpoint[]): PortLease[] {
	const specs = published(config);
	if (specs.length === 0) return [];
	return store.transaction(() => {
		const others = new Set(store.ports().map(({containerId}) => containerId));
		for (const other of others) if (other !== id && isIdle(engine, other)) store.deletePorts(other);
		return resolveHostPorts(store, id, specs, other => nameOf(engine.db, other), reachOf(endpoints));
	});
}

/** Under which others find it on a network. */
export const namesOn = ({id, name, config}: ContainerRecord, {wish}: Endpoint): string[] => [
	...new Set([name, ...(wish.aliases ?? []), id.slice(0, 12), ...(config.hostname === '' ? [] : [config.hostname])]),
];

/** The host's name servers; those that have an interface in them cannot be asked from elsewhere. */
export function hostServers(): string[] {
	try {
		return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^\s*nameserver\s+([0-9a-fA-F.:]+)\s*$/gm)].map(match => match[1] ?? '');
	} catch {
		return [];
	}
}

/** A container that is only on internal networks has no way out, not even by asking for names. */
function planNames(engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[]): PlannedNames | undefined {
	const named = endpoints.filter(({network}) => hasNames(network));
	// One that has left all such networks keeps its resolver, which must forget their names.
	if (named.length === 0 && !existsSync(`${engine.state}/names/containers/${record.id}`)) return undefined;
	const {dns} = record.config;
	const hasWayOut = endpoints.some(({network}) => !network.internal);
	return {
		folder: `${engine.state}/names`,
		resolver: engine.native.resolver,
		ask: dns.length > 0 ? 'container' : 'host',
		servers: !hasWayOut ? [] : dns.length > 0 ? dns : hostServers(),
		links: named.flatMap(({endpoint}) => (endpoint.wish.links ?? []).map(link => link.split(':').toReversed().join(' '))),
		networks: named.map(({network}) => network),
		records: named.map(({network, endpoint}) => ({
			network: network.id,
			names: namesOn(record, endpoint),
			addresses: [endpoint.address, endpoint.address6].filter(address => address !== null),
		})),
	};
}
