/** For the first migration. The UNIQUE constraints are what makes a lease a lease, whoever writes. */
export const networkTables = `
CREATE TABLE networks (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	driver TEXT NOT NULL,
	subnet TEXT UNIQUE,
	gateway TEXT,
	bridge TEXT UNIQUE,
	internal INTEGER NOT NULL,
	options TEXT NOT NULL,
	labels TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT;
CREATE TABLE endpoints (
	id TEXT PRIMARY KEY,
	network TEXT NOT NULL REFERENCES networks (id),
	container TEXT NOT NULL,
	address TEXT NOT NULL,
	mac TEXT NOT NULL,
	aliases TEXT NOT NULL,
	UNIQUE (network, address),
	UNIQUE (network, container)
) STRICT;
CREATE INDEX endpoints_of_container ON endpoints (container);
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
