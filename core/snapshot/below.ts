import {chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {hasLayer, readLayerInfo} from '../layer/info.ts';
import {layerTree} from '../layer/path.ts';
import {type Digest, shortDigest} from '../oci/digest.ts';

/**
 * Lies below all layers: the files and folders that every container has something mounted on, where the image has none, as Docker's init layer. Without
 * it they would be made in the writable layer at each first start, and show up as changes. It holds what overlayfs wants below an image without layers.
 */
export const pointsFolder = (root: string): string => `${root}/points`;

const pointFolders = ['dev', 'etc', 'proc', 'sys'];
const pointFiles = ['.dockerenv', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

export function makePoints(root: string): void {
	if (existsSync(pointsFolder(root))) return;
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

/** The first that is gone is named. */
export function checkLayers(root: string, chainIds: readonly Digest[]): void {
	const chainId = chainIds.find(one => !hasLayer(root, one));
	if (chainId !== undefined)
		throw new EngineError({code: 'layer.not-found', subject: chainId, message: `layer ${shortDigest(chainId)} is not in the store`, hint: 'Pull the image again.'});
}

/**
 * The container's "/" shows owner and mode of this folder: they must be those of the topmost layer that describes its root, or, whatever our
 * umask is, such that every user can look into it.
 */
export function dressAsRoot(folder: string, root: string, chainIds: readonly Digest[]): void {
	const {mode, uid, gid} = imageRoot(root, chainIds);
	chownSync(folder, uid, gid);
	chmodSync(folder, mode & 0o7777);
}
