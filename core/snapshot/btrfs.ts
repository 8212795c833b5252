import {existsSync, renameSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {syncStore} from '../layer/commit.ts';
import type {LayerStore} from '../layer/model.ts';
import {layerFolder} from '../layer/path.ts';
import type {Digest} from '../oci/digest.ts';
import type {Plain, SnapshotDriver} from './model.ts';
import {mergeLayers, plainDriver, runSnapshot} from './plain.ts';

/**
 * A snapshot for each container, at no cost, of a subvolume that has the whole image: made for the first of them, and kept in the folder of
 * the image's topmost layer, so that it goes when that goes.
 */
export const btrfsDriver = (store: LayerStore): SnapshotDriver =>
	plainDriver(store, 'btrfs', async (beside, place, chainIds) => {
		const top = chainIds.at(-1);
		if (top === undefined) return makeWhole(store, beside, place, chainIds);
		const whole = `${layerFolder(store.root, top)}/whole`;
		if (!existsSync(whole)) await publishWhole(store, whole, `${beside}.base`, place, chainIds);
		await runSnapshot(store.helper, 'cannot snapshot the image', whole, ['subvolume', '--from', whole, '--target', beside]);
	});

async function makeWhole(store: LayerStore, to: string, place: Plain, chainIds: readonly Digest[]): Promise<void> {
	await runSnapshot(store.helper, `cannot keep containers with btrfs in ${store.root}`, to, ['subvolume', '--target', to]);
	await mergeLayers(store, to, place, chainIds);
}

/** Synced before it gets its name: all containers of the image to come have what is in it. */
async function publishWhole(store: LayerStore, whole: string, beside: string, place: Plain, chainIds: readonly Digest[]): Promise<void> {
	await makeWhole(store, beside, place, chainIds);
	await syncStore(store);
	try {
		renameSync(beside, whole);
	} catch (error) {
		// Another was first; what was made here goes with the container.
		if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
	}
}
