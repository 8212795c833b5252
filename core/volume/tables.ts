/** For the first migration. */
export const volumeTables = `
CREATE TABLE volumes (
	name TEXT PRIMARY KEY,
	anonymous INTEGER NOT NULL,
	labels TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
