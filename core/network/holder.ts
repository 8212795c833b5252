import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {parseAddress} from './address.ts';
import type {PortProtocol} from './model.ts';

/** A socket of this network namespace that would get a published port's packets. */
type Socket = {readonly protocol: PortProtocol; readonly address: string; readonly port: number; readonly inode: string};

type Want = {readonly protocol: PortProtocol; readonly hostIp: string; readonly hostPort: number};

export type BusyPorts = {has(want: Want): boolean};

const any = '0.0.0.0';

/** `0100007F` is 127.0.0.1: four bytes as this machine (little endian) keeps them. */
const parseHex4 = (hex: string): string => [...Buffer.from(hex, 'hex')].toReversed().join('.');

/** IPv6 sockets count where they also serve IPv4: on the unspecified and on IPv4-mapped addresses. */
const parseHexAddress = (hex: string): string | undefined => {
	if (hex.length === 8) return parseHex4(hex);
	if (/^0{32}$/.test(hex)) return any;
	return hex.startsWith('0000000000000000FFFF0000') ? parseHex4(hex.slice(24)) : undefined;
};

const listening: Readonly<Record<string, string>> = {tcp: '0A', udp: '07'};

const readTable = (file: string): string[] => {
	try {
		return readFileSync(file, 'latin1').split('\n').slice(1);
	} catch {
		return []; // No IPv6 on this host.
	}
};

const readSockets = (protocol: 'tcp' | 'udp'): Socket[] =>
	[`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap(readTable).flatMap(line => {
		const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
		const [hexAddress, hexPort] = (local ?? '').split(':');
		const address = parseHexAddress(hexAddress ?? '');
		if (address === undefined || hexPort === undefined || inode === undefined || state !== listening[protocol]) return [];
		return [{protocol, address, port: Number.parseInt(hexPort, 16), inode}];
	});

const meets = (socket: Socket, want: Want): boolean =>
	socket.protocol === want.protocol && socket.port === want.hostPort && (socket.address === want.hostIp || socket.address === any || want.hostIp === any);

/** The host's listening sockets, read once. SCTP has no such table; the native helper finds its conflicts by binding. */
export const busyPorts = (): BusyPorts => {
	const byPort = Map.groupBy([...readSockets('tcp'), ...readSockets('udp')], socket => socket.port);
	return {has: want => (byPort.get(want.hostPort) ?? []).some(socket => meets(socket, want))};
};

const holdsInode = (pid: string, inode: string): boolean => {
	try {
		return readdirSync(`/proc/${pid}/fd`).some(fd => {
			try {
				return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
			} catch {
				return false; // Closed since it was listed.
			}
		});
	} catch {
		return false; // The process has ended.
	}
};

const commandOf = (pid: string): string => {
	try {
		return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
	} catch {
		return 'a process';
	}
};

/** `by nginx (pid 123)`, or '' when nobody is seen holding it. */
export const describeHolder = (want: Want): string => {
	const socket = want.protocol === 'sctp' || parseAddress(want.hostIp) === undefined ? undefined : readSockets(want.protocol).find(candidate => meets(candidate, want));
	if (!socket) return '';
	const pid = readdirSync('/proc')
		.filter(name => /^\d+$/.test(name))
		.find(name => holdsInode(name, socket.inode));
	return pid === undefined ? 'by a process of the host' : `by ${commandOf(pid)} (pid ${pid})`;
};
