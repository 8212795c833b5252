import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {formatAddress, parseAddress} from './address.ts';
import type {PortProtocol} from './model.ts';

/** A socket of this network namespace that would get a published port's packets. */
type Socket = {readonly protocol: PortProtocol; readonly address: string; readonly port: number; readonly inode: string};

type Want = {readonly protocol: PortProtocol; readonly hostIp: string; readonly hostPort: number};

export type BusyPorts = {has(want: Want): boolean};

/** The word of four bytes `0100007F` is 127.0.0.1: as this machine (little endian) keeps it. */
const parseWord = (hex: string): string => Buffer.from(hex, 'hex').reverse().toString('hex');

/** A mapped IPv4 address is one of IPv4; `::` serves both families. */
const parseHexAddress = (hex: string): string => {
	const value = BigInt(`0x${(hex.match(/.{8}/g) ?? []).map(parseWord).join('')}`);
	const isMapped = hex.length === 32 && value >> 32n === 0xffffn;
	return formatAddress(hex.length === 8 || isMapped ? {family: 4, value: value & 0xffffffffn} : {family: 6, value});
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
		if (hexAddress === undefined || !/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(hexAddress) || hexPort === undefined || inode === undefined || state !== listening[protocol]) return [];
		return [{protocol, address: parseHexAddress(hexAddress), port: Number.parseInt(hexPort, 16), inode}];
	});

const isSix = (address: string): boolean => address.includes(':');

/** Whether packets for `wanted` would reach a socket bound to `bound`, or some of them. */
const meetsAddress = (bound: string, wanted: string): boolean =>
	bound === wanted || bound === '::' || (isSix(bound) === isSix(wanted) && (bound === '0.0.0.0' || wanted === '0.0.0.0' || wanted === '::'));

const meets = (socket: Socket, want: Want): boolean => socket.protocol === want.protocol && socket.port === want.hostPort && meetsAddress(socket.address, want.hostIp);

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
