import {readFileSync} from 'node:fs';
import {randomHex} from '../platform/random.ts';
import {networkInterfaces} from 'node:os';
import {type Address, contains, overlaps, parseAddress, parseSubnet, type Subnet} from './address.ts';

const block = (text: string): Subnet => {
	const subnet = parseSubnet(text);
	if (!subnet) throw new Error(`no subnet: ${text}`);
	return subnet;
};

/** Docker's own pool, in its order. */
const pool: readonly Subnet[] = [
	...Array.from({length: 15}, (_, index) => block(`172.${17 + index}.0.0/16`)),
	...Array.from({length: 16}, (_, index) => block(`192.168.${index * 16}.0/20`)),
];

/** A field of /proc/net/route: the bytes of the address in the order of this machine's memory (little endian). */
const parseRouteField = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE();

const parseRoute = (line: string): Subnet | undefined => {
	const fields = line.split('\t');
	const [destination, mask] = [fields[1], fields[7]];
	if (destination === undefined || mask === undefined || !/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return undefined;
	const bits = parseRouteField(mask);
	/* The default route covers everything and says nothing about what is in use. */
	return bits === 0 ? undefined : {family: 4, base: BigInt(parseRouteField(destination)), prefix: 32 - Math.log2(2 ** 32 - bits)};
};

/** Every range of both families that the host has an address in, and of IPv4 those that it has a route to. */
export const hostSubnets = (): Subnet[] => {
	const routes = readFileSync('/proc/net/route', 'latin1').split('\n').slice(1).map(parseRoute);
	const own = Object.values(networkInterfaces())
		.flatMap(list => list ?? [])
		.map(({cidr}) => (cidr === null ? undefined : parseSubnet(cidr)));
	return [...routes, ...own].filter(subnet => subnet !== undefined);
};

/** Addresses of the resolvers, which an address pool must not swallow. */
export const resolverAddresses = (resolvConf: string): Address[] =>
	[...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(match => parseAddress(match[1] ?? '')).filter(address => address !== undefined);

/** The first subnet of the pool that touches nothing in use, or undefined when there is none left. */
export const chooseSubnet = (taken: readonly Subnet[], addresses: readonly Address[] = []): Subnet | undefined =>
	pool.find(subnet => !taken.some(other => overlaps(subnet, other)) && !addresses.some(address => contains(subnet, address)));

/** A subnet of its own (RFC 4193), drawn by lot. */
export const chooseSubnet6 = (taken: readonly Subnet[]): Subnet => {
	for (;;) {
		const subnet: Subnet = {family: 6, base: BigInt(`0xfd${randomHex(7)}`) << 64n, prefix: 64};
		if (!taken.some(other => overlaps(subnet, other))) return subnet;
	}
};
