import {randomBytes} from 'node:crypto';
import {EngineError} from '../errors/error.ts';
import {contains, formatAddress, lastAddress, macOf, parseAddress, parseSubnet, type Subnet} from './address.ts';
import type {Endpoint, Network, NetworkStore} from './model.ts';

export type EndpointRequest = {readonly ip?: string | undefined; readonly mac?: string | undefined; readonly aliases?: readonly string[] | undefined};

const invalidIp = (ip: string, network: Network, why: string): EngineError =>
	new EngineError({code: 'network.invalid-address', subject: ip, message: `invalid address ${ip} on network ${network.name}: ${why}`});

const fixedAddress = (network: Network, subnet: Subnet, taken: ReadonlySet<string>, ip: string): number => {
	const address = parseAddress(ip);
	if (address === undefined) throw invalidIp(ip, network, 'not an IPv4 address');
	if (!contains(subnet, address) || address === subnet.base || address === lastAddress(subnet)) throw invalidIp(ip, network, `it is no host address of ${network.subnet}`);
	if (ip === network.gateway) throw invalidIp(ip, network, 'it is the gateway');
	if (taken.has(ip))
		throw new EngineError({
			code: 'network.address-in-use',
			subject: ip,
			message: `address ${ip} on network ${network.name} is already in use`,
			hint: 'choose another with --ip, or leave it out',
		});
	return address;
};

const nextAddress = (network: Network, subnet: Subnet, taken: ReadonlySet<string>): number => {
	for (let address = subnet.base + 1; address < lastAddress(subnet); address++) {
		const text = formatAddress(address);
		if (text !== network.gateway && !taken.has(text)) return address;
	}
	throw new EngineError({
		code: 'network.pool-exhausted',
		subject: network.name,
		message: `no available address in ${network.subnet} of network ${network.name}`,
		hint: 'remove containers, or make a network with a larger subnet',
	});
};

const checkMac = (mac: string): string => {
	const text = mac.toLowerCase().replaceAll('-', ':');
	/* The lowest bit of the first byte marks a group of stations, which cannot be an interface's own address. */
	if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) || (Number.parseInt(text.slice(0, 2), 16) & 1) === 1)
		throw new EngineError({code: 'network.invalid-mac', subject: mac, message: `${mac} is not a valid mac address`});
	return text;
};

/**
 * Leases an address on `network` to a container, or returns the lease that it has. Bridge networks only: host and none
 * have nothing to lease.
 */
export const allocateEndpoint = (store: NetworkStore, containerId: string, network: Network, request: EndpointRequest = {}): Endpoint =>
	store.transaction(() => {
		const mine = store.endpointsOfContainer(containerId).find(endpoint => endpoint.networkId === network.id);
		if (mine && (request.ip === undefined || request.ip === mine.address)) return mine;
		const subnet = network.subnet === null ? undefined : parseSubnet(network.subnet);
		if (!subnet) throw new EngineError({code: 'network.invalid-address', subject: network.name, message: `network ${network.name} has no addresses of its own`});
		const taken = store.addresses(network.id);
		const address = request.ip === undefined ? nextAddress(network, subnet, taken) : fixedAddress(network, subnet, taken, request.ip);
		const endpoint: Endpoint = {
			id: randomBytes(32).toString('hex'),
			networkId: network.id,
			containerId,
			address: formatAddress(address),
			mac: request.mac === undefined ? macOf(address) : checkMac(request.mac),
			aliases: request.aliases ?? [],
		};
		store.insertEndpoint(endpoint);
		return endpoint;
	});

/** Gives back every address and host port of a container. */
export const releaseEndpoints = (store: NetworkStore, containerId: string): void =>
	store.transaction(() => {
		store.deleteEndpoints(containerId);
		store.deletePorts(containerId);
	});
