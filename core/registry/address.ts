import {BlockList, isIP, isIPv6} from 'node:net';

const blocks: ReadonlyArray<readonly [string, number]> = [
	['0.0.0.0', 8],
	['10.0.0.0', 8],
	['100.64.0.0', 10],
	['127.0.0.0', 8],
	['169.254.0.0', 16],
	['172.16.0.0', 12],
	['192.0.0.0', 24],
	['192.168.0.0', 16],
	['198.18.0.0', 15],
	['224.0.0.0', 3],
	['::', 127],
	['64:ff9b:1::', 48],
	['fc00::', 7],
	['fe80::', 10],
	['ff00::', 8],
];

let list: BlockList | undefined;

function privateBlocks(): BlockList {
	if (list) return list;
	list = new BlockList();
	for (const [net, prefix] of blocks) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
	return list;
}

/** Loopback, link-local, private, shared and reserved addresses, and IPv6 forms that wrap one of IPv4. */
export function isPrivateAddress(address: string): boolean {
	const kind = isIP(address);
	if (kind === 0) return false;
	if (kind === 4) return privateBlocks().check(address, 'ipv4');
	const inner = embeddedIPv4(address);
	return privateBlocks().check(address, 'ipv6') || (inner !== undefined && privateBlocks().check(inner, 'ipv4'));
}

/** The IPv4 address inside `::ffff:a.b.c.d`, NAT64's `64:ff9b::` and 6to4's `2002:`, in the form that URL gives them. */
function embeddedIPv4(address: string): string | undefined {
	const groups = expand(address);
	if (!groups) return undefined;
	const isMapped = groups.slice(0, 5).every(group => group === 0) && (groups[5] === 0xffff || groups[5] === 0);
	const isNat64 = groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every(group => group === 0);
	if (isMapped || isNat64) return dotted(groups[6] ?? 0, groups[7] ?? 0);
	return groups[0] === 0x2002 ? dotted(groups[1] ?? 0, groups[2] ?? 0) : undefined;
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;

function expand(address: string): number[] | undefined {
	// URL writes every IPv6 address as hexadecimal groups, whatever form it had.
	const host = URL.parse(`http://[${address.split('%', 1)[0]}]`)?.hostname.slice(1, -1);
	if (host === undefined) return undefined;
	const [head = '', tail] = host.split('::');
	const left = head === '' ? [] : head.split(':');
	const right = tail === undefined || tail === '' ? [] : tail.split(':');
	const middle = Array<string>(8 - left.length - right.length).fill('0');
	return [...left, ...middle, ...right].map(group => Number.parseInt(group, 16));
}

/** What Docker takes as insecure by itself: 127.0.0.0/8, ::1 and localhost. */
export function isLoopbackHost(host: string): boolean {
	const name = host.replace(/^\[|\]$/g, '');
	return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
