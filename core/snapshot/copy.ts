import {mkdirSync} from 'node:fs';
import type {LayerStore} from '../layer/model.ts';
import type {SnapshotDriver} from './model.ts';
import {mergeLayers, plainDriver} from './plain.ts';

/** A copy of the image for each container: on any file system, at the price of the copy; blocks are shared where the file system can. */
export const copyDriver = (store: LayerStore): SnapshotDriver =>
	plainDriver(store, 'copy', async (beside, place, chainIds) => {
		mkdirSync(beside, {mode: 0o700});
		await mergeLayers(store, beside, place, chainIds);
	});
