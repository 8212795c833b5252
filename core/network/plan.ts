import type {Endpoint, Network, PortLease} from './model.ts';
import {hostInterfaceName, tableName} from './names.ts';

export type NetPlanInput = {
	readonly storeName: string;
	readonly containerId: string;
	/** In the order of the container's interfaces: the first has the default route. */
	readonly endpoints: ReadonlyArray<{readonly network: Network; readonly endpoint: Endpoint}>;
	readonly ports: readonly PortLease[];
};

const defaultMtu = '1500';

const mtuOf = (network: Network): string => network.options['com.docker.network.driver.mtu'] ?? defaultMtu;

const prefixOf = (network: Network): string => (network.subnet ?? '').split('/')[1] ?? '';

const bridgeLine = (network: Network): string => `bridge ${network.bridge} ${network.gateway}/${prefixOf(network)} ${mtuOf(network)} ${network.internal ? 'internal' : 'nat'}\n`;

/** The plan that `hawser-net bridge`, `unbridge` and `reset` read. */
export const bridgePlan = (storeName: string, networks: readonly Network[]): string =>
	[`version 1\ntable ${tableName(storeName)}\n`, ...networks.filter(network => network.driver === 'bridge').map(bridgeLine)].join('');

/** The plan that `hawser-net up` and `down` read. Without endpoints it is that of `--network none`. */
export const netPlan = ({storeName, containerId, endpoints, ports}: NetPlanInput): string => {
	const head = `${bridgePlan(
		storeName,
		endpoints.map(({network}) => network),
	)}owner ${containerId}\n`;
	if (endpoints.length === 0) return `${head}loopback only\n`;
	const routed = endpoints.findIndex(({network}) => !network.internal);
	const lines = endpoints.map(({network, endpoint}, index) => {
		const gateway = index === routed ? network.gateway : '-';
		const name = hostInterfaceName(storeName, containerId, network.id);
		return `endpoint ${network.bridge} ${name} eth${index} ${endpoint.mac} ${endpoint.address}/${prefixOf(network)} ${gateway} ${mtuOf(network)}\n`;
	});
	const target = endpoints[routed]?.endpoint.address;
	const published = target === undefined ? [] : ports.map(({protocol, hostIp, hostPort, containerPort}) => `port ${protocol} ${hostIp} ${hostPort} ${target} ${containerPort}\n`);
	return [head, ...lines, ...published].join('');
};
