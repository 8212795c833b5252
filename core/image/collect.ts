import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {listBlobs, removeBlob} from '../content/list.ts';
import {ingestFolder, partPath} from '../content/path.ts';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {layerFolder} from '../layer/path.ts';
import {hexOf, isDigest, type Digest} from '../oci/digest.ts';
import {keepReserve, makeRoom} from '../platform/reserve.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {transaction} from '../state/database.ts';
import {dropDeadLeases} from './lease.ts';
import type {Database, ImageStore} from './store.ts';

/** So many paths surely fit on a command line. */
const treesAtOnce = 500;

/** What was taken away. */
export type Collected = {readonly layers: readonly Digest[]; readonly blobs: readonly Digest[]; readonly bytes: number};

/**
 * Removes layers and blobs that no image needs and nobody has pinned. Deciding and moving aside happen under the records' write lock: a pull
 * pins under the same lock before it looks, so it sees a thing whole or not at all. The slow part, deleting trees, comes after; what a crash
 * leaves of it in staging is anybody's to clean. Parts of blobs are kept for the next try, unless `parts` says that nobody will try again.
 */
export async function collectGarbage(store: ImageStore, {parts = false}: {readonly parts?: boolean} = {}): Promise<Collected> {
	const {db, root, native} = store;
	makeRoom(root);
	const aside = `${root}/staging/removed-${randomBytes(8).toString('hex')}`;
	mkdirSync(`${root}/staging`, {recursive: true, mode: 0o700});
	const collected = transaction(db, () => {
		dropDeadLeases(db);
		const layers = unneeded(db, 'layer', layersOnDisk(root));
		const blobs = unneeded(db, 'blob', listBlobs(root));
		const bytes = layers.reduce((sum, layer) => sum + sizeOf(db, layer), 0);
		for (const layer of layers) forget(db, layer);
		for (const layer of layers) renameSync(layerFolder(root, layer), `${aside}-${hexOf(layer)}`);
		for (const blob of blobs) removeBlob(root, blob);
		if (parts) removeParts(store);
		return {layers, blobs, bytes};
	});
	await deleteTrees(
		store,
		collected.layers.map(layer => `${aside}-${hexOf(layer)}`),
	);
	// What an earlier one could not delete.
	if (entries(`${root}/staging`).length > 0) await runProgram(native.layer, ['clean', `${root}/staging`]);
	keepReserve(root);
	return collected;
}

async function deleteTrees({native}: ImageStore, trees: readonly string[]): Promise<void> {
	for (let at = 0; at < trees.length; at += treesAtOnce) {
		const some = trees.slice(at, at + treesAtOnce);
		const removed = await runProgram(native.layer, ['remove', ...some]);
		if (removed.code === 0) continue;
		throw new EngineError({
			code: 'image.not-removed',
			subject: some[0],
			message: `removed layers are still on the disk: ${reasonOf(removed, 'hawser-layer')}`,
			hint: 'Prune again, or delete what is left in staging.',
		});
	}
}

const layersOnDisk = (root: string): Digest[] =>
	entries(`${root}/layers`)
		.map(hex => `sha256:${hex}`)
		.filter(isDigest);

function entries(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return [];
		throw error;
	}
}

/** Of transfers that broke off; those of a pull that lives are pinned with its blobs. */
function removeParts({db, root}: ImageStore): void {
	const parts = partsOnDisk(root);
	const unwanted = new Set(unneeded(db, 'blob', parts));
	for (const digest of parts) if (unwanted.has(digest)) rmSync(partPath(root, digest), {force: true});
}

const partsOnDisk = (root: string): Digest[] =>
	entries(ingestFolder(root))
		.filter(name => name.endsWith('.part'))
		.map(name => name.slice(0, -'.part'.length))
		.map(hex => `${hex.length === 64 ? 'sha256' : 'sha512'}:${hex}`)
		.filter(isDigest);

function unneeded(db: Database, kind: 'layer' | 'blob', present: readonly Digest[]): Digest[] {
	const needed = db.prepare(kind === 'layer' ? 'SELECT 1 FROM image_layers WHERE chain_id = ? LIMIT 1' : 'SELECT 1 FROM image_blobs WHERE digest = ? LIMIT 1');
	const pinned = db.prepare('SELECT 1 FROM leases WHERE kind = ? AND key = ? LIMIT 1');
	return present.filter(digest => !needed.get(digest) && !pinned.get(kind, digest));
}

const sizeOf = (db: Database, chainId: Digest): number => Number(db.prepare('SELECT size FROM layers WHERE chain_id = ?').get(chainId)?.['size'] ?? 0);
const forget = (db: Database, chainId: Digest): void => void db.prepare('DELETE FROM layers WHERE chain_id = ?').run(chainId);
