import {randomBytes} from 'node:crypto';
import {closeSync, fstatSync, mkdirSync, openSync, readSync, unlinkSync, writeSync} from 'node:fs';
import type {Readable, Transform} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {EngineError} from '../errors/error.ts';
import {hasErrno} from '../errors/codes.ts';

/** A file that can be read at any place; `close` gives up what was made for it. */
export type Spool = {readonly fd: number; close(): void};

type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2';

const magics: ReadonlyArray<readonly [Compression, readonly number[]]> = [
	['gzip', [0x1f, 0x8b]],
	['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
	['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
	['bzip2', [0x42, 0x5a, 0x68]],
];

/** What decompresses to more than this many times its size, beyond the first 64 MiB, is a bomb. */
const ratioLimit = 1000;
const ratioFrom = 64 * 1024 * 1024;

export function compressionOf(head: Uint8Array): Compression | undefined {
	return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0];
}

/** A plain tar file as it is; what is compressed, or comes through a pipe, by way of a nameless file in the store. */
export async function openSpool(root: string, input: {readonly path: string} | {readonly stdin: true}, signal?: AbortSignal): Promise<Spool> {
	const fd = 'path' in input ? openInput(input.path) : 0;
	const close = () => fd !== 0 && closeSync(fd);
	try {
		const stat = fstatSync(fd);
		if (stat.isDirectory()) throw new EngineError({code: 'archive.invalid', subject: nameOf(input), message: `${nameOf(input)} is a directory, not an image archive`});
		const head = Buffer.alloc(8);
		const isPlain = stat.isFile() && readSync(fd, head, 0, head.length, 0) >= 0 && compressionOf(head) === undefined;
		if (isPlain) return {fd, close};
		const spooled = await copyToSpool(root, fd, nameOf(input), signal);
		close();
		return {fd: spooled, close: () => closeSync(spooled)};
	} catch (error) {
		close();
		throw error;
	}
}

const nameOf = (input: {readonly path: string} | {readonly stdin: true}): string => ('path' in input ? input.path : 'the standard input');

function openInput(path: string): number {
	try {
		return openSync(path, 'r');
	} catch (error) {
		if (!hasErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP')) throw error;
		const reason = hasErrno(error, 'ENOENT') ? 'no such file or directory' : (error as Error).message;
		throw new EngineError({code: 'archive.not-found', subject: path, message: `open ${path}: ${reason}`, cause: error});
	}
}

async function copyToSpool(root: string, input: number, subject: string, signal: AbortSignal | undefined): Promise<number> {
	mkdirSync(`${root}/staging`, {recursive: true, mode: 0o700});
	const path = `${root}/staging/load-${randomBytes(8).toString('hex')}`;
	const output = openSync(path, 'wx+', 0o600);
	// Nameless from the start: whatever ends this process leaves nothing behind.
	unlinkSync(path);
	try {
		const {createReadStream} = process.getBuiltinModule('node:fs');
		await copyPlain(createReadStream('', {fd: input, autoClose: false, highWaterMark: 256 * 1024}), output, subject, signal);
		return output;
	} catch (error) {
		closeSync(output);
		throw error;
	}
}

async function copyPlain(input: Readable, output: number, subject: string, signal: AbortSignal | undefined): Promise<void> {
	const pieces = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
	const first = await pieces.next();
	if (first.done === true) throw new EngineError({code: 'archive.invalid', subject, message: `${subject} is empty`});
	let read = 0;
	const counted = async function* (): AsyncGenerator<Buffer> {
		for (let step: IteratorResult<Buffer> = first; step.done !== true; step = await pieces.next()) {
			read += step.value.length;
			yield step.value;
		}
	};
	const write = async (plain: AsyncIterable<Buffer>): Promise<void> => {
		let written = 0;
		for await (const piece of plain) {
			written += piece.length;
			if (written > ratioFrom && written > read * ratioLimit)
				throw new EngineError({code: 'archive.invalid', subject, message: `${subject} grows more than ${ratioLimit} times when it is decompressed`});
			for (let done = 0; done < piece.length; ) done += writeSync(output, piece, done);
		}
	};
	const expander = expanderFor(compressionOf(first.value), subject);
	try {
		await pipeline(expander ? [counted, expander, write] : [counted, write], signal ? {signal} : {});
	} catch (error) {
		if (
			!hasErrno(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR') &&
			!hasErrno(error, 'ZSTD_error_prefix_unknown', 'ZSTD_error_corruption_detected', 'ZSTD_error_checksum_wrong', 'ZSTD_error_frameParameter_windowTooLarge')
		)
			throw error;
		throw new EngineError({code: 'archive.invalid', subject, message: `${subject} cannot be decompressed: ${(error as Error).message}`, cause: error});
	}
}

function expanderFor(compression: Compression | undefined, subject: string): Transform | undefined {
	if (compression === undefined) return undefined;
	const {createGunzip, createZstdDecompress} = process.getBuiltinModule('node:zlib');
	if (compression === 'gzip') return createGunzip();
	if (compression === 'zstd') return createZstdDecompress();
	throw new EngineError({
		code: 'archive.invalid',
		subject,
		message: `${subject} is compressed with ${compression}, which is not read here`,
		hint: `Decompress it first: ${compression} -d.`,
	});
}
