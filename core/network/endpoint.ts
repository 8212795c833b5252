import {EngineError} from '../errors/error.ts';
import {randomHex} from '../platform/random.ts';
import {contains, type Family, formatAddress, isHostAddress, lastAddress, macOf, parseAddress, parseSubnet, type Subnet} from './address.ts';
import {poolOf} from './ipam.ts';
import type {Endpoint, EndpointWish, Network, NetworkStore, Pool} from './model.ts';
import {option} from './options.ts';

const invalidIp = (ip: string, network: Network, why: string): EngineError =>
	new EngineError({code: 'network.invalid-address', subject: ip, message: `invalid address ${ip} on network ${network.name}: ${why}`});

const subnetsOf = ({pools}: Network, family: Family): Array<{pool: Pool; subnet: Subnet}> =>
	pools.flatMap(pool => {
		const subnet = parseSubnet(pool.subnet);
		return subnet?.family === family ? [{pool, subnet}] : [];
	});

const isReserved = (pool: Pool, text: string): boolean => text === pool.gateway || Object.values(pool.aux ?? {}).includes(text);

/** The fixed address in its normal form. */
const fixedAddress = (network: Network, family: Family, taken: ReadonlySet<string>, ip: string): string => {
	const address = parseAddress(ip);
	if (address?.family !== family) throw invalidIp(ip, network, `not an IPv${family} address`);
	const subnets = subnetsOf(network, family);
	const found = subnets.find(({subnet}) => isHostAddress(subnet, address));
	if (!found)
		throw invalidIp(ip, network, subnets.length === 0 ? `the network has no IPv${family}` : `it is no host address of ${subnets.map(({pool}) => pool.subnet).join(', ')}`);
	const text = formatAddress(address);
	if (text === found.pool.gateway) throw invalidIp(ip, network, 'it is the gateway');
	if (taken.has(text))
		throw new EngineError({
			code: 'network.address-in-use',
			subject: ip,
			message: `address ${ip} on network ${network.name} is already in use`,
			hint: 'choose another, or leave it out',
		});
	return text;
};

const nextAddress = (network: Network, family: Family, taken: ReadonlySet<string>): string => {
	for (const {pool, subnet} of subnetsOf(network, family)) {
		const range = pool.range === undefined ? subnet : (parseSubnet(pool.range) ?? subnet);
		for (let value = range.base; value <= lastAddress(range); value++) {
			const address = {family, value};
			const text = formatAddress(address);
			if (isHostAddress(subnet, address) && !isReserved(pool, text) && !taken.has(text)) return text;
		}
	}
	const subnets = subnetsOf(network, family).map(({pool}) => pool.range ?? pool.subnet);
	throw new EngineError({
		code: 'network.pool-exhausted',
		subject: network.name,
		message: `no available address in ${subnets.join(', ')} of network ${network.name}`,
		hint: 'remove containers, or make a network with a larger subnet',
	});
};

export const checkMac = (mac: string): string => {
	const text = mac.toLowerCase().replaceAll('-', ':');
	/* The lowest bit of the first byte marks a group of stations, which cannot be an interface's own address. */
	if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) || (Number.parseInt(text.slice(0, 2), 16) & 1) === 1)
		throw new EngineError({code: 'network.invalid-mac', subject: mac, message: `${mac} is not a valid mac address`});
	return text;
};

/** By the address of IPv4, or without one by lot. */
const chooseMac = (address: string | null): string => {
	const parsed = address === null ? undefined : parseAddress(address);
	return macOf(parsed ?? {family: 4, value: BigInt(`0x${randomHex(4)}`)});
};

const lease = (network: Network, family: Family, taken: ReadonlySet<string>, ip: string | undefined): string | null => {
	if (ip !== undefined) return fixedAddress(network, family, taken, ip);
	return poolOf(network, family) === undefined ? null : nextAddress(network, family, taken);
};

const isLeased = (network: Network, {address, address6, wish}: Endpoint): boolean =>
	(poolOf(network, 4) === undefined || address !== null) && (poolOf(network, 6) === undefined || address6 !== null) && (wish.ip === undefined || wish.ip === address);

/** Addresses of a link alone, beside those that are leased. */
const checkLinkLocal = (network: Network, addresses: readonly string[] = []): void => {
	const ranges = ['169.254.0.0/16', 'fe80::/10'].map(text => parseSubnet(text));
	for (const text of addresses) {
		const address = parseAddress(text);
		if (!address || !ranges.some(range => range && contains(range, address))) throw invalidIp(text, network, 'it is not an address of a link (169.254.0.0/16, fe80::/10)');
	}
};

/** `eth0`, or as the network or the endpoint would have it: the first that is free. */
export const interfaceName = (network: Network, wish: EndpointWish | undefined, taken: readonly string[]): string => {
	const asked = wish?.options?.['com.docker.network.endpoint.ifname'];
	if (asked !== undefined) return asked;
	const prefix = option(network, 'container_iface_prefix') ?? 'eth';
	for (let number = 0; ; number++) if (!taken.includes(`${prefix}${number}`)) return `${prefix}${number}`;
};

/** Leases addresses on `network` to a container, or returns the lease that it has. Not for host and none, which have nothing to lease. */
export const allocateEndpoint = (store: NetworkStore, containerId: string, network: Network, wish?: EndpointWish): Endpoint =>
	store.transaction(() => {
		const mine = store.endpointsOfContainer(containerId).find(endpoint => endpoint.networkId === network.id);
		if (mine && isLeased(network, mine)) return mine;
		if (network.pools.length === 0) throw new EngineError({code: 'network.invalid-address', subject: network.name, message: `network ${network.name} has no addresses of its own`});
		const {ip, ip6, mac, linkLocal} = wish ?? mine?.wish ?? {};
		checkLinkLocal(network, linkLocal);
		const others = store.endpointsOfContainer(containerId).filter(({networkId}) => networkId !== network.id);
		const taken = store.addresses(network.id);
		const address = lease(network, 4, taken, ip);
		const endpoint: Endpoint = {
			id: mine?.id ?? randomHex(32),
			networkId: network.id,
			containerId,
			address,
			address6: lease(network, 6, taken, ip6),
			mac: mac === undefined ? chooseMac(address) : checkMac(mac),
			interface:
				mine?.interface ??
				interfaceName(
					network,
					wish,
					others.map(other => other.interface),
				),
			wish: wish ?? mine?.wish ?? {},
		};
		store.putEndpoint(endpoint);
		return endpoint;
	});

/** Gives back the addresses that a container was not asked to have, and stays on its networks. */
export const releaseAddresses = (store: NetworkStore, containerId: string): void =>
	store.transaction(() => {
		for (const endpoint of store.endpointsOfContainer(containerId))
			store.putEndpoint({...endpoint, ...(endpoint.wish.ip === undefined && {address: null}), ...(endpoint.wish.ip6 === undefined && {address6: null})});
	});

/** Gives back every address and host port of a container. */
export const releaseEndpoints = (store: NetworkStore, containerId: string): void =>
	store.transaction(() => {
		store.deleteEndpoints(containerId);
		store.deletePorts(containerId);
	});
