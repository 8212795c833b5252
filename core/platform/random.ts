import {closeSync, openSync, readSync} from 'node:fs';

/** From the kernel, past node:crypto: loading that takes longer than all else that a short command does. */
export function randomBytes(count: number): Buffer {
	const bytes = Buffer.allocUnsafe(count);
	const fd = openSync('/dev/urandom', 'r');
	try {
		for (let at = 0; at < count; ) at += readSync(fd, bytes, at, count - at, null);
		return bytes;
	} finally {
		closeSync(fd);
	}
}

export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Below `limit`, which is small: what its 48 bits favour is not to be seen. */
export const randomInt = (limit: number): number => randomBytes(6).readUIntBE(0, 6) % limit;
