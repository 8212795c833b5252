import {randomBytes} from 'node:crypto';
import {rmSync} from 'node:fs';
import {blobPath, hasBlob} from '../content/path.ts';
import {EngineError} from '../errors/error.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {replaceLayer} from './commit.ts';
import {layerFailure} from './failure.ts';
import {startAgain, type UnpackHelper} from './helper.ts';
import type {LayerInfo} from './info.ts';
import type {LayerStore, WantedLayer} from './model.ts';
import {layerTree, stagingFolder} from './path.ts';
import {settleLayer} from './settle.ts';

/** What of a layer's tree is not as its blob says: `content`, `missing`, `extra`, … and the path in it. */
export type TreeProblem = {readonly what: string; readonly path: string};

/**
 * Unpacks the layer's blob once more, beside, and compares. With `heal` the new tree takes the place of one that differs. `lower`: the trees
 * below it, topmost first.
 */
export async function verifyLayer(store: LayerStore, layer: WantedLayer, lower: readonly string[], {heal}: {readonly heal: boolean}): Promise<TreeProblem[]> {
	const staging = `${stagingFolder(store.root)}/check-${randomBytes(8).toString('hex')}`;
	const {helper, info} = await unpackBeside(store, layer, lower, staging);
	try {
		const problems = await compare(store, layer, staging);
		if (heal && problems.length > 0) await replaceLayer(store, layer.chainId, staging, info);
		return problems;
	} finally {
		await helper.release();
		rmSync(staging, {recursive: true, force: true});
	}
}

async function unpackBeside(store: LayerStore, layer: WantedLayer, lower: readonly string[], staging: string): Promise<{helper: UnpackHelper; info: LayerInfo}> {
	for (let through: string[] = []; ; ) {
		const helper = startAgain(store, layer, staging, through);
		try {
			const fields = await helper.result;
			const links = await settleLayer(store, layer, lower, staging);
			if (links.length === 0) return {helper, info: {size: Number(fields.get('file-bytes')), opaque: fields.get('opaque') === 'yes', root: fields.get('root') === 'yes'}};
			through = [...through, ...links];
			await helper.release();
		} catch (error) {
			await helper.kill();
			rmSync(staging, {recursive: true, force: true});
			throw layerFailure(layer, error);
		}
	}
}

async function compare({root, helper}: LayerStore, {chainId, digest}: WantedLayer, staging: string): Promise<TreeProblem[]> {
	const result = await runProgram(helper, ['compare', '--from', `${staging}/fs`, '--target', layerTree(root, chainId)]);
	if (result.code !== 0) throw new EngineError({code: 'layer.not-compared', subject: digest, message: `cannot look through layer ${digest}: ${reasonOf(result, helper)}`});
	return result.stdout
		.split('\0')
		.filter(line => line !== '')
		.map(line => ({what: line.slice(0, line.indexOf(' ')), path: line.slice(line.indexOf(' ') + 1)}));
}

/** Whether a blob's bytes are what its name says. */
export async function isBlobWhole({root, helper}: LayerStore, {digest, size}: Pick<WantedLayer, 'digest' | 'size'>): Promise<boolean> {
	if (!hasBlob(root, digest)) return false;
	const result = await runProgram(helper, ['unpack', '--input', blobPath(root, digest), '--digest', digest, '--size', String(size)]);
	return result.code === 0;
}
