import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {contains, formatAddress, formatSubnet, lastAddress, overlaps, parseAddress, parseSubnet, type Subnet} from './address.ts';
import type {Network, NetworkDriver, NetworkStore} from './model.ts';
import {bridgeName} from './names.ts';
import {chooseSubnet, hostSubnets, resolverAddresses} from './pool.ts';

export type NetworkRequest = {
	readonly name: string;
	readonly driver?: string;
	readonly subnet?: string;
	readonly gateway?: string;
	readonly internal?: boolean;
	readonly options?: Readonly<Record<string, string>>;
	readonly labels?: Readonly<Record<string, string>>;
};

/** The networks that are always there are named after their drivers. */
const predefined: readonly NetworkDriver[] = ['bridge', 'host', 'none'];

const isPredefined = (name: string): boolean => predefined.some(known => known === name);

const readResolvers = (): number[] => {
	try {
		return resolverAddresses(readFileSync('/etc/resolv.conf', 'utf8'));
	} catch {
		return []; // A host without resolvers has none to protect.
	}
};

const recordedSubnets = (store: NetworkStore): Array<{name: string; subnet: Subnet}> =>
	store.networks().flatMap(network => {
		const subnet = network.subnet === null ? undefined : parseSubnet(network.subnet);
		return subnet ? [{name: network.name, subnet}] : [];
	});

const freeSubnet = (store: NetworkStore): Subnet => {
	const taken = [...recordedSubnets(store).map(({subnet}) => subnet), ...hostSubnets()];
	const subnet = chooseSubnet(taken, readResolvers());
	if (subnet) return subnet;
	throw new EngineError({
		code: 'network.pool-exhausted',
		message: 'could not find an available, non-overlapping IPv4 address pool: every subnet of the default pools is in use',
		hint: 'name one with --subnet, or remove unused networks with `hawser network prune`',
	});
};

const requestedSubnet = (store: NetworkStore, text: string): Subnet => {
	const subnet = parseSubnet(text);
	if (!subnet) throw new EngineError({code: 'network.invalid-subnet', subject: text, message: `invalid subnet ${text}: not an IPv4 range such as 172.30.0.0/16`});
	if (subnet.prefix < 8 || subnet.prefix > 30)
		throw new EngineError({code: 'network.invalid-subnet', subject: text, message: `invalid subnet ${text}: the prefix must be between /8 and /30`});
	const clash = recordedSubnets(store).find(other => overlaps(other.subnet, subnet));
	if (clash)
		throw new EngineError({
			code: 'network.overlap',
			subject: text,
			message: `subnet ${text} overlaps ${formatSubnet(clash.subnet)} of network ${clash.name}`,
			hint: 'choose another range with --subnet',
		});
	return subnet;
};

const chooseGateway = (subnet: Subnet, text: string | undefined): string => {
	if (text === undefined) return formatAddress(subnet.base + 1);
	const address = parseAddress(text);
	if (address === undefined || !contains(subnet, address) || address === subnet.base || address === lastAddress(subnet))
		throw new EngineError({code: 'network.invalid-gateway', subject: text, message: `invalid gateway ${text}: not a host address of ${formatSubnet(subnet)}`});
	return text;
};

const checkRequest = (store: NetworkStore, {name, driver = 'bridge'}: NetworkRequest): void => {
	if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name))
		throw new EngineError({code: 'network.invalid-name', subject: name, message: `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-]* is allowed`});
	if (driver !== 'bridge')
		throw new EngineError({code: 'network.unknown-driver', subject: driver, message: `network driver "${driver}" is not supported`, hint: 'use the driver bridge'});
	if (store.networkByName(name) || isPredefined(name)) throw new EngineError({code: 'network.exists', subject: name, message: `network with name ${name} already exists`});
};

const insert = (store: NetworkStore, storeName: string, name: string, driver: NetworkDriver, rest: Partial<Network>): Network => {
	const id = randomBytes(32).toString('hex');
	const bridge = driver === 'bridge' ? bridgeName(storeName, {id, name}) : null;
	const network: Network = {id, name, driver, subnet: null, gateway: null, bridge, internal: false, options: {}, labels: {}, created: new Date().toISOString(), ...rest};
	store.insertNetwork(network);
	return network;
};

/** Makes bridge, host and none where they are missing; costs one read when they are there. */
export const ensureDefaultNetworks = (store: NetworkStore, storeName: string): void => {
	const missing = (): NetworkDriver[] => predefined.filter(name => !store.networkByName(name));
	if (missing().length === 0) return;
	store.transaction(() => {
		for (const name of missing()) {
			const subnet = name === 'bridge' ? freeSubnet(store) : undefined;
			insert(store, storeName, name, name, subnet ? {subnet: formatSubnet(subnet), gateway: chooseGateway(subnet, undefined)} : {});
		}
	});
};

export const createNetwork = (store: NetworkStore, storeName: string, request: NetworkRequest): Network =>
	store.transaction(() => {
		checkRequest(store, request);
		const subnet = request.subnet === undefined ? freeSubnet(store) : requestedSubnet(store, request.subnet);
		const {internal = false, options = {}, labels = {}} = request;
		return insert(store, storeName, request.name, 'bridge', {subnet: formatSubnet(subnet), gateway: chooseGateway(subnet, request.gateway), internal, options, labels});
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

/** Takes the record out and returns it: the caller then has the native helper take its bridge away. */
export const removeNetwork = (store: NetworkStore, reference: string): Network =>
	store.transaction(() => {
		const network = resolveNetwork(store, reference);
		const {name, id} = network;
		if (isPredefined(name)) throw new EngineError({code: 'network.predefined', subject: name, message: `${name} is a pre-defined network and cannot be removed`});
		const users = store.endpointsOfNetwork(id).length;
		if (users > 0)
			throw new EngineError({
				code: 'network.in-use',
				subject: name,
				message: `network ${name} has active endpoints: ${users} container${users === 1 ? '' : 's'}`,
				hint: 'stop or disconnect them first',
			});
		store.deleteNetwork(id);
		return network;
	});

/** Removes what no endpoint uses, `keep` says of which others to leave alone (containers that are stopped, labels). */
export const pruneNetworks = (store: NetworkStore, keep: (network: Network) => boolean): Network[] =>
	store.transaction(() => {
		const unused = store.networks().filter(network => !isPredefined(network.name) && store.endpointsOfNetwork(network.id).length === 0 && !keep(network));
		for (const {id} of unused) store.deleteNetwork(id);
		return unused;
	});
