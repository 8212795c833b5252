import {existsSync, mkdirSync, renameSync} from 'node:fs';
import type {LayerStore} from '../layer/model.ts';
import type {Digest} from '../oci/digest.ts';
import {checkLayers, dressAsRoot, lowerFolders, makePoints, pointsFolder} from './below.ts';
import {measure, removeFolders} from './helper.ts';
import type {Overlay, SnapshotDriver} from './model.ts';

/** The writable layer is the `upper` of an overlay mount: preparing costs three folders, whatever the image's size. */
export function overlayDriver({root, helper}: LayerStore): SnapshotDriver {
	const places = (id: string): Pick<Overlay, 'upper' | 'work'> => ({upper: `${root}/containers/${id}/upper`, work: `${root}/containers/${id}/work`});
	const mountable = (id: string, chainIds: readonly Digest[]): Overlay => ({kind: 'overlay', ...places(id), lower: [...lowerFolders(root, chainIds), pointsFolder(root)]});
	return {
		name: 'overlay',
		mountable,
		async prepare(id, chainIds) {
			checkLayers(root, chainIds);
			const overlay = mountable(id, chainIds);
			mkdirSync(overlay.work, {recursive: true, mode: 0o700});
			makePoints(root);
			if (!existsSync(overlay.upper)) makeUpper(root, chainIds, overlay.upper);
			return overlay;
		},
		usage: (id, chainIds) => measure(helper, mountable(id, chainIds)),
		remove: id => removeFolders(helper, id, Object.values(places(id))),
	};
}

/** It gets its name when it has owner and mode, so that a crash leaves no other. */
function makeUpper(root: string, chainIds: readonly Digest[], upper: string): void {
	const fresh = `${upper}.new`;
	mkdirSync(fresh, {recursive: true});
	dressAsRoot(fresh, root, chainIds);
	renameSync(fresh, upper);
}
