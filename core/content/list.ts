import {readdirSync, rmSync, statSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {type Digest, isDigest} from '../oci/digest.ts';
import {blobFolder, blobPath} from './path.ts';

/** Every blob of the store. */
export const listBlobs = (root: string): Digest[] =>
	['sha256', 'sha512'].flatMap(algorithm =>
		entries(blobFolder(root, algorithm))
			.map(hex => `${algorithm}:${hex}`)
			.filter(isDigest),
	);

export const blobSize = (root: string, digest: Digest): number | undefined => statSync(blobPath(root, digest), {throwIfNoEntry: false})?.size;

/** No error when it is not there. */
export const removeBlob = (root: string, digest: Digest): void => rmSync(blobPath(root, digest), {force: true});

function entries(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return [];
		throw error;
	}
}
