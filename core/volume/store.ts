import type {DatabaseSync, SQLOutputValue} from 'node:sqlite';
import type {Volume, VolumeStore} from './model.ts';

/** For the first migration. */
export const volumeTables = `
CREATE TABLE volumes (
	name TEXT PRIMARY KEY,
	anonymous INTEGER NOT NULL,
	labels TEXT NOT NULL,
	created TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const toVolume = (row: Record<string, SQLOutputValue>): Volume => ({
	name: String(row['name']),
	anonymous: row['anonymous'] === 1,
	labels: JSON.parse(String(row['labels'])) as Record<string, string>,
	created: String(row['created']),
});

/** BEGIN IMMEDIATE takes the write lock at once; inside a transaction of the caller's, that one serves. */
const immediate = <T>(db: DatabaseSync, work: () => T): T => {
	if (db.isTransaction) return work();
	db.exec('BEGIN IMMEDIATE');
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
};

export const volumeStore = (db: DatabaseSync): VolumeStore => ({
	transaction: work => immediate(db, work),
	volumes: () => db.prepare('SELECT * FROM volumes ORDER BY name').all().map(toVolume),
	volume(name) {
		const row = db.prepare('SELECT * FROM volumes WHERE name = ?').get(name);
		return row && toVolume(row);
	},
	insertVolume({name, anonymous, labels, created}) {
		db.prepare('INSERT INTO volumes (name, anonymous, labels, created) VALUES (?, ?, ?, ?)').run(name, anonymous ? 1 : 0, JSON.stringify(labels), created);
	},
	deleteVolume(name) {
		db.prepare('DELETE FROM volumes WHERE name = ?').run(name);
	},
});
