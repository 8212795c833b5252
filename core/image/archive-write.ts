import {write} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {hasErrno} from '../errors/codes.ts';

const block = 512;
const nameSize = 100;
const largestOctal = 0o77777777777;

/** A member of an archive that we write: its bytes, or where they come from, in pieces whose memory may be used again afterwards. */
export type OutgoingMember = {readonly name: string; readonly size: number; readonly content: Buffer | (() => AsyncIterable<Uint8Array>)};

/**
 * Writes members as a tar file, byte for byte the same for the same members: no owner, no times. Folders are named with a slash at their end.
 * What reads the other end may be slow; nothing is gathered here.
 */
export async function writeArchive(fd: number, members: readonly OutgoingMember[]): Promise<void> {
	for (const {name, size, content} of members) {
		await writeAll(fd, headersOf(name, size));
		if (Buffer.isBuffer(content)) await writeAll(fd, content);
		else for await (const piece of content()) await writeAll(fd, piece);
		await writeAll(fd, Buffer.alloc(padding(size)));
	}
	await writeAll(fd, Buffer.alloc(2 * block));
}

const padding = (size: number): number => (block - (size % block)) % block;

const writeSome = (fd: number, bytes: Uint8Array, from: number): Promise<number> =>
	new Promise((resolve, reject) => write(fd, bytes, from, bytes.length - from, null, (error, count) => (error ? reject(error) : resolve(count))));

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
	for (let done = 0; done < bytes.length; ) {
		try {
			done += await writeSome(fd, bytes, done);
		} catch (error) {
			// Somebody made the pipe non-blocking for all who hold it.
			if (!hasErrno(error, 'EAGAIN')) throw error;
			await delay(5);
		}
	}
}

/** A name that is too long for ustar goes into an extended header before the member's own. */
function headersOf(name: string, size: number): Buffer {
	const isFolder = name.endsWith('/');
	const own = header({name: name.slice(0, nameSize), size, type: isFolder ? '5' : '0', mode: isFolder ? 0o755 : 0o644});
	if (name.length <= nameSize) return own;
	const record = paxRecord('path', name);
	return Buffer.concat([header({name: 'pax', size: record.length, type: 'x', mode: 0o644}), record, Buffer.alloc(padding(record.length)), own]);
}

/** Its length, which it begins with, counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
	const rest = Buffer.byteLength(` ${key}=${value}\n`);
	let length = rest + String(rest).length;
	if (String(length).length > String(rest).length) length++;
	return Buffer.from(`${length} ${key}=${value}\n`);
}

function header({name, size, type, mode}: {name: string; size: number; type: string; mode: number}): Buffer {
	const bytes = Buffer.alloc(block);
	const octal = (value: number, at: number, width: number) => bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
	bytes.write(name, 0);
	octal(mode, 100, 8);
	octal(0, 108, 8);
	octal(0, 116, 8);
	if (size <= largestOctal) octal(size, 124, 12);
	else {
		// GNU's way with sizes that twelve octal digits do not hold.
		bytes[124] = 0x80;
		bytes.writeBigUInt64BE(BigInt(size), 128);
	}
	octal(0, 136, 12);
	bytes.write(`        ${type}`, 148);
	bytes.write('ustar\x0000', 257);
	octal(0, 329, 8);
	octal(0, 337, 8);
	octal(
		bytes.reduce((sum, byte) => sum + byte, 0),
		148,
		7,
	);
	return bytes;
}
