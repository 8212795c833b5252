/** Networks, endpoints and published ports as records. Addresses are text, times RFC 3339 in UTC. */

export type NetworkDriver = 'bridge' | 'host' | 'none' | 'macvlan' | 'ipvlan';

/** A range of addresses of a network. */
export type Pool = {
	/** `172.17.0.0/16`, `fd00:1::/64`. */
	readonly subnet: string;
	/** null: none is routed through. */
	readonly gateway: string | null;
	/** Where addresses are leased from, when that is less than the subnet. */
	readonly range?: string;
	/** Names of addresses that are others': never leased. */
	readonly aux?: Readonly<Record<string, string>>;
	/** Named by the user, not taken from our own pools. */
	readonly asked?: boolean;
};

export type Network = {
	/** 64 hex digits. */
	readonly id: string;
	readonly name: string;
	readonly driver: NetworkDriver;
	/** Empty for host and none. */
	readonly pools: readonly Pool[];
	/** The host's interface; null for all but bridges. */
	readonly bridge: string | null;
	readonly internal: boolean;
	readonly attachable: boolean;
	readonly options: Readonly<Record<string, string>>;
	readonly labels: Readonly<Record<string, string>>;
	readonly created: string;
};

/** What somebody asks of a container's place on a network. */
export type EndpointWish = {
	readonly ip?: string;
	readonly ip6?: string;
	readonly mac?: string;
	readonly aliases?: readonly string[];
	/** `CONTAINER:ALIAS`; of a record, the container's id. */
	readonly links?: readonly string[];
	readonly linkLocal?: readonly string[];
	readonly options?: Readonly<Record<string, string>>;
	/** The highest has the default route. */
	readonly priority?: number;
};

export type NetworkWish = EndpointWish & {readonly name: string};

/** A container's place on a network: the lease of its addresses. Null: none of this family, or not leased now. */
export type Endpoint = {
	readonly id: string;
	readonly networkId: string;
	readonly containerId: string;
	readonly address: string | null;
	readonly address6: string | null;
	readonly mac: string;
	/** In the container: `eth0`. */
	readonly interface: string;
	readonly wish: EndpointWish;
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

/** A host port leased to a container; `hostIp` is 0.0.0.0 or :: for every address of a family. */
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
	/** Those leased on a network, of both families. */
	addresses(networkId: string): Set<string>;
	endpoints(): Endpoint[];
	endpointsOfNetwork(networkId: string): Endpoint[];
	/** In the order of connecting. */
	endpointsOfContainer(containerId: string): Endpoint[];
	/** Replaces the container's endpoint of that network. */
	putEndpoint(endpoint: Endpoint): void;
	deleteEndpoint(id: string): void;
	deleteEndpoints(containerId: string): void;
	/** Of a container, or of all. */
	ports(containerId?: string): PortLease[];
	insertPort(lease: PortLease): void;
	deletePorts(containerId: string): void;
};
