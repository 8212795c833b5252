/** Networks, endpoints and published ports as records. Addresses are IPv4 in dotted form, times RFC 3339 in UTC. */

export type NetworkDriver = 'bridge' | 'host' | 'none';

export type Network = {
	/** 64 hex digits. */
	readonly id: string;
	readonly name: string;
	readonly driver: NetworkDriver;
	/** `172.17.0.0/16`; null for host and none. */
	readonly subnet: string | null;
	readonly gateway: string | null;
	/** The host's interface; null for host and none. */
	readonly bridge: string | null;
	readonly internal: boolean;
	readonly options: Readonly<Record<string, string>>;
	readonly labels: Readonly<Record<string, string>>;
	readonly created: string;
};

/** A container's place on a network: the lease of its address. */
export type Endpoint = {
	readonly id: string;
	readonly networkId: string;
	readonly containerId: string;
	readonly address: string;
	readonly mac: string;
	readonly aliases: readonly string[];
};

export type PortProtocol = 'tcp' | 'udp' | 'sctp';

/**
 * What `-p` asks for. `hostIp` '' means every address, `hostPort` 0 any free port; with `hostPortEnd` the first free one of
 * hostPort…hostPortEnd.
 */
export type PublishSpec = {
	readonly protocol: PortProtocol;
	readonly hostIp: string;
	readonly hostPort: number;
	readonly hostPortEnd?: number;
	readonly containerPort: number;
};

/** A host port leased to a container; `hostIp` is 0.0.0.0 for every address. */
export type PortLease = {
	readonly containerId: string;
	readonly protocol: PortProtocol;
	readonly hostIp: string;
	readonly hostPort: number;
	readonly containerPort: number;
};

/**
 * The records behind the verbs of this folder. Each write belongs inside `transaction`, which holds the database's write lock
 * from its first statement, so that what was read in it is still true when it commits.
 */
export type NetworkStore = {
	transaction<T>(work: () => T): T;
	networks(): Network[];
	networkById(id: string): Network | undefined;
	networkByName(name: string): Network | undefined;
	insertNetwork(network: Network): void;
	deleteNetwork(id: string): void;
	/** Those leased on a network. */
	addresses(networkId: string): Set<string>;
	endpointsOfNetwork(networkId: string): Endpoint[];
	endpointsOfContainer(containerId: string): Endpoint[];
	insertEndpoint(endpoint: Endpoint): void;
	deleteEndpoints(containerId: string): void;
	/** All leases, or those of one container. */
	ports(containerId?: string): PortLease[];
	insertPort(lease: PortLease): void;
	deletePorts(containerId: string): void;
};
