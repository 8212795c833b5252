import {type Digest, hexOf} from '../oci/digest.ts';

/** Named by chain-id; present = complete and synced. Holds `fs` and `info`. */
export const layerFolder = (root: string, chainId: Digest): string => `${root}/layers/${hexOf(chainId)}`;
/** The layer in overlay form. */
export const layerTree = (root: string, chainId: Digest): string => `${layerFolder(root, chainId)}/fs`;
export const stagingFolder = (root: string): string => `${root}/staging`;
/** Where a layer is unpacked; one name for one layer, so that two processes meet at its lock. */
/** Its tree there, and the list of the folders in it that the layer does not describe. */
export const stagingTree = (root: string, chainId: Digest): string => `${stagingPath(root, chainId)}/fs`;
export const implicitList = (root: string, chainId: Digest): string => `${stagingPath(root, chainId)}/implicit`;
export const stagingPath = (root: string, chainId: Digest): string => `${stagingFolder(root)}/${hexOf(chainId)}`;
