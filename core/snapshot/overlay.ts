import {existsSync, mkdirSync, renameSync} from 'node:fs';
import type {LayerStore} from '../layer/model.ts';
import type {Digest} from '../oci/digest.ts';
import {checkLayers, dressAsRoot, lowerFolders, makePoints, pointsFolder} from './below.ts';
import {measure, removeFolders} from './helper.ts';
import type {DriverName, Overlay, SnapshotDriver} from './model.ts';

/** The writable layer is the `upper` of an overlay mount: preparing costs three folders, whatever the image's size. */
export const overlayDriver = (store: LayerStore): SnapshotDriver => stackDriver(store, 'overlay', {});

/** The same folders, for kernels or rights that do not do for overlayfs: a program merges them, one process a container. */
export const fuseDriver = (store: LayerStore): SnapshotDriver => stackDriver(store, 'fuse-overlayfs', {fuse: findFuse()});

/** By a whole path: whoever calls us names none of what runs with our rights. */
export const findFuse = (): string => ['/usr/bin/fuse-overlayfs', '/usr/local/bin/fuse-overlayfs'].find(existsSync) ?? '/usr/bin/fuse-overlayfs';

function stackDriver({root, helper}: LayerStore, name: DriverName, served: Pick<Overlay, 'fuse'>): SnapshotDriver {
	const places = (id: string): Pick<Overlay, 'upper' | 'work'> => ({upper: `${root}/containers/${id}/upper`, work: `${root}/containers/${id}/work`});
	const mountable = (id: string, chainIds: readonly Digest[]): Overlay => ({kind: 'overlay', ...places(id), ...served, lower: [...lowerFolders(root, chainIds), pointsFolder(root)]});
	return {
		name,
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
