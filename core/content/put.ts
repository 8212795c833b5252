import {existsSync, renameSync, rmSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {writeSynced} from '../platform/files.ts';
import {randomHex} from '../platform/random.ts';
import {algorithmOf, type Digest, type DigestAlgorithm, digestOf} from '../oci/digest.ts';
import {makeFolders, syncFolder} from './durable.ts';
import {blobFolder, blobPath, ingestFolder} from './path.ts';

/**
 * Stores a small blob (a manifest, a config) that is in memory. The content is at its digest afterwards, durably, whoever put it there:
 * two at once write beside each other and the last rename changes nothing.
 */
export function putBlob(root: string, digest: Digest, bytes: Uint8Array): Promise<void> {
	return new Promise((resolve, reject) => {
		try {
			put(root, digest, bytes);
			resolve();
		} catch (error) {
			reject(error);
		}
	});
}

function put(root: string, digest: Digest, bytes: Uint8Array): void {
	const path = blobPath(root, digest);
	const actual = digestOf(bytes, algorithmOf(digest) as DigestAlgorithm);
	if (actual !== digest) throw new EngineError({code: 'blob.wrong-digest', subject: digest, message: `blob ${digest} is damaged: its content has the digest ${actual}`});
	if (existsSync(path)) return;
	const folder = blobFolder(root, algorithmOf(digest));
	makeFolders(folder, ingestFolder(root));
	const beside = `${ingestFolder(root)}/put-${randomHex(8)}`;
	try {
		writeSynced(beside, bytes, 0o444);
		renameSync(beside, path);
	} catch (error) {
		rmSync(beside, {force: true});
		throw error;
	}
	syncFolder(folder);
}
