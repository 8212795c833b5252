import {chmodSync, existsSync, renameSync, rmSync} from 'node:fs';
import {blobFolder, blobPath, partPath} from '../content/path.ts';
import {syncFolder} from '../content/durable.ts';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {algorithmOf, type Digest} from '../oci/digest.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {type LayerInfo, writeLayerInfo} from './info.ts';
import type {LayerStore, WantedLayer} from './model.ts';
import {implicitList, layerFolder, stagingPath} from './path.ts';

export type StagedLayer = {readonly layer: WantedLayer; readonly info: LayerInfo};

/**
 * Makes unpacked layers and their blobs part of the store: everything to the disk by one syncfs, then the renames, then the folders. What
 * is visible under its name is whole, also after a power cut between any two of these steps.
 */
export async function commitLayers(store: LayerStore, staged: readonly StagedLayer[]): Promise<void> {
	const {root} = store;
	for (const {layer} of staged) rmSync(implicitList(root, layer.chainId), {force: true});
	for (const {layer, info} of staged) writeLayerInfo(stagingPath(root, layer.chainId), info);
	await syncStore(store);
	for (const {layer} of staged) publishBlob(root, layer.digest);
	for (const {layer} of staged) publishLayer(root, layer.chainId);
	for (const folder of new Set([...staged.map(({layer}) => blobFolder(root, algorithmOf(layer.digest))), `${root}/layers`])) syncFolder(folder);
}

/** A folder without its tree, left by a damage of the disk, gives way: whoever cleans up next takes it away. */
function publishLayer(root: string, chainId: Digest, from = stagingPath(root, chainId)): void {
	const to = layerFolder(root, chainId);
	try {
		renameSync(from, to);
	} catch (error) {
		if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
		renameSync(to, `${from}-damaged`);
		renameSync(from, to);
	}
}

/** Puts a layer that was unpacked again in the place of a damaged one; what runs on that keeps it until it ends. */
export async function replaceLayer(store: LayerStore, chainId: Digest, staging: string, info: LayerInfo): Promise<void> {
	rmSync(`${staging}/implicit`, {force: true});
	writeLayerInfo(staging, info);
	await syncStore(store);
	publishLayer(store.root, chainId, staging);
	syncFolder(`${store.root}/layers`);
}

export async function syncStore({root, helper}: LayerStore): Promise<void> {
	const result = await runProgram(helper, ['sync', root]);
	if (result.code !== 0) throw new EngineError({code: 'store.not-synced', subject: root, message: `cannot write ${root} to the disk: ${reasonOf(result, helper)}`});
}

/** Two layers may be one blob, and two processes may have finished it: whoever is second finds it done. */
export function publishBlob(root: string, digest: Digest): void {
	const path = blobPath(root, digest);
	if (existsSync(path)) return;
	try {
		chmodSync(partPath(root, digest), 0o444);
		renameSync(partPath(root, digest), path);
	} catch (error) {
		if (!hasErrno(error, 'ENOENT') || !existsSync(path)) throw error;
	}
}
