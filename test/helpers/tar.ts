/** A small writer of tars, honest and not: every field of a header can be said, also what no honest writer would. */
export type TarEntry = {
	readonly name: string | Uint8Array;
	/** The type's letter; `0`, a file, when absent. */
	readonly type?: string;
	readonly data?: string | Uint8Array;
	readonly mode?: number;
	readonly uid?: number;
	readonly gid?: number;
	/** Seconds. */
	readonly mtime?: number;
	readonly link?: string;
	readonly major?: number;
	readonly minor?: number;
	/** Records of a pax header before it. */
	readonly pax?: Readonly<Record<string, string | Uint8Array>>;
	/** What the header says in place of the data's length. */
	readonly size?: number;
	/** Bytes put into the header at an offset before its sum is made. */
	readonly patch?: ReadonlyArray<readonly [offset: number, bytes: string | Uint8Array]>;
	/** False: a wrong sum. */
	readonly sum?: boolean;
	/** `ustar\0` + `00`, GNU's, or none at all. */
	readonly magic?: 'posix' | 'gnu' | 'v7';
};

const BLOCK = 512;
const magics = {posix: 'ustar\x0000', gnu: 'ustar  \0', v7: '\0'.repeat(8)} as const;

const bytesOf = (value: string | Uint8Array): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value);

/** Octal, or base-256 where that does not fit. */
function number(header: Buffer, offset: number, length: number, value: number): void {
	const octal = value.toString(8);
	if (value >= 0 && octal.length < length) {
		header.write(`${octal.padStart(length - 1, '0')}\0`, offset, 'latin1');
		return;
	}
	let rest = BigInt(value);
	for (let at = offset + length - 1; at >= offset; at--, rest >>= 8n) header[at] = Number(rest & 0xffn);
	header[offset] = value < 0 ? 0xff : (header[offset] ?? 0) | 0x80;
}

export function padded(data: Uint8Array): Buffer {
	return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

export function paxRecord(key: string, value: string | Uint8Array): Buffer {
	const body = Buffer.concat([Buffer.from(` ${key}=`), bytesOf(value), Buffer.from('\n')]);
	let length = body.length;
	while (String(length).length + body.length !== length) length = String(length).length + body.length;
	return Buffer.concat([Buffer.from(String(length)), body]);
}

function header(entry: TarEntry, size: number): Buffer {
	const block = Buffer.alloc(BLOCK);
	const {type = '0', mode = type === '5' ? 0o755 : 0o644, uid = 0, gid = 0, mtime = 1_600_000_000, link = '', major = 0, minor = 0, magic = 'posix'} = entry;
	block.set(bytesOf(entry.name).subarray(0, 100), 0);
	number(block, 100, 8, mode);
	number(block, 108, 8, uid);
	number(block, 116, 8, gid);
	number(block, 124, 12, entry.size ?? size);
	number(block, 136, 12, mtime);
	block.write(type, 156, 'latin1');
	block.set(Buffer.from(link).subarray(0, 100), 157);
	block.write(magics[magic], 257, 'latin1');
	number(block, 329, 8, major);
	number(block, 337, 8, minor);
	for (const [offset, bytes] of entry.patch ?? []) block.set(bytesOf(bytes), offset);
	block.fill(' ', 148, 156);
	const sum = block.reduce((total, byte) => total + byte, 0) + (entry.sum === false ? 1 : 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return block;
}

/** One entry with its extended headers, its data and their padding. */
export function tarEntry(entry: TarEntry): Buffer {
	const data = bytesOf(entry.data ?? '');
	const parts = [header(entry, data.length), padded(data)];
	if (entry.pax) {
		const records = Buffer.concat(Object.entries(entry.pax).map(([key, value]) => paxRecord(key, value)));
		parts.unshift(header({name: 'PaxHeader', type: 'x'}, records.length), padded(records));
	}
	return Buffer.concat(parts);
}

export const TAR_END = Buffer.alloc(2 * BLOCK);

export const tar = (...entries: readonly TarEntry[]): Buffer => Buffer.concat([...entries.map(tarEntry), TAR_END]);

export const folder = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({name, type: '5', ...more});
export const file = (name: string, data: string | Uint8Array = '', more: Partial<TarEntry> = {}): TarEntry => ({name, data, ...more});
export const symlink = (name: string, link: string, more: Partial<TarEntry> = {}): TarEntry => ({name, type: '2', link, mode: 0o777, ...more});
export const hardLink = (name: string, link: string, more: Partial<TarEntry> = {}): TarEntry => ({name, type: '1', link, ...more});
/** GNU's header for a name (`L`) or link (`K`) that does not fit. */
export const longName = (type: 'L' | 'K', name: string): TarEntry => ({name: '././@LongLink', type, data: `${name}\0`, magic: 'gnu'});
