import type {DatabaseSync} from 'node:sqlite';
import {EngineError} from '../errors/error.ts';

/** The open records, as others name them. */
export type Database = DatabaseSync;

/**
 * Opens the records, and makes them at the first time. Readers never wait (WAL); a commit is on the disk when it returns. `upgrades` are
 * what older records need: the first leads from schema 1 to 2, and so on; `tables` are those of the last.
 */
export function openDatabase(path: string, tables: readonly string[], upgrades: readonly string[] = []): DatabaseSync {
	// A dynamic way in, so that commands which need no records do not pay for loading SQLite.
	const {DatabaseSync: Database} = process.getBuiltinModule('node:sqlite');
	const db = new Database(path, {timeout: PATIENCE_MS, enableForeignKeyConstraints: true});
	try {
		// Short commands leave the log as it is; it is read by the next one, so it must stay short.
		db.exec('PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256');
		const version = versionOf(db);
		const newest = upgrades.length + 1;
		if (version === 0) createSchema(db, tables, newest);
		else if (version < newest) upgrade(db, upgrades);
		else if (version > newest)
			throw new EngineError({
				code: 'state.newer',
				subject: path,
				message: `${path} was written by a newer hawser (schema ${version}, this one knows ${newest})`,
				hint: 'Use that version, or another --root.',
			});
	} catch (error) {
		db.close();
		throw error;
	}
	return db;
}

/** As long as a writer waits for hundreds of others, on a machine that has more to do. */
const PATIENCE_MS = 120_000;
/** SQLite looks for the lock at growing intervals, so that a newcomer overtakes whoever waits long; begun anew so often, all have the same chance. */
const TURN_MS = 40;

/** All or nothing; waits for another writer up to the busy timeout. Keep it short, with no I/O but the database's: on a full disk it is done twice. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
	try {
		return attempt(db, work);
	} catch (error) {
		if (!isResult(error, SQLITE_FULL)) throw error;
		// Folded into the records, the log begins anew in the room that it has.
		db.exec('PRAGMA wal_checkpoint(RESTART)');
		return attempt(db, work);
	}
}

function attempt<T>(db: DatabaseSync, work: () => T): T {
	begin(db);
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}

/** Work under the write lock that writes nothing into the records, so that no sync is paid. */
export function underLock<T>(db: DatabaseSync, work: () => T): T {
	begin(db);
	try {
		return work();
	} finally {
		db.exec('ROLLBACK');
	}
}

/** Takes the one writer's place. */
function begin(db: DatabaseSync): void {
	const end = Date.now() + PATIENCE_MS;
	db.exec(`PRAGMA busy_timeout=${TURN_MS}`);
	try {
		while (!began(db)) {
			if (Date.now() > end)
				throw new EngineError({
					code: 'state.busy',
					subject: 'records',
					message: `another command has held the records for ${PATIENCE_MS / 1000} seconds`,
					hint: 'Nothing was changed. Is one stopped or frozen? Let it go on, or end it, and ask again.',
				});
		}
	} finally {
		db.exec(`PRAGMA busy_timeout=${PATIENCE_MS}`);
	}
}

function began(db: DatabaseSync): boolean {
	try {
		db.exec('BEGIN IMMEDIATE');
		return true;
	} catch (error) {
		if (isResult(error, SQLITE_BUSY)) return false;
		throw error;
	}
}

/** Primary result codes (sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

const isResult = (error: unknown, code: number): boolean => error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === code;

function versionOf(db: DatabaseSync): number {
	const row = db.prepare('PRAGMA user_version').get();
	return Number(row?.['user_version'] ?? 0);
}

function createSchema(db: DatabaseSync, tables: readonly string[], version: number): void {
	db.exec('PRAGMA journal_mode=WAL');
	transaction(db, () => {
		// Another process may have been first.
		if (versionOf(db) !== 0) return;
		for (const table of tables) db.exec(table);
		db.exec(`PRAGMA user_version=${version}`);
	});
}

function upgrade(db: DatabaseSync, upgrades: readonly string[]): void {
	transaction(db, () => {
		for (const step of upgrades.slice(versionOf(db) - 1)) db.exec(step);
		db.exec(`PRAGMA user_version=${upgrades.length + 1}`);
	});
}
