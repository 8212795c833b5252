import {existsSync, mkdirSync, renameSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import type {LayerStore} from '../layer/model.ts';
import type {Digest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {checkLayers, dressAsRoot, lowerFolders, makePoints, pointsFolder} from './below.ts';
import {measure, removeFolders} from './helper.ts';
import type {DriverName, Plain, SnapshotDriver} from './model.ts';

/** Makes `beside`, a folder that is not there, what a container of these layers begins with. */
export type MakeTree = (beside: string, place: Plain, chainIds: readonly Digest[]) => Promise<void>;

/** A driver of whole trees, one a container: each gets its name when it is whole, so that a crash leaves no other. */
export function plainDriver({root, helper}: LayerStore, name: DriverName, make: MakeTree): SnapshotDriver {
	const tree = (id: string): string => `${root}/containers/${id}/rootfs`;
	const rubbish = (id: string): string[] => [`${tree(id)}.new`, `${tree(id)}.new.base`];
	const mountable = (id: string, chainIds: readonly Digest[]): Plain => ({kind: 'plain', tree: tree(id), lower: [...lowerFolders(root, chainIds), pointsFolder(root)]});
	return {
		name,
		mountable,
		async prepare(id, chainIds) {
			checkLayers(root, chainIds);
			makePoints(root);
			const place = mountable(id, chainIds);
			if (existsSync(place.tree)) return place;
			await removeFolders(helper, id, rubbish(id));
			mkdirSync(`${root}/containers/${id}`, {recursive: true, mode: 0o700});
			await make(`${place.tree}.new`, place, chainIds);
			renameSync(`${place.tree}.new`, place.tree);
			return place;
		},
		usage: (id, chainIds) => measure(helper, mountable(id, chainIds)),
		remove: id => removeFolders(helper, id, [tree(id), ...rubbish(id)]),
	};
}

/** Puts the layers over each other in `to`, which is there and empty. */
export async function mergeLayers({root, helper}: LayerStore, to: string, {lower}: Plain, chainIds: readonly Digest[]): Promise<void> {
	await runSnapshot(helper, 'cannot copy the image', to, ['copy', ...lower.flatMap(folder => ['--lower', folder]), '--target', to]);
	dressAsRoot(to, root, chainIds);
}

export async function runSnapshot(helper: string, what: string, subject: string, args: readonly string[]): Promise<void> {
	const result = await runProgram(helper, args);
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-made', subject, message: `${what}: ${reasonOf(result, helper)}`});
}
