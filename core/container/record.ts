import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import type {Database} from '../state/database.ts';
import type {ContainerConfig} from './config.ts';

/** A container as it was asked for. Whether it runs, and how it ended, is not here: see `live.ts`. */
export type ContainerRecord = {
	readonly id: string;
	readonly name: string;
	readonly createdAt: string;
	/** As the user named it. */
	readonly image: string;
	readonly imageId: Digest;
	readonly config: ContainerConfig;
};

type Row = Record<string, unknown>;

const toRecord = (row: Row): ContainerRecord => ({
	id: String(row['id']),
	name: String(row['name']),
	createdAt: String(row['created_at']),
	image: String(row['image']),
	imageId: String(row['image_id']) as Digest,
	config: JSON.parse(String(row['spec'])) as ContainerConfig,
});

/** Newest first, as `ps` lists. */
export const allRecords = (db: Database): ContainerRecord[] => db.prepare('SELECT * FROM containers ORDER BY created_at DESC, id').all().map(toRecord);

export const recordById = (db: Database, id: string): ContainerRecord | undefined => {
	const row = db.prepare('SELECT * FROM containers WHERE id = ?').get(id);
	return row && toRecord(row);
};

export const recordByName = (db: Database, name: string): ContainerRecord | undefined => {
	const row = db.prepare('SELECT * FROM containers WHERE name = ?').get(name);
	return row && toRecord(row);
};

export const nameOf = (db: Database, id: string): string => recordById(db, id)?.name ?? id.slice(0, 12);

/** Docker's order: the whole id, then a name, then the unique beginning of an id. */
export function findRecord(db: Database, ref: string): ContainerRecord {
	const wanted = ref.startsWith('/') ? ref.slice(1) : ref;
	const exact = recordById(db, wanted) ?? recordByName(db, wanted);
	if (exact !== undefined) return exact;
	if (/^[0-9a-f]{1,64}$/.test(wanted)) {
		// `g` comes after every hex digit.
		const rows = db.prepare('SELECT * FROM containers WHERE id >= ? AND id < ? LIMIT 2').all(wanted, `${wanted}g`);
		if (rows.length > 1)
			throw new EngineError({
				code: 'container.ambiguous',
				subject: ref,
				message: `Multiple IDs found with provided prefix: ${ref}`,
				hint: 'Give more digits of the id, or the name.',
			});
		if (rows[0] !== undefined) return toRecord(rows[0]);
	}
	throw new EngineError({code: 'container.not-found', subject: ref, message: `No such container: ${ref}`, hint: '`hawser ps -a` lists them.'});
}

export const nameConflict = (name: string, holder: string): EngineError =>
	new EngineError({
		code: 'container.name-in-use',
		subject: name,
		message: `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
	});

/** Within a transaction of the caller's. */
export function insertRecord(db: Database, record: ContainerRecord): void {
	const holder = db.prepare('SELECT id FROM containers WHERE name = ?').get(record.name)?.['id'];
	if (holder !== undefined) throw nameConflict(record.name, String(holder));
	db.prepare('INSERT INTO containers (id, name, created_at, image, image_id, spec) VALUES (?, ?, ?, ?, ?, ?)').run(
		record.id,
		record.name,
		record.createdAt,
		record.image,
		record.imageId,
		JSON.stringify(record.config),
	);
}

/** Within a transaction of the caller's. */
export function updateConfig(db: Database, id: string, config: ContainerConfig): void {
	db.prepare('UPDATE containers SET spec = ? WHERE id = ?').run(JSON.stringify(config), id);
}

/** Within a transaction of the caller's. */
export function renameRecord(db: Database, id: string, name: string): void {
	const holder = db.prepare('SELECT id FROM containers WHERE name = ?').get(name)?.['id'];
	if (holder !== undefined) throw nameConflict(name, String(holder));
	db.prepare('UPDATE containers SET name = ? WHERE id = ?').run(name, id);
}

export function deleteRecord(db: Database, id: string): void {
	db.prepare('DELETE FROM containers WHERE id = ?').run(id);
}
