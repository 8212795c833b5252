import {randomInt} from '../platform/random.ts';
import {readFileSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {formatAddress, parseAddress} from './address.ts';
import {busyPorts, describeHolder, type BusyPorts} from './holder.ts';
import type {NetworkStore, PortLease, PortProtocol, PublishSpec} from './model.ts';
import {parseExpose} from './publish.ts';

/** Every address of a family. */
const anyAddress = {4: '0.0.0.0', 6: '::'} as const;

const isSix = (address: string): boolean => address.includes(':');

/** Ports below 1024 and those of well-known services stay out of what is handed out at random. */
const ephemeralRange = (): {first: number; last: number} => {
	const [first = 32768, last = 60999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').trim().split(/\s+/).map(Number);
	return {first, last};
};

type Want = {readonly protocol: PortProtocol; readonly hostIp: string; readonly hostPort: number};

const clashes = (lease: PortLease, want: Want): boolean =>
	lease.protocol === want.protocol &&
	lease.hostPort === want.hostPort &&
	isSix(lease.hostIp) === isSix(want.hostIp) &&
	(lease.hostIp === want.hostIp || [lease.hostIp, want.hostIp].some(ip => ip === anyAddress[4] || ip === anyAddress[6]));

type Search = {readonly leases: readonly PortLease[]; readonly busy: BusyPorts};

const isFree = ({leases, busy}: Search, want: Want): boolean => !leases.some(lease => clashes(lease, want)) && !busy.has(want);

/** One that is free on each of the addresses. */
const findPort = ({leases, busy}: Search, spec: PublishSpec, hostIps: readonly string[]): number | undefined => {
	const isOpen = (hostPort: number): boolean => hostIps.every(hostIp => isFree({leases, busy}, {protocol: spec.protocol, hostIp, hostPort}));
	if (spec.hostPort !== 0) {
		for (let port = spec.hostPort; port <= (spec.hostPortEnd ?? spec.hostPort); port++) if (isOpen(port)) return port;
		return undefined;
	}
	const {first, last} = ephemeralRange();
	const count = last - first + 1;
	const start = randomInt(count);
	for (let step = 0; step < count; step++) {
		const port = first + ((start + step) % count);
		if (isOpen(port)) return port;
	}
	return undefined;
};

const taken = (search: Search, spec: PublishSpec, hostIps: readonly string[], nameOf: (containerId: string) => string): EngineError => {
	const wants = hostIps.map((hostIp): Want => ({protocol: spec.protocol, hostIp, hostPort: spec.hostPort}));
	const want = wants.find(one => !isFree(search, one)) ?? wants[0];
	if (want === undefined) throw new Error('no address to publish on');
	const subject = `${isSix(want.hostIp) ? `[${want.hostIp}]` : want.hostIp}:${spec.hostPortEnd === undefined ? spec.hostPort : `${spec.hostPort}-${spec.hostPortEnd}`}/${spec.protocol}`;
	if (spec.hostPort === 0) return new EngineError({code: 'network.port-in-use', subject, message: `no free host port is left for ${spec.containerPort}/${spec.protocol}`});
	const lease = search.leases.find(other => clashes(other, want));
	const holder = lease ? `by container ${nameOf(lease.containerId)}` : describeHolder(want);
	return new EngineError({
		code: 'network.port-in-use',
		subject,
		message: `Bind for ${subject} failed: port is already allocated${holder === '' ? '' : ` ${holder}`}`,
		hint: lease ? 'publish on another host port, or stop that container' : 'publish on another host port, or stop that process',
	});
};

const noIpv6 = (hostIp: string, why: string): EngineError =>
	new EngineError({code: 'network.no-ipv6', subject: hostIp, message: `cannot publish on ${hostIp}: ${why}`, hint: 'publish on an IPv4 address of the host'});

/** Where a container can be reached, and on what address it is published where none is said. */
export type Reach = {readonly ipv4: boolean; readonly ipv6: boolean; readonly hostIp?: string | undefined; readonly routed?: ReadonlyArray<4 | 6>};

const askedAddresses = ({hostIp}: PublishSpec, reach: Reach): string[] => {
	if (hostIp === '') return [...(reach.ipv4 ? [reach.hostIp ?? anyAddress[4]] : []), ...(reach.ipv6 ? [anyAddress[6]] : [])];
	if (!isSix(hostIp)) return [hostIp];
	if (!reach.ipv6) throw noIpv6(hostIp, 'the network has no IPv6');
	const address = parseAddress(hostIp);
	/* The kernel routes 127.0.0.0/8 elsewhere where it is told to, but never ::1. */
	if (address?.value === 1n) throw noIpv6(hostIp, 'what is sent to ::1 cannot leave the host');
	return [address === undefined ? hostIp : formatAddress(address)];
};

/** Where containers are reached at their own addresses, none of the host's leads to them. */
const hostAddresses = (spec: PublishSpec, reach: Reach): string[] => askedAddresses(spec, reach).filter(ip => !reach.routed?.includes(isSix(ip) ? 6 : 4));

/** What `-P` adds: each exposed port that no `-p` names, on any free host port. */
export const publishAll = (exposed: readonly string[], specs: readonly PublishSpec[]): PublishSpec[] => {
	const wanted = exposed.flatMap(text => parseExpose(text));
	const missing = wanted.filter(({protocol, port}) => !specs.some(spec => spec.protocol === protocol && spec.containerPort === port));
	return [...specs, ...missing.map(({protocol, port}) => ({protocol, hostIp: '', hostPort: 0, containerPort: port}))];
};

/**
 * Leases a host port for each spec: all of them or none. A port is free when no container has leased it and no process of
 * the host listens on it. `nameOf` gives the name of the container that an error speaks of.
 */
export const resolveHostPorts = (
	store: NetworkStore,
	containerId: string,
	specs: readonly PublishSpec[],
	nameOf: (containerId: string) => string,
	reach: Reach = {ipv4: true, ipv6: false},
): PortLease[] => {
	if (specs.length === 0) return [];
	const busy = busyPorts();
	return store.transaction(() => {
		store.deletePorts(containerId);
		const leases = store.ports();
		const mine: PortLease[] = [];
		/* Fixed ports first: a random choice must not take what another spec names. */
		for (const spec of [...specs].sort((a, b) => Number(a.hostPort === 0) - Number(b.hostPort === 0))) {
			const hostIps = hostAddresses(spec, reach);
			const search = {leases, busy};
			const hostPort = findPort(search, spec, hostIps);
			if (hostPort === undefined) throw taken(search, spec, hostIps, nameOf);
			for (const hostIp of hostIps) {
				const lease: PortLease = {containerId, protocol: spec.protocol, hostIp, hostPort, containerPort: spec.containerPort};
				store.insertPort(lease);
				leases.push(lease);
				mine.push(lease);
			}
		}
		return mine;
	});
};
