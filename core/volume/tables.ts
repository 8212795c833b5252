/** For the first migration. */
export const volumeTables = `
CREATE TABLE volumes (
	name TEXT PRIMARY KEY,
	anonymous INTEGER NOT NULL,
	labels TEXT NOT NULL,
	options TEXT NOT NULL DEFAULT '{}',
	created TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** From schema 2, where a volume was a folder. */
export const upgradeVolumes = `ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';`;
