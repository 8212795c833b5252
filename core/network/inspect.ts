import {parseSubnet} from './address.ts';
import type {Endpoint, Network, PortLease} from './model.ts';

const dockerDriver = ({driver}: Network): string => (driver === 'none' ? 'null' : driver);

const prefixLength = (network: Network): number => (network.subnet === null ? 0 : (parseSubnet(network.subnet)?.prefix ?? 0));

/** A line of `network ls`, and the JSON of `network inspect`. `nameOf` gives a container's name. */
export const inspectNetwork = (network: Network, endpoints: readonly Endpoint[], nameOf: (containerId: string) => string) => ({
	Name: network.name,
	Id: network.id,
	Created: network.created,
	Scope: 'local',
	Driver: dockerDriver(network),
	EnableIPv6: false,
	IPAM: {
		Driver: 'default',
		Options: null,
		Config: network.subnet === null ? [] : [{Subnet: network.subnet, Gateway: network.gateway}],
	},
	Internal: network.internal,
	Attachable: false,
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
				IPv4Address: `${endpoint.address}/${prefixLength(network)}`,
				IPv6Address: '',
			},
		]),
	),
	Options: network.options,
	Labels: network.labels,
});

/** `Networks` of a container's NetworkSettings; without an endpoint it is a container that does not run. */
export const inspectEndpoint = (network: Network, endpoint: Endpoint | undefined) => ({
	IPAMConfig: null,
	Links: null,
	Aliases: endpoint && endpoint.aliases.length > 0 ? endpoint.aliases : null,
	NetworkID: network.id,
	EndpointID: endpoint?.id ?? '',
	Gateway: endpoint ? (network.gateway ?? '') : '',
	IPAddress: endpoint?.address ?? '',
	IPPrefixLen: endpoint ? prefixLength(network) : 0,
	IPv6Gateway: '',
	GlobalIPv6Address: '',
	GlobalIPv6PrefixLen: 0,
	MacAddress: endpoint?.mac ?? '',
	DriverOpts: null,
});

/** `Ports` of NetworkSettings: exposed ports are there with null. */
export const inspectPorts = (leases: readonly PortLease[], exposed: readonly string[]) => {
	const ports: Record<string, Array<{HostIp: string; HostPort: string}> | null> = Object.fromEntries(exposed.map(port => [port, null]));
	for (const {protocol, containerPort, hostIp, hostPort} of leases) (ports[`${containerPort}/${protocol}`] ??= []).push({HostIp: hostIp, HostPort: String(hostPort)});
	return ports;
};
