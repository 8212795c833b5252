import {closeSync, fstatSync, openSync, read, readFileSync, readSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {algorithmOf, type Digest, type DigestAlgorithm, digestOf} from '../oci/digest.ts';
import {blobPath} from './path.ts';

/** What a manifest or a config may have at most. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;

/** A small blob whole, checked against its digest again: a disk may have changed it since. */
export function readBlob(root: string, digest: Digest, limit = DOCUMENT_LIMIT): Buffer {
	const fd = openBlob(root, digest);
	try {
		const {size} = fstatSync(fd);
		if (size > limit) throw new EngineError({code: 'blob.too-large', subject: digest, message: `blob ${digest} has ${size} bytes, more than the ${limit} that are read at once`});
		const bytes = readFileSync(fd);
		const actual = digestOf(bytes, algorithmOf(digest) as DigestAlgorithm);
		if (actual === digest) return bytes;
		throw new EngineError({
			code: 'blob.damaged',
			subject: digest,
			message: `blob ${digest} is damaged on the disk: its content has the digest ${actual}`,
			hint: 'Pull the image again.',
		});
	} finally {
		closeSync(fd);
	}
}

/** Its first bytes, at most `size`. */
export function readHead(root: string, digest: Digest, size: number): Buffer {
	const fd = openBlob(root, digest);
	try {
		const head = Buffer.alloc(size);
		return head.subarray(0, readSync(fd, head, 0, size, 0));
	} finally {
		closeSync(fd);
	}
}

export function openBlob(root: string, digest: Digest): number {
	try {
		return openSync(blobPath(root, digest), 'r');
	} catch (error) {
		if (!hasErrno(error, 'ENOENT')) throw error;
		throw new EngineError({code: 'blob.not-found', subject: digest, message: `blob ${digest} is not in the store`, hint: 'Pull the image again.'});
	}
}

const PIECE = 1024 * 1024;

const readSome = (fd: number, buffer: Buffer, size: number, at: number): Promise<Buffer> =>
	new Promise((resolve, reject) => read(fd, buffer, 0, size, at, (error, count) => (error ? reject(error) : resolve(buffer.subarray(0, count)))));

/** The bytes from `start` up to `end` in large pieces, the next of them read while one is in use; its memory is used again after that, so who has one must be done with it. */
export async function* readPieces(root: string, digest: Digest, start: number, end: number): AsyncGenerator<Buffer> {
	const fd = openBlob(root, digest);
	const room = Math.min(end - start, PIECE);
	const buffers = [Buffer.allocUnsafe(room), Buffer.allocUnsafe(room)];
	const ask = (at: number, turn: number) => readSome(fd, buffers[turn % 2] as Buffer, Math.min(room, end - at), at);
	try {
		let next = end > start ? ask(start, 0) : undefined;
		for (let at = start, turn = 0; next; turn++) {
			const piece = await next;
			if (piece.length === 0)
				throw new EngineError({code: 'blob.damaged', subject: digest, message: `blob ${digest} is shorter than its ${end} bytes`, hint: 'Pull the image again.'});
			at += piece.length;
			next = at < end ? ask(at, turn + 1) : undefined;
			yield piece;
		}
	} finally {
		closeSync(fd);
	}
}
