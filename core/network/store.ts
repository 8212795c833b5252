import type {DatabaseSync, SQLOutputValue} from 'node:sqlite';
import {transaction} from '../state/database.ts';
import type {Endpoint, EndpointWish, Network, NetworkDriver, NetworkStore, Pool, PortLease, PortProtocol} from './model.ts';

type Row = Record<string, SQLOutputValue>;

const textOrNull = (value: SQLOutputValue | undefined): string | null => (typeof value === 'string' ? value : null);

const toNetwork = (row: Row): Network => ({
	id: String(row['id']),
	name: String(row['name']),
	driver: String(row['driver']) as NetworkDriver,
	pools: JSON.parse(String(row['pools'])) as Pool[],
	bridge: textOrNull(row['bridge']),
	internal: row['internal'] === 1,
	attachable: row['attachable'] === 1,
	options: JSON.parse(String(row['options'])) as Record<string, string>,
	labels: JSON.parse(String(row['labels'])) as Record<string, string>,
	created: String(row['created']),
});

const toEndpoint = (row: Row): Endpoint => ({
	id: String(row['id']),
	networkId: String(row['network']),
	containerId: String(row['container']),
	address: textOrNull(row['address']),
	address6: textOrNull(row['address6']),
	mac: String(row['mac']),
	interface: String(row['interface']),
	wish: JSON.parse(String(row['wish'])) as EndpointWish,
});

const toPort = (row: Row): PortLease => ({
	containerId: String(row['container']),
	protocol: String(row['protocol']) as PortProtocol,
	hostIp: String(row['host_ip']),
	hostPort: Number(row['host_port']),
	containerPort: Number(row['container_port']),
});

/** Inside a transaction of the caller's, that one serves. */
const nested = <T>(db: DatabaseSync, work: () => T): T => (db.isTransaction ? work() : transaction(db, work));

const one = (row: Row | undefined): Network | undefined => row && toNetwork(row);

const networkRecords = (db: DatabaseSync): Pick<NetworkStore, 'networks' | 'networkById' | 'networkByName' | 'insertNetwork' | 'deleteNetwork'> => {
	return {
		networks: () => db.prepare('SELECT * FROM networks ORDER BY name').all().map(toNetwork),
		networkById: id => one(db.prepare('SELECT * FROM networks WHERE id = ?').get(id)),
		networkByName: name => one(db.prepare('SELECT * FROM networks WHERE name = ?').get(name)),
		insertNetwork({id, name, driver, bridge, pools, internal, attachable, options, labels, created}) {
			db.prepare('INSERT INTO networks (id, name, driver, bridge, pools, internal, attachable, options, labels, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
				id,
				name,
				driver,
				bridge,
				JSON.stringify(pools),
				internal ? 1 : 0,
				attachable ? 1 : 0,
				JSON.stringify(options),
				JSON.stringify(labels),
				created,
			);
		},
		deleteNetwork(id) {
			db.prepare('DELETE FROM networks WHERE id = ?').run(id);
		},
	};
};

type EndpointRecords = Pick<NetworkStore, 'addresses' | 'endpoints' | 'endpointsOfNetwork' | 'endpointsOfContainer' | 'putEndpoint' | 'deleteEndpoint' | 'deleteEndpoints'>;

const endpointRecords = (db: DatabaseSync): EndpointRecords => ({
	addresses: id =>
		new Set(
			db
				.prepare('SELECT address, address6 FROM endpoints WHERE network = ?')
				.all(id)
				.flatMap(row => [textOrNull(row['address']), textOrNull(row['address6'])])
				.filter(address => address !== null),
		),
	endpoints: () => db.prepare('SELECT * FROM endpoints ORDER BY rowid').all().map(toEndpoint),
	endpointsOfNetwork: id => db.prepare('SELECT * FROM endpoints WHERE network = ?').all(id).map(toEndpoint),
	endpointsOfContainer: id => db.prepare('SELECT * FROM endpoints WHERE container = ? ORDER BY rowid').all(id).map(toEndpoint),
	putEndpoint({id, networkId, containerId, address, address6, mac, interface: name, wish}) {
		db.prepare(
			`INSERT INTO endpoints (id, network, container, address, address6, mac, interface, wish) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (network, container) DO UPDATE SET id = excluded.id, address = excluded.address, address6 = excluded.address6, mac = excluded.mac, interface = excluded.interface, wish = excluded.wish`,
		).run(id, networkId, containerId, address, address6, mac, name, JSON.stringify(wish));
	},
	deleteEndpoint(id) {
		db.prepare('DELETE FROM endpoints WHERE id = ?').run(id);
	},
	deleteEndpoints(containerId) {
		db.prepare('DELETE FROM endpoints WHERE container = ?').run(containerId);
	},
});

const portRecords = (db: DatabaseSync): Pick<NetworkStore, 'ports' | 'insertPort' | 'deletePorts'> => ({
	ports: containerId =>
		(containerId === undefined
			? db.prepare('SELECT * FROM ports').all()
			: db.prepare('SELECT * FROM ports WHERE container = ? ORDER BY container_port, protocol, host_ip').all(containerId)
		).map(toPort),
	insertPort({containerId, protocol, hostIp, hostPort, containerPort}) {
		db.prepare('INSERT INTO ports (protocol, host_ip, host_port, container, container_port) VALUES (?, ?, ?, ?, ?)').run(protocol, hostIp, hostPort, containerId, containerPort);
	},
	deletePorts(containerId) {
		db.prepare('DELETE FROM ports WHERE container = ?').run(containerId);
	},
});

export const networkStore = (db: DatabaseSync): NetworkStore => ({
	transaction: work => nested(db, work),
	...networkRecords(db),
	...endpointRecords(db),
	...portRecords(db),
});
