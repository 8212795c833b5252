import {chmodSync, chownSync, existsSync, mkdirSync, renameSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {hasLayer, readPairs} from '../layer/info.ts';
import type {LayerStore} from '../layer/model.ts';
import type {Digest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {imageRoot, lowerFolders, makePoints, missing, pointsFolder} from './below.ts';
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

async function measure(helper: string, path: string): Promise<SnapshotUsage> {
	const result = await runProgram(helper, ['size', path]);
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-measured', subject: path, message: `cannot measure ${path}: ${reasonOf(result, helper)}`});
	const fields = readPairs(result.stdout);
	return {bytes: Number(fields.get('bytes')), inodes: Number(fields.get('inodes'))};
}
