import type {DatabaseSync} from 'node:sqlite';
import {EngineError} from '../errors/error.ts';

/** The open records, as others name them. */
export type Database = DatabaseSync;

/** Tables of the one schema; a number more for each change that a released version must take over. */
const SCHEMA_VERSION = 1;

/** Opens the records, and makes them at the first time. Readers never wait (WAL); a commit is on the disk when it returns. */
export function openDatabase(path: string, tables: readonly string[]): DatabaseSync {
	// A dynamic way in, so that commands which need no records do not pay for loading SQLite.
	const {DatabaseSync: Database} = process.getBuiltinModule('node:sqlite');
	const db = new Database(path, {timeout: 10_000, enableForeignKeyConstraints: true});
	try {
		// Short commands leave the log as it is; it is read by the next one, so it must stay short.
		db.exec('PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256');
		const version = versionOf(db);
		if (version === 0) createSchema(db, tables);
		else if (version > SCHEMA_VERSION)
			throw new EngineError({
				code: 'state.newer',
				subject: path,
				message: `${path} was written by a newer hawser (schema ${version}, this one knows ${SCHEMA_VERSION})`,
				hint: 'Use that version, or another --root.',
			});
	} catch (error) {
		db.close();
		throw error;
	}
	return db;
}

/** All or nothing; waits for another writer up to the busy timeout. Keep it short: no I/O but the database's within. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
	db.exec('BEGIN IMMEDIATE');
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}

function versionOf(db: DatabaseSync): number {
	const row = db.prepare('PRAGMA user_version').get();
	return Number(row?.['user_version'] ?? 0);
}

function createSchema(db: DatabaseSync, tables: readonly string[]): void {
	db.exec('PRAGMA journal_mode=WAL');
	transaction(db, () => {
		// Another process may have been first.
		if (versionOf(db) !== 0) return;
		for (const table of tables) db.exec(table);
		db.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
	});
}
