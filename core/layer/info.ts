import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import type {Digest} from '../oci/digest.ts';
import {layerFolder, layerTree} from './path.ts';

/** What is known of an unpacked layer, beside it in the file `info`. */
export type LayerInfo = {
	/** Bytes of its files. */
	readonly size: number;
	/** Its root folder hides all layers below: overlayfs does not look at the mark on a root, so that whoever mounts must leave them out. */
	readonly opaque: boolean;
	/** It describes its root folder: owner and mode of "/" are those of the topmost layer that does. */
	readonly root: boolean;
};

export const hasLayer = (root: string, chainId: Digest): boolean => existsSync(layerTree(root, chainId));

export const writeLayerInfo = (folder: string, {size, opaque, root}: LayerInfo): void =>
	writeFileSync(`${folder}/info`, `size ${size}\nopaque ${opaque ? 'yes' : 'no'}\nroot ${root ? 'yes' : 'no'}\n`, {mode: 0o600});

export function readLayerInfo(root: string, chainId: Digest): LayerInfo {
	try {
		const fields = readPairs(readFileSync(`${layerFolder(root, chainId)}/info`, 'utf8'));
		return {size: Number(fields.get('size') ?? 0), opaque: fields.get('opaque') === 'yes', root: fields.get('root') === 'yes'};
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return {size: 0, opaque: false, root: true};
		throw error;
	}
}

/** Lines of `key value`, as hawser-layer prints them. */
export const readPairs = (text: string): ReadonlyMap<string, string> =>
	new Map(
		text
			.split('\n')
			.filter(line => line !== '')
			.map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const),
	);
