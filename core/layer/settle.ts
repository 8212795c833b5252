import {statSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import type {LayerStore, WantedLayer} from './model.ts';
import {stagingPath} from './path.ts';

/**
 * Gives the folders that a layer only passes through what those of the layers below have: owner, mode, times, attributes. `lower`: the
 * trees below, topmost first. Where there is a link below, the layer's files belong behind it: such links come back as `PATH:TARGET`, and
 * the layer is to be unpacked again with them.
 */
export async function settleLayer({root, helper}: LayerStore, {chainId, digest}: WantedLayer, lower: readonly string[], staging = stagingPath(root, chainId)): Promise<string[]> {
	const list = `${staging}/implicit`;
	if (lower.length === 0 || statSync(list).size === 0) return [];
	const result = await runProgram(helper, ['settle', '--target', `${staging}/fs`, '--implicit', list, ...lower.flatMap(tree => ['--lower', tree])]);
	if (result.code !== 0) throw new EngineError({code: 'layer.invalid', subject: digest, message: `cannot unpack layer ${digest}: ${reasonOf(result, helper)}`});
	return result.stdout
		.split('\n')
		.filter(line => line.startsWith('link '))
		.map(line => line.slice('link '.length));
}
