import {chmodSync, chownSync, mkdirSync, statSync} from 'node:fs';
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
	const folder = (id: string): string => `${root}/containers/${id}`;
	const mountable = (id: string, chainIds: readonly Digest[]): Mountable => ({lower: lowerFolders(root, chainIds), upper: `${folder(id)}/upper`, work: `${folder(id)}/work`});
	return {
		name: 'overlay',
		mountable,
		async prepare(id, chainIds) {
			for (const chainId of chainIds) if (!hasLayer(root, chainId)) throw missing(chainId);
			const places = mountable(id, chainIds);
			mkdirSync(places.work, {recursive: true, mode: 0o700});
			if (mkdirSync(places.upper, {recursive: true, mode: 0o755}) !== undefined) dressRoot(root, chainIds, places.upper);
			return places;
		},
		usage: id => measure(helper, `${folder(id)}/upper`),
		async remove(id) {
			const result = await runProgram(helper, ['remove', `${folder(id)}/upper`, `${folder(id)}/work`]);
			if (result.code !== 0) throw new EngineError({code: 'snapshot.not-removed', subject: id, message: `cannot remove the writable layer of ${id}: ${reasonOf(result, helper)}`});
		},
	};
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

/** The container's "/" shows owner and mode of the upper folder: they must be those of the topmost layer that describes its root. */
function dressRoot(root: string, chainIds: readonly Digest[], upper: string): void {
	const top = chainIds.findLast(chainId => readLayerInfo(root, chainId).root);
	if (top === undefined) return;
	const {mode, uid, gid} = statSync(layerTree(root, top));
	chmodSync(upper, mode & 0o7777);
	chownSync(upper, uid, gid);
}

async function measure(helper: string, path: string): Promise<SnapshotUsage> {
	const result = await runProgram(helper, ['size', path]);
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-measured', subject: path, message: `cannot measure ${path}: ${reasonOf(result, helper)}`});
	const fields = readPairs(result.stdout);
	return {bytes: Number(fields.get('bytes')), inodes: Number(fields.get('inodes'))};
}

const missing = (chainId: Digest): EngineError =>
	new EngineError({code: 'layer.not-found', subject: chainId, message: `layer ${shortDigest(chainId)} is not in the store`, hint: 'Pull the image again.'});
