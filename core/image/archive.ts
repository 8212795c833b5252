import {readSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';

/** A tar file that holds an image, seen as a table of its members. It is never unpacked: members are read by exact name, from their place. */
export type Archive = {
	/** What the user calls it. */
	readonly subject: string;
	readonly fd: number;
	readonly members: ReadonlyMap<string, Member>;
};

export type Member = {readonly kind: 'file'; readonly offset: number; readonly size: number} | {readonly kind: 'link'; readonly target: string} | {readonly kind: 'other'};

const block = 512;
const memberLimit = 20_000;
const nameLimit = 4096;
const extensionLimit = 1024 * 1024;
const pieceSize = 1024 * 1024;

const broken = (subject: string, reason: string): EngineError => new EngineError({code: 'archive.invalid', subject, message: `${subject} is no usable image archive: ${reason}`});

/** What a PAX header or a GNU long name says about the entry that follows. */
type Extension = {path?: string; linkpath?: string; size?: number};

export function indexArchive(fd: number, subject: string): Archive {
	const members = new Map<string, Member>();
	const header = Buffer.alloc(block);
	let extension: Extension = {};
	for (let at = 0, count = 0; readAt(fd, header, at) === block && !isZero(header); count++) {
		if (count > memberLimit) throw broken(subject, `it has more than ${memberLimit} members`);
		const entry = parseHeader(header, subject, extension);
		const data = at + block;
		at = data + Math.ceil(entry.size / block) * block;
		if (!Number.isSafeInteger(at)) throw broken(subject, 'a size in it is beyond all measure');
		if (entry.type === 'x' || entry.type === 'L' || entry.type === 'K') {
			extension = {...extension, ...readExtension(fd, entry, data, subject)};
		} else {
			extension = {};
			if (entry.type !== 'g') addMember(members, entry, data, subject);
		}
	}
	return {subject, fd, members};
}

type Entry = {readonly name: string; readonly link: string; readonly type: string; readonly size: number};

function parseHeader(header: Buffer, subject: string, {path, linkpath, size}: Extension): Entry {
	const stored = Number.parseInt(text(header, 148, 8), 8);
	if (stored !== checksum(header)) throw broken(subject, 'a checksum in it is wrong (is it a tar file?)');
	const prefix = text(header, 257, 5) === 'ustar' && header[262] === 0 ? text(header, 345, 155) : '';
	const name = path ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`);
	return {name, link: linkpath ?? text(header, 157, 100), type: String.fromCharCode(header[156] ?? 0), size: size ?? parseSize(header, subject)};
}

function addMember(members: Map<string, Member>, {name, link, type, size}: Entry, offset: number, subject: string): void {
	const key = name.replace(/^(\.\/)+/, '');
	if (key.length > nameLimit) throw broken(subject, 'a name in it is too long');
	const isFile = type === '0' || type === '\0';
	if (isFile && members.get(key)?.kind === 'file') throw broken(subject, `it has ${JSON.stringify(key)} twice`);
	members.set(key, isFile ? {kind: 'file', offset, size} : type === '1' || type === '2' ? {kind: 'link', target: link} : {kind: 'other'});
}

/** Eight octal digits or more, or the GNU form in base 256 for the very large. */
function parseSize(header: Buffer, subject: string): number {
	const field = header.subarray(124, 136);
	if (field[0] === 0x80) return Number(field.readBigUInt64BE(4));
	const digits = text(header, 124, 12).trim();
	if (!/^[0-7]*$/.test(digits)) throw broken(subject, 'a size in it is not a number');
	return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function readExtension(fd: number, {type, size}: Entry, offset: number, subject: string): Extension {
	if (size > extensionLimit) throw broken(subject, 'a long name in it is too long');
	const data = readExactly(fd, offset, size, subject);
	if (type === 'L') return {path: cut(data)};
	if (type === 'K') return {linkpath: cut(data)};
	return readPax(data, subject);
}

/** Records of `LENGTH KEY=VALUE\n`. */
function readPax(data: Buffer, subject: string): Extension {
	const extension: Extension = {};
	for (let at = 0; at < data.length; ) {
		const space = data.indexOf(0x20, at);
		const length = space === -1 ? Number.NaN : Number(data.toString('latin1', at, space));
		if (!Number.isSafeInteger(length) || length <= space - at + 1 || at + length > data.length) throw broken(subject, 'an extended header in it is broken');
		const record = data.toString('utf8', space + 1, at + length - 1);
		const equals = record.indexOf('=');
		const value = record.slice(equals + 1);
		const key = record.slice(0, equals);
		if (key === 'path') extension.path = value;
		else if (key === 'linkpath') extension.linkpath = value;
		else if (key === 'size' && /^\d{1,15}$/.test(value)) extension.size = Number(value);
		at += length;
	}
	return extension;
}

const isZero = (header: Buffer): boolean => header.every(byte => byte === 0);
const checksum = (header: Buffer): number => header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
const text = (header: Buffer, offset: number, length: number): string => cut(header.subarray(offset, offset + length));

function cut(data: Buffer): string {
	const end = data.indexOf(0);
	return data.toString('utf8', 0, end === -1 ? data.length : end);
}

function readAt(fd: number, into: Buffer, offset: number): number {
	let filled = 0;
	for (let got = -1; filled < into.length && got !== 0; filled += got) got = readSync(fd, into, filled, into.length - filled, offset + filled);
	return filled;
}

function readExactly(fd: number, offset: number, size: number, subject: string): Buffer {
	const data = Buffer.alloc(size);
	if (readAt(fd, data, offset) !== size) throw broken(subject, 'it is cut off');
	return data;
}

/** The regular file of that name. */
export function findFile({members, subject}: Archive, name: string): {readonly offset: number; readonly size: number} {
	const member = members.get(name);
	if (!member) throw broken(subject, `${JSON.stringify(name.slice(0, 200))} is missing in it`);
	if (member.kind !== 'file') throw broken(subject, `${JSON.stringify(name.slice(0, 200))} in it is not a regular file`);
	return member;
}

export const hasFile = ({members}: Archive, name: string): boolean => members.get(name)?.kind === 'file';

/** A small member, whole. */
export function readFile(archive: Archive, name: string, limit: number): Buffer {
	const {offset, size} = findFile(archive, name);
	if (size > limit) throw broken(archive.subject, `${JSON.stringify(name.slice(0, 200))} in it is larger than ${limit} bytes`);
	return readExactly(archive.fd, offset, size, archive.subject);
}

/** The bytes of a member from `from` on, in pieces. */
export async function* streamFile(archive: Archive, name: string, from = 0): AsyncGenerator<Buffer> {
	const {offset, size} = findFile(archive, name);
	for (let at = from; at < size; at += pieceSize) yield readExactly(archive.fd, offset + at, Math.min(pieceSize, size - at), archive.subject);
}
