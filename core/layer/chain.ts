import {type Digest, digestOf} from '../oci/digest.ts';

/**
 * The chain-ids of layers from their diff-ids, lowest first (OCI image specification, "Layer ChainID"): a layer's name depends on
 * all below it, so that one unpacked folder serves every image that has the same layers up to there.
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
	const chain: Digest[] = [];
	for (const diffId of diffIds) {
		const below = chain.at(-1);
		chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
	}
	return chain;
}
