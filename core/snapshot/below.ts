import {chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {readLayerInfo} from '../layer/info.ts';
import {layerTree} from '../layer/path.ts';
import {type Digest, shortDigest} from '../oci/digest.ts';
import {writableLayer} from './overlay.ts';

/**
 * Lies below all layers: the files and folders that every container has something mounted on, where the image has none, as Docker's init layer. Without
 * it they would be made in the writable layer at each first start, and show up as changes. It holds what overlayfs wants below an image without layers.
 */
export const pointsFolder = (root: string): string => `${root}/points`;

const pointFolders = ['dev', 'etc', 'proc', 'sys'];
const pointFiles = ['.dockerenv', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

export function makePoints(root: string): void {
	const fresh = `${pointsFolder(root)}.${process.pid}`;
	for (const name of ['', ...pointFolders]) {
		mkdirSync(`${fresh}/${name}`, {recursive: true});
		chmodSync(`${fresh}/${name}`, 0o755);
	}
	for (const name of pointFiles) {
		writeFileSync(`${fresh}/${name}`, '');
		chmodSync(`${fresh}/${name}`, 0o644);
	}
	try {
		renameSync(fresh, pointsFolder(root));
	} catch (error) {
		rmSync(fresh, {recursive: true, force: true});
		if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
	}
}

/** Topmost first. Overlayfs merges roots whatever marks they have: below a layer whose root is opaque, nothing may be given to it. */
export function lowerFolders(root: string, chainIds: readonly Digest[]): string[] {
	const lower: string[] = [];
	for (const chainId of chainIds.toReversed()) {
		lower.push(layerTree(root, chainId));
		if (readLayerInfo(root, chainId).opaque) break;
	}
	return lower;
}

export function imageRoot(root: string, chainIds: readonly Digest[]): {readonly mode: number; readonly uid: number; readonly gid: number} {
	const top = chainIds.findLast(chainId => readLayerInfo(root, chainId).root);
	return top === undefined ? {mode: 0o755, uid: 0, gid: 0} : statSync(layerTree(root, top));
}

/** The container has given its "/" another owner or mode than the image's. */
export function hasChangedRoot(root: string, id: string, chainIds: readonly Digest[]): boolean {
	const [now, before] = [statSync(writableLayer(root, id).upper), imageRoot(root, chainIds)];
	return now.uid !== before.uid || now.gid !== before.gid || (now.mode & 0o7777) !== (before.mode & 0o7777);
}

/** A layer of the image is gone. */
export const missing = (chainId: Digest): EngineError =>
	new EngineError({code: 'layer.not-found', subject: chainId, message: `layer ${shortDigest(chainId)} is not in the store`, hint: 'Pull the image again.'});
