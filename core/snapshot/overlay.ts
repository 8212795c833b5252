import {chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {hasLayer, readLayerInfo, readPairs} from '../layer/info.ts';
import type {LayerStore} from '../layer/model.ts';
import {layerTree} from '../layer/path.ts';
import {type Digest, shortDigest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import type {Mountable, SnapshotDriver, SnapshotUsage} from './model.ts';

/** The writable layer is the `upper` of an overlay mount: preparing costs three folders, whatever the image's size. */
export function overlayDriver(store: LayerStore): SnapshotDriver {
	const {root, helper} = store;
	const mountable = (id: string, chainIds: readonly Digest[]): Mountable => ({...writableLayer(root, id), lower: [...lowerFolders(root, chainIds), pointsFolder(root)]});
	return {
		name: 'overlay',
		mountable,
		async prepare(id, chainIds) {
			for (const chainId of chainIds) if (!hasLayer(root, chainId)) throw missing(chainId);
			const places = mountable(id, chainIds);
			mkdirSync(places.work, {recursive: true, mode: 0o700});
			if (!existsSync(pointsFolder(root))) makePoints(root);
			if (!existsSync(places.upper)) makeUpper(root, chainIds, places.upper);
			return places;
		},
		usage: id => measure(helper, writableLayer(root, id).upper),
		async remove(id) {
			const {upper, work} = writableLayer(root, id);
			const result = await runProgram(helper, ['remove', upper, work]);
			if (result.code !== 0) throw new EngineError({code: 'snapshot.not-removed', subject: id, message: `cannot remove the writable layer of ${id}: ${reasonOf(result, helper)}`});
		},
	};
}

/** What a container writes, and the scratch folder beside it. */
export const writableLayer = (root: string, id: string): {upper: string; work: string} => ({upper: `${root}/containers/${id}/upper`, work: `${root}/containers/${id}/work`});

/**
 * Lies below all layers: the files and folders that every container has something mounted on, where the image has none, as Docker's init layer. Without
 * it they would be made in the writable layer at each first start, and show up as changes. It holds what overlayfs wants below an image without layers.
 */
const pointsFolder = (root: string): string => `${root}/points`;

const pointFolders = ['dev', 'etc', 'proc', 'sys'];
const pointFiles = ['.dockerenv', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

function makePoints(root: string): void {
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

/**
 * The container's "/" shows owner and mode of the upper folder: they must be those of the topmost layer that describes its root, or, whatever
 * our umask is, such that every user can look into it. It gets its name when it has them, so that a crash leaves no other.
 */
function makeUpper(root: string, chainIds: readonly Digest[], upper: string): void {
	const fresh = `${upper}.new`;
	mkdirSync(fresh, {recursive: true});
	const {mode, uid, gid} = imageRoot(root, chainIds);
	chownSync(fresh, uid, gid);
	chmodSync(fresh, mode & 0o7777);
	renameSync(fresh, upper);
}

function imageRoot(root: string, chainIds: readonly Digest[]): {readonly mode: number; readonly uid: number; readonly gid: number} {
	const top = chainIds.findLast(chainId => readLayerInfo(root, chainId).root);
	return top === undefined ? {mode: 0o755, uid: 0, gid: 0} : statSync(layerTree(root, top));
}

/** The container has given its "/" another owner or mode than the image's. */
export function hasChangedRoot(root: string, id: string, chainIds: readonly Digest[]): boolean {
	const [now, before] = [statSync(writableLayer(root, id).upper), imageRoot(root, chainIds)];
	return now.uid !== before.uid || now.gid !== before.gid || (now.mode & 0o7777) !== (before.mode & 0o7777);
}

async function measure(helper: string, path: string): Promise<SnapshotUsage> {
	const result = await runProgram(helper, ['size', path]);
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-measured', subject: path, message: `cannot measure ${path}: ${reasonOf(result, helper)}`});
	const fields = readPairs(result.stdout);
	return {bytes: Number(fields.get('bytes')), inodes: Number(fields.get('inodes'))};
}

const missing = (chainId: Digest): EngineError =>
	new EngineError({code: 'layer.not-found', subject: chainId, message: `layer ${shortDigest(chainId)} is not in the store`, hint: 'Pull the image again.'});
