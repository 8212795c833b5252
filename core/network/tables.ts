/** The UNIQUE constraints are what makes a lease a lease, whoever writes. What must be found by query has a column; the rest is JSON. */
const networkAndEndpoint = `
CREATE TABLE networks (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	driver TEXT NOT NULL,
	bridge TEXT UNIQUE,
	pools TEXT NOT NULL,
	internal INTEGER NOT NULL,
	attachable INTEGER NOT NULL,
	options TEXT NOT NULL,
	labels TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT;
CREATE TABLE endpoints (
	id TEXT PRIMARY KEY,
	network TEXT NOT NULL REFERENCES networks (id),
	container TEXT NOT NULL,
	address TEXT,
	address6 TEXT,
	mac TEXT NOT NULL,
	interface TEXT NOT NULL,
	wish TEXT NOT NULL,
	UNIQUE (network, address),
	UNIQUE (network, address6),
	UNIQUE (network, container)
) STRICT;
CREATE INDEX endpoints_of_container ON endpoints (container);
`;

export const networkTables = `${networkAndEndpoint}
CREATE TABLE ports (
	protocol TEXT NOT NULL,
	host_ip TEXT NOT NULL,
	host_port INTEGER NOT NULL,
	container TEXT NOT NULL,
	container_port INTEGER NOT NULL,
	PRIMARY KEY (protocol, host_port, host_ip)
) STRICT, WITHOUT ROWID;
CREATE INDEX ports_of_container ON ports (container);
`;

/** From schema 1, where a network had one subnet of IPv4. */
export const upgradeNetworks = `
CREATE TEMP TABLE old_networks AS SELECT * FROM networks;
CREATE TEMP TABLE old_endpoints AS SELECT * FROM endpoints;
DROP TABLE endpoints;
DROP TABLE networks;
${networkAndEndpoint}
INSERT INTO networks
	SELECT id, name, driver, bridge, CASE WHEN subnet IS NULL THEN '[]' ELSE json_array(json_object('subnet', subnet, 'gateway', gateway)) END,
		internal, 0, options, labels, created FROM old_networks;
INSERT INTO endpoints SELECT id, network, container, address, NULL, mac, 'eth0', json_object('aliases', json(aliases)) FROM old_endpoints;
DROP TABLE old_networks;
DROP TABLE old_endpoints;
`;
