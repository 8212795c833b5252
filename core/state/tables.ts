/** What must be found by query has a column; the rest is in `spec`. Live facts and exits are not records: see docs/formats.md. */
export const containerTables = `
CREATE TABLE containers (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	created_at TEXT NOT NULL,
	image TEXT NOT NULL,
	image_id TEXT NOT NULL,
	spec TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX containers_by_image ON containers (image_id);
`;
