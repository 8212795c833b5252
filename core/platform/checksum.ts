/** Sums of short texts, past node:zlib and node:crypto: loading those takes longer than all else that a short command does. */

const table = (): Uint32Array =>
	(shared ??= Uint32Array.from({length: 256}, (_, byte) => Array.from({length: 8}).reduce((sum: number) => (sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1), byte)));
let shared: Uint32Array | undefined;

/** CRC-32 as of zlib, of the text's UTF-8. */
export function crc32(text: string): number {
	let sum = 0xffffffff;
	for (const byte of Buffer.from(text)) sum = (table()[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
	return ~sum >>> 0;
}

const digit = (number: number): string => (number >>> 0).toString(16).padStart(8, '0');

/** 16 hex digits that tell texts apart; against nobody's will. */
export function shortHash(text: string): string {
	let [one, two] = [0xdeadbeef, 0x41c6ce57];
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		one = Math.imul(one ^ code, 0x9e3779b1);
		two = Math.imul(two ^ code, 0x5f356495);
	}
	one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(two ^ (two >>> 13), 0xc2b2ae35);
	two = Math.imul(two ^ (two >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
	return digit(one) + digit(two);
}
