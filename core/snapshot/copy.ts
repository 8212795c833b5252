import {existsSync, mkdirSync, renameSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import type {LayerStore} from '../layer/model.ts';
import type {Digest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {checkLayers, dressAsRoot, lowerFolders, makePoints, pointsFolder} from './below.ts';
import {measure, removeFolders} from './helper.ts';
import type {Plain, SnapshotDriver} from './model.ts';

/** A copy of the image for each container: on any file system, at the price of the copy; blocks are shared where the file system can. */
export function copyDriver(store: LayerStore): SnapshotDriver {
	const {root, helper} = store;
	const tree = (id: string): string => `${root}/containers/${id}/rootfs`;
	const mountable = (id: string, chainIds: readonly Digest[]): Plain => ({kind: 'plain', tree: tree(id), lower: [...lowerFolders(root, chainIds), pointsFolder(root)]});
	return {
		name: 'copy',
		mountable,
		async prepare(id, chainIds) {
			checkLayers(root, chainIds);
			makePoints(root);
			const place = mountable(id, chainIds);
			if (!existsSync(place.tree)) await makeTree(store, id, place, chainIds);
			return place;
		},
		usage: (id, chainIds) => measure(helper, mountable(id, chainIds)),
		remove: id => removeFolders(helper, id, [tree(id), fresh(tree(id))]),
	};
}

const fresh = (tree: string): string => `${tree}.new`;

/** It gets its name when it is whole, so that a crash leaves no other. */
async function makeTree({root, helper}: LayerStore, id: string, {tree, lower}: Plain, chainIds: readonly Digest[]): Promise<void> {
	const beside = fresh(tree);
	await removeFolders(helper, id, [beside]);
	mkdirSync(beside, {recursive: true, mode: 0o700});
	const result = await runProgram(helper, ['copy', ...lower.flatMap(folder => ['--lower', folder]), '--target', beside]);
	if (result.code !== 0) {
		await removeFolders(helper, id, [beside]);
		throw new EngineError({code: 'snapshot.not-made', subject: id, message: `cannot copy the image for ${id}: ${reasonOf(result, helper)}`});
	}
	dressAsRoot(beside, root, chainIds);
	renameSync(beside, tree);
}
