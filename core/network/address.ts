/** Addresses of both families as whole numbers. */

export type Family = 4 | 6;
export type Address = {readonly family: Family; readonly value: bigint};
export type Subnet = {readonly family: Family; readonly base: bigint; readonly prefix: number};

/** Dotted decimal without leading zeros. */
const parse4 = (text: string): bigint | undefined => {
	const parts = text.split('.');
	if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
	return BigInt(parts.reduce((sum, part) => sum * 256 + Number(part), 0));
};

/** Groups of hex digits; `::` once, for as many groups of zeros as are missing. */
const parse6 = (text: string): bigint | undefined => {
	const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
	const low = mapped ? parse4(mapped[2] ?? '') : undefined;
	if (mapped && low === undefined) return undefined;
	const whole = mapped && low !== undefined ? `${mapped[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}` : text;
	const halves = whole.split('::');
	if (halves.length > 2) return undefined;
	const [head = [], tail = []] = halves.map(half => (half === '' ? [] : half.split(':')));
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
	const groups = [...head, ...Array.from({length: missing}, () => '0'), ...tail];
	if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
	return BigInt(`0x${groups.map(group => group.padStart(4, '0')).join('')}`);
};

export const parseAddress = (text: string): Address | undefined => {
	const family = text.includes(':') ? 6 : 4;
	const value = family === 6 ? parse6(text) : parse4(text);
	return value === undefined ? undefined : {family, value};
};

const format4 = (value: bigint): string => [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 255n)).join('.');

/** RFC 5952: lower case, the longest run of two zero groups or more as `::`. */
const format6 = (value: bigint): string => {
	const groups = Array.from({length: 8}, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
	const [longest] = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
	if (longest === undefined) return groups.join(':');
	const text = groups.join(':');
	return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
};

export const formatAddress = ({family, value}: Address): string => (family === 4 ? format4(value) : format6(value));

const bits = (family: Family): number => (family === 4 ? 32 : 128);

export const sizeOf = ({family, prefix}: Subnet): bigint => 1n << BigInt(bits(family) - prefix);

/** `172.20.0.0/16`, `fd00:1::/64`; bits beyond the prefix are dropped. */
export const parseSubnet = (text: string): Subnet | undefined => {
	const [address, length, ...rest] = text.split('/');
	if (address === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
	const parsed = parseAddress(address);
	const prefix = Number(length);
	if (parsed === undefined || prefix > bits(parsed.family)) return undefined;
	const {family, value} = parsed;
	return {family, base: value - (value % sizeOf({family, base: 0n, prefix})), prefix};
};

export const formatSubnet = ({family, base, prefix}: Subnet): string => `${formatAddress({family, value: base})}/${prefix}`;

export const lastAddress = (subnet: Subnet): bigint => subnet.base + sizeOf(subnet) - 1n;

export const contains = (subnet: Subnet, {family, value}: Address): boolean => family === subnet.family && value >= subnet.base && value <= lastAddress(subnet);

export const overlaps = (a: Subnet, b: Subnet): boolean => a.family === b.family && a.base <= lastAddress(b) && b.base <= lastAddress(a);

/** One that an interface can have: not the subnet's own, nor its broadcast. */
export const isHostAddress = (subnet: Subnet, address: Address): boolean =>
	contains(subnet, address) && address.value !== subnet.base && (subnet.family === 6 || address.value !== lastAddress(subnet));

/** Docker's rule, so that an address that is leased again keeps its MAC and no neighbour's table goes stale. */
export const macOf = ({value}: Address): string => `02:42:${[24n, 16n, 8n, 0n].map(shift => ((value >> shift) & 255n).toString(16).padStart(2, '0')).join(':')}`;
