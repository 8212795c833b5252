import {poolOf, poolWith, prefixOf} from './ipam.ts';
import type {Endpoint, Network, Pool, PortLease} from './model.ts';
import {hasNames, isPredefined} from './network.ts';

/** As Docker names it. */
export const dockerDriver = ({driver}: Network): string => (driver === 'none' ? 'null' : driver);

const prefixLength = (network: Network, address: string | null): number => (address === null ? 0 : Number(prefixOf(poolWith(network, address)?.subnet ?? '/0')));

const withPrefix = (network: Network, address: string | null): string => (address === null ? '' : `${address}/${prefixLength(network, address)}`);

const gatewayOf = (network: Network, address: string | null): string => (address === null || network.internal ? '' : (poolWith(network, address)?.gateway ?? ''));

const inspectPool = ({subnet, gateway, range, aux}: Pool) => ({
	Subnet: subnet,
	...(range !== undefined && {IPRange: range}),
	...(gateway !== null && {Gateway: gateway}),
	...(aux !== undefined && {AuxiliaryAddresses: aux}),
});

/** A line of `network ls`, and the JSON of `network inspect`; `endpoints` are those of containers that run. `nameOf` gives a container's name. */
export const inspectNetwork = (network: Network, endpoints: readonly Endpoint[], nameOf: (containerId: string) => string) => ({
	Name: network.name,
	Id: network.id,
	Created: network.created,
	Scope: 'local',
	Driver: dockerDriver(network),
	EnableIPv4: network.pools.length === 0 || poolOf(network, 4) !== undefined,
	EnableIPv6: poolOf(network, 6) !== undefined,
	IPAM: {
		Driver: 'default',
		Options: isPredefined(network.name) ? null : {},
		Config: network.pools.length === 0 ? null : network.pools.map(inspectPool),
	},
	Internal: network.internal,
	Attachable: network.attachable,
	Ingress: false,
	ConfigFrom: {Network: ''},
	ConfigOnly: false,
	Containers: Object.fromEntries(
		endpoints.map(endpoint => [
			endpoint.containerId,
			{
				Name: nameOf(endpoint.containerId),
				EndpointID: endpoint.id,
				MacAddress: endpoint.mac,
				IPv4Address: withPrefix(network, endpoint.address),
				IPv6Address: withPrefix(network, endpoint.address6),
			},
		]),
	),
	Options: network.options,
	Labels: network.labels,
});

const asked = ({wish}: Endpoint): Record<string, unknown> | null => {
	const config = {
		...(wish.ip !== undefined && {IPv4Address: wish.ip}),
		...(wish.ip6 !== undefined && {IPv6Address: wish.ip6}),
		...(wish.linkLocal !== undefined && wish.linkLocal.length > 0 && {LinkLocalIPs: wish.linkLocal}),
	};
	return Object.keys(config).length === 0 ? null : config;
};

const orNull = <T>(list: readonly T[] = []): readonly T[] | null => (list.length === 0 ? null : list);

/** `dnsNames`: under which the container is known there. `isActive`: it runs; else only what was asked for is told. */
export const inspectEndpoint = (network: Network, endpoint: Endpoint | undefined, {isActive = true, dnsNames = [], links = []}: EndpointView = {}) => {
	const address = isActive ? (endpoint?.address ?? null) : null;
	const address6 = isActive ? (endpoint?.address6 ?? null) : null;
	const options = endpoint?.wish.options ?? {};
	return {
		IPAMConfig: endpoint ? asked(endpoint) : null,
		Links: orNull(links),
		Aliases: orNull(endpoint?.wish.aliases),
		MacAddress: isActive ? (endpoint?.mac ?? '') : (endpoint?.wish.mac ?? ''),
		DriverOpts: Object.keys(options).length === 0 ? null : options,
		GwPriority: endpoint?.wish.priority ?? 0,
		NetworkID: network.id,
		EndpointID: isActive ? (endpoint?.id ?? '') : '',
		Gateway: gatewayOf(network, address),
		IPAddress: address ?? '',
		IPPrefixLen: prefixLength(network, address),
		IPv6Gateway: gatewayOf(network, address6),
		GlobalIPv6Address: address6 ?? '',
		GlobalIPv6PrefixLen: prefixLength(network, address6),
		DNSNames: endpoint && hasNames(network) ? orNull(dnsNames) : null,
	};
};

export type EndpointView = {readonly isActive?: boolean; readonly dnsNames?: readonly string[]; readonly links?: readonly string[]};

/** `Ports` of NetworkSettings: exposed ports are there with null. */
export const inspectPorts = (leases: readonly PortLease[], exposed: readonly string[]) => {
	const ports: Record<string, Array<{HostIp: string; HostPort: string}> | null> = Object.fromEntries(exposed.map(port => [port, null]));
	for (const {protocol, containerPort, hostIp, hostPort} of leases) (ports[`${containerPort}/${protocol}`] ??= []).push({HostIp: hostIp, HostPort: String(hostPort)});
	return ports;
};
