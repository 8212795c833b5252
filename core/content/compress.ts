import {createHash, randomBytes} from 'node:crypto';
import {closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {type Digest, parseDigest} from '../oci/digest.ts';
import {makeFolders, syncFolder} from './durable.ts';
import {blobFolder, blobPath, ingestFolder} from './path.ts';
import {openBlob} from './read.ts';

/** Makes a gzip of a blob, one more blob, durably. `pin` is called with its digest before anybody could see it. The same bytes give the same blob. */
export async function compressBlob(root: string, digest: Digest, pin: (digest: Digest) => void): Promise<{digest: Digest; size: number}> {
	const folder = blobFolder(root, 'sha256');
	makeFolders(folder, ingestFolder(root));
	const beside = `${ingestFolder(root)}/put-${randomBytes(8).toString('hex')}`;
	const fd = openSync(beside, 'wx', 0o444);
	try {
		const made = await writeGzip(root, digest, fd);
		fsyncSync(fd);
		pin(made.digest);
		if (!existsSync(blobPath(root, made.digest))) renameSync(beside, blobPath(root, made.digest));
		syncFolder(folder);
		return made;
	} finally {
		closeSync(fd);
		rmSync(beside, {force: true});
	}
}

async function writeGzip(root: string, digest: Digest, fd: number): Promise<{digest: Digest; size: number}> {
	const hash = createHash('sha256');
	let size = 0;
	const write = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
		for await (const piece of pieces) {
			hash.update(piece);
			size += piece.length;
			for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
		}
	};
	const {createGzip} = process.getBuiltinModule('node:zlib');
	await pipeline(createReadStream('', {fd: openBlob(root, digest), highWaterMark: 256 * 1024}), createGzip({chunkSize: 256 * 1024}), write);
	return {digest: parseDigest(`sha256:${hash.digest('hex')}`), size};
}
