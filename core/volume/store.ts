import type {DatabaseSync, SQLOutputValue} from 'node:sqlite';
import {transaction} from '../state/database.ts';
import type {Volume, VolumeStore} from './model.ts';

const toVolume = (row: Record<string, SQLOutputValue>): Volume => ({
	name: String(row['name']),
	anonymous: row['anonymous'] === 1,
	labels: JSON.parse(String(row['labels'])) as Record<string, string>,
	options: JSON.parse(String(row['options'])) as Record<string, string>,
	created: String(row['created']),
});

/** Inside a transaction of the caller's, that one serves. */
const nested = <T>(db: DatabaseSync, work: () => T): T => (db.isTransaction ? work() : transaction(db, work));

export const volumeStore = (db: DatabaseSync): VolumeStore => ({
	transaction: work => nested(db, work),
	volumes: () => db.prepare('SELECT * FROM volumes ORDER BY name').all().map(toVolume),
	volume(name) {
		const row = db.prepare('SELECT * FROM volumes WHERE name = ?').get(name);
		return row && toVolume(row);
	},
	insertVolume({name, anonymous, labels, options, created}) {
		db.prepare('INSERT INTO volumes (name, anonymous, labels, options, created) VALUES (?, ?, ?, ?, ?)').run(name, anonymous ? 1 : 0, JSON.stringify(labels), JSON.stringify(options), created);
	},
	deleteVolume(name) {
		db.prepare('DELETE FROM volumes WHERE name = ?').run(name);
	},
});
