import {readFileSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {randomHex} from '../platform/random.ts';
import {type Address, formatSubnet, overlaps, parseSubnet, type Subnet} from './address.ts';
import {firstAddress, type IpamRequest, poolOf, readPools} from './ipam.ts';
import type {Network, NetworkDriver, NetworkStore, Pool} from './model.ts';
import {bridgeName} from './names.ts';
import {checkOptions, option} from './options.ts';
import {chooseSubnet, chooseSubnet6, hostSubnets, resolverAddresses} from './pool.ts';

export type NetworkRequest = IpamRequest & {
	readonly name: string;
	readonly driver?: string;
	readonly internal?: boolean;
	readonly attachable?: boolean;
	/** Whether it has addresses of IPv4 (as if not given: yes) and of IPv6 (no, unless a subnet is). */
	readonly ipv4?: boolean;
	readonly ipv6?: boolean;
	readonly options?: Readonly<Record<string, string>>;
	readonly labels?: Readonly<Record<string, string>>;
};

/** The networks that are always there are named after their drivers. */
const predefined: readonly NetworkDriver[] = ['bridge', 'host', 'none'];

export const isPredefined = (name: string): boolean => predefined.some(known => known === name);

/** With names of containers, as Docker has it: on all but the network `bridge`. */
export const hasNames = ({name, pools}: Network): boolean => pools.length > 0 && name !== 'bridge';

const readResolvers = (): Address[] => {
	try {
		return resolverAddresses(readFileSync('/etc/resolv.conf', 'utf8'));
	} catch {
		return []; // A host without resolvers has none to protect.
	}
};

const recordedSubnets = (store: NetworkStore): Array<{network: Network; subnet: Subnet}> =>
	store.networks().flatMap(network =>
		network.pools.flatMap(({subnet: text}) => {
			const subnet = parseSubnet(text);
			return subnet ? [{network, subnet}] : [];
		}),
	);

const takenSubnets = (store: NetworkStore): Subnet[] => [...recordedSubnets(store).map(({subnet}) => subnet), ...hostSubnets()];

const ownPool = (subnet: Subnet): Pool => ({subnet: formatSubnet(subnet), gateway: firstAddress(subnet)});

const freePool = (store: NetworkStore): Pool => {
	const subnet = chooseSubnet(takenSubnets(store), readResolvers());
	if (subnet) return ownPool(subnet);
	throw new EngineError({
		code: 'network.pool-exhausted',
		message: 'could not find an available, non-overlapping IPv4 address pool: every subnet of the default pools is in use',
		hint: 'name one with --subnet, or remove unused networks with `hawser network prune`',
	});
};

/** Networks of macvlan and ipvlan are parts of one outside: only those of one parent can meet. */
const mayShare = (network: Network, driver: NetworkDriver): boolean => network.driver !== 'bridge' && driver !== 'bridge';

const checkOverlap = (store: NetworkStore, driver: NetworkDriver, {subnet: text}: Pool): void => {
	const subnet = parseSubnet(text);
	const clash = subnet && recordedSubnets(store).find(other => overlaps(other.subnet, subnet) && !mayShare(other.network, driver));
	if (clash)
		throw new EngineError({
			code: 'network.overlap',
			subject: text,
			message: `invalid pool request: Pool overlaps with other one on this address space: ${text} overlaps ${formatSubnet(clash.subnet)} of network ${clash.network.name}`,
			hint: 'choose another range with --subnet',
		});
};

const choosePools = (store: NetworkStore, driver: NetworkDriver, request: NetworkRequest): Pool[] => {
	const asked = readPools(request);
	for (const pool of asked) checkOverlap(store, driver, pool);
	const has = (family: 4 | 6): boolean => poolOf({pools: asked}, family) !== undefined;
	const wants4 = request.ipv4 ?? true;
	const refuse = (family: number): never => {
		throw new EngineError({
			code: 'network.invalid-subnet',
			subject: request.name,
			message: `IPv${family} subnet for network ${request.name} without IPv${family} (--ipv${family}=false)`,
		});
	};
	if (has(4) && !wants4) refuse(4);
	if (has(6) && request.ipv6 === false) refuse(6);
	if (!wants4 && !has(6) && request.ipv6 !== true)
		throw new EngineError({code: 'network.invalid-subnet', subject: request.name, message: `IPv4 or IPv6 must be enabled for network ${request.name}`, hint: 'add --ipv6'});
	return [...(wants4 && !has(4) ? [freePool(store)] : []), ...asked, ...(request.ipv6 === true && !has(6) ? [ownPool(chooseSubnet6(takenSubnets(store)))] : [])];
};

const drivers: readonly NetworkDriver[] = ['bridge', 'macvlan', 'ipvlan'];

const checkRequest = (store: NetworkStore, {name, driver = 'bridge'}: NetworkRequest): NetworkDriver => {
	if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name))
		throw new EngineError({code: 'network.invalid-name', subject: name, message: `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-]* is allowed`});
	if (driver === 'host' || driver === 'null')
		throw new EngineError({code: 'network.unknown-driver', subject: driver, message: `only one instance of "${driver}" network is allowed`});
	const known = drivers.find(one => one === driver);
	if (known === undefined)
		throw new EngineError({
			code: 'network.unknown-driver',
			subject: driver,
			message: `network driver "${driver}" is not supported`,
			hint: 'bridge, macvlan and ipvlan are',
		});
	if (store.networkByName(name) || isPredefined(name)) throw new EngineError({code: 'network.exists', subject: name, message: `network with name ${name} already exists`});
	return known;
};

