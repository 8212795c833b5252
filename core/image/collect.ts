import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, renameSync} from 'node:fs';
import type {DatabaseSync} from 'node:sqlite';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {isDigest, type Digest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {transaction} from '../state/database.ts';
import {dropDeadLeases} from './lease.ts';
import type {ImageStore} from './store.ts';

/** What was taken away. */
export type Collected = {readonly layers: readonly Digest[]; readonly blobs: readonly Digest[]; readonly bytes: number};

/**
 * Removes layers and blobs that no image needs and nobody has pinned. Deciding and moving aside happen under the records' write lock: a pull
 * pins under the same lock before it looks, so it sees a thing whole or not at all. The slow part, deleting, comes after.
 */
export async function collectGarbage(store: ImageStore): Promise<Collected> {
	const aside = `${store.root}/staging/removed-${randomBytes(8).toString('hex')}`;
	mkdirSync(aside, {recursive: true, mode: 0o700});
	const collected = transaction(store.db, () => {
		dropDeadLeases(store.db);
		const layers = unneeded(store.db, 'layer', names(`${store.root}/layers`));
		const blobs = ['sha256', 'sha512'].flatMap(algorithm => unneeded(store.db, 'blob', names(`${store.root}/content/blobs/${algorithm}`, algorithm)));
		const bytes = layers.reduce((sum, layer) => sum + sizeOf(store.db, layer), 0);
		for (const layer of layers) forget(store.db, layer);
		for (const layer of layers) moveAside(`${store.root}/layers/${layer.slice(7)}`, `${aside}/layer-${layer.slice(7)}`);
		for (const blob of blobs) moveAside(`${store.root}/content/blobs/${blob.replace(':', '/')}`, `${aside}/blob-${blob.slice(7)}`);
		return {layers, blobs, bytes};
	});
	const removed = await runProgram(store.native.layer, ['remove', aside]);
	if (removed.code !== 0) {
		throw new EngineError({
			code: 'image.not-removed',
			subject: aside,
			message: `what was removed is still on the disk: ${reasonOf(removed, 'hawser-layer')}`,
			hint: `Delete ${aside} by hand.`,
		});
	}
	return collected;
}

function names(folder: string, algorithm = 'sha256'): Digest[] {
	try {
		return readdirSync(folder)
			.map(hex => `${algorithm}:${hex}`)
			.filter(isDigest);
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return [];
		throw error;
	}
}

function unneeded(db: DatabaseSync, kind: 'layer' | 'blob', present: readonly Digest[]): Digest[] {
	const needed = db.prepare(kind === 'layer' ? 'SELECT 1 FROM image_layers WHERE chain_id = ? LIMIT 1' : 'SELECT 1 FROM image_blobs WHERE digest = ? LIMIT 1');
	const pinned = db.prepare('SELECT 1 FROM leases WHERE kind = ? AND key = ? LIMIT 1');
	return present.filter(digest => !needed.get(digest) && !pinned.get(kind, digest));
}

const sizeOf = (db: DatabaseSync, chainId: Digest): number => Number(db.prepare('SELECT size FROM layers WHERE chain_id = ?').get(chainId)?.['size'] ?? 0);
const forget = (db: DatabaseSync, chainId: Digest): void => void db.prepare('DELETE FROM layers WHERE chain_id = ?').run(chainId);

function moveAside(from: string, to: string): void {
	try {
		renameSync(from, to);
	} catch (error) {
		if (!hasErrno(error, 'ENOENT')) throw error;
	}
}
