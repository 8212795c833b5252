/** IPv4 arithmetic on unsigned 32-bit numbers. */

export type Subnet = {readonly base: number; readonly prefix: number};

/** Dotted decimal without leading zeros, or undefined. */
export const parseAddress = (text: string): number | undefined => {
	const parts = text.split('.');
	if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
	return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
};

export const formatAddress = (address: number): string => `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

const sizeOf = (prefix: number): number => 2 ** (32 - prefix);

/** The first address of the block of `prefix` that holds `address`. */
const baseOf = (address: number, prefix: number): number => address - (address % sizeOf(prefix));

/** `172.20.0.0/16`; bits beyond the prefix are dropped. */
export const parseSubnet = (text: string): Subnet | undefined => {
	const [address, prefix, ...rest] = text.split('/');
	if (address === undefined || prefix === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined;
	const number = parseAddress(address);
	return number === undefined ? undefined : {base: baseOf(number, Number(prefix)), prefix: Number(prefix)};
};

export const formatSubnet = ({base, prefix}: Subnet): string => `${formatAddress(base)}/${prefix}`;

export const lastAddress = ({base, prefix}: Subnet): number => base + sizeOf(prefix) - 1;

export const contains = (subnet: Subnet, address: number): boolean => address >= subnet.base && address <= lastAddress(subnet);

export const overlaps = (a: Subnet, b: Subnet): boolean => a.base <= lastAddress(b) && b.base <= lastAddress(a);

/** Docker's rule, so that an address that is leased again keeps its MAC and no neighbour's table goes stale. */
export const macOf = (address: number): string => `02:42:${[24, 16, 8, 0].map(shift => ((address >>> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;