const insert = (store: NetworkStore, storeName: string, name: string, driver: NetworkDriver, rest: Partial<Network>): Network => {
	const id = randomHex(32);
	const bridge = driver === 'bridge' ? (option(rest, 'bridge.name') ?? bridgeName(storeName, {id, name})) : null;
	const network: Network = {id, name, driver, pools: [], bridge, internal: false, attachable: false, options: {}, labels: {}, created: new Date().toISOString(), ...rest};
	store.insertNetwork(network);
	return network;
};

/** Makes bridge, host and none where they are missing; costs one read when they are there. */
export const ensureDefaultNetworks = (store: NetworkStore, storeName: string): void => {
	const missing = (): NetworkDriver[] => predefined.filter(name => !store.networkByName(name));
	if (missing().length === 0) return;
	store.transaction(() => {
		for (const name of missing()) insert(store, storeName, name, name, name === 'bridge' ? {pools: [freePool(store)]} : {});
	});
};

const checkBridge = (store: NetworkStore, options: Readonly<Record<string, string>>): void => {
	const name = option({options}, 'bridge.name');
	const other = name === undefined ? undefined : store.networks().find(({bridge}) => bridge === name);
	if (other)
		throw new EngineError({
			code: 'network.exists',
			subject: name,
			message: `cannot create network (bridge ${name}): conflicts with network ${other.id} (${other.name}): networks have same bridge name`,
		});
};

export const createNetwork = (store: NetworkStore, storeName: string, request: NetworkRequest): Network =>
	store.transaction(() => {
		const driver = checkRequest(store, request);
		const {internal = false, attachable = false, options = {}, labels = {}} = request;
		checkOptions(driver, options, internal);
		checkBridge(store, options);
		return insert(store, storeName, request.name, driver, {pools: choosePools(store, driver, request), internal, attachable, options, labels});
	});

/** By name, id, or the beginning of an id; `default` is what Docker calls the network bridge in `--network`. */
export const resolveNetwork = (store: NetworkStore, reference: string): Network => {
	const exact = store.networkByName(reference === 'default' ? 'bridge' : reference) ?? store.networkById(reference);
	if (exact) return exact;
	const matches = /^[0-9a-f]{1,64}$/.test(reference) ? store.networks().filter(({id}) => id.startsWith(reference)) : [];
	if (matches.length > 1)
		throw new EngineError({
			code: 'network.ambiguous',
			subject: reference,
			message: `network ${reference} is ambiguous: ${matches.length} networks begin so`,
			hint: 'give more of the id',
		});
	const [match] = matches;
	if (!match) throw new EngineError({code: 'network.not-found', subject: reference, message: `network ${reference} not found`, hint: '`hawser network ls` lists them'});
	return match;
};

/** Who is on a network now; the lease of a container that does not run keeps no network from being removed. */
export type IsActive = (containerId: string) => boolean;

const forget = (store: NetworkStore, {id}: Network): void => {
	for (const endpoint of store.endpointsOfNetwork(id)) store.deleteEndpoint(endpoint.id);
	store.deleteNetwork(id);
};

/** Takes the record out and returns it: the caller then has the native helper take its bridge away. */
export const removeNetwork = (store: NetworkStore, reference: string, isActive: IsActive, nameOf: (containerId: string) => string): Network =>
	store.transaction(() => {
		const network = resolveNetwork(store, reference);
		const {name, id} = network;
		if (isPredefined(name)) throw new EngineError({code: 'network.predefined', subject: name, message: `${name} is a pre-defined network and cannot be removed`});
		const users = store.endpointsOfNetwork(id).filter(({containerId}) => isActive(containerId));
		if (users.length > 0)
			throw new EngineError({
				code: 'network.in-use',
				subject: name,
				message: `error while removing network: network ${name} has active endpoints (${users.map(user => `name:"${nameOf(user.containerId)}" id:"${user.id.slice(0, 12)}"`).join(', ')})`,
				hint: 'stop or disconnect them first',
			});
		forget(store, network);
		return network;
	});

/** Removes what no endpoint is active on, `keep` says of which others to leave alone. */
export const pruneNetworks = (store: NetworkStore, isActive: IsActive, keep: (network: Network) => boolean): Network[] =>
	store.transaction(() => {
		const isUsed = ({id}: Network): boolean => store.endpointsOfNetwork(id).some(({containerId}) => isActive(containerId));
		const unused = store.networks().filter(network => !isPredefined(network.name) && !isUsed(network) && !keep(network));
		for (const network of unused) forget(store, network);
		return unused;
	});
