import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {StringDecoder} from 'node:string_decoder';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';

/** One file of a container's log, open: a rename by the monitor does not disturb who reads it. */
export type LogFile = {
	readonly path: string;
	readonly fd: number;
	readonly inode: number;
	/** Of a compressed file: what it was, inode and time of last change. */
	readonly origin?: string;
	/** Where to go on; of a compressed file: how many lines to pass over. */
	offset: number;
	rest: string;
	readonly decoder: StringDecoder;
};

const CHUNK = 256 * 1024;
const chunk = (): Buffer => (shared ??= Buffer.allocUnsafe(CHUNK));
let shared: Buffer | undefined;

function openIfThere(path: string, compressed: boolean): LogFile | undefined {
	try {
		const fd = openSync(path, 'r');
		return {path, fd, inode: fstatSync(fd).ino, ...(compressed && {origin: readOrigin(fd)}), offset: 0, rest: '', decoder: new StringDecoder('utf8')};
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
}

const HEAD_SIZE = 10;

/** hawser-layer compress writes a comment, and nothing else, after the fixed part of gzip's head (RFC 1952, 2.3). */
function readOrigin(fd: number): string {
	const head = Buffer.alloc(96);
	readSync(fd, head, 0, head.length, 0);
	return head.toString('latin1', HEAD_SIZE).split('\0', 1)[0] ?? '';
}

/** Inodes of open files are their own; that of a file that was compressed may have come back, so its time counts as well. */
function isSame(one: LogFile, other: LogFile): boolean {
	if ((one.origin === undefined) === (other.origin === undefined)) return one.inode === other.inode;
	const [plain, small] = one.origin === undefined ? [one, other] : [other, one];
	const {ino, mtimeNs} = fstatSync(plain.fd, {bigint: true});
	return small.origin === `inode ${ino} mtime ${mtimeNs}`;
}

/** json.log, json.log.1, json.log.2.gz; as long as there are both, the plain one is the whole one. */
function openNumbered(path: string, number: number): LogFile | undefined {
	const name = number === 0 ? path : `${path}.${number}`;
	return openIfThere(name, false) ?? (number === 0 ? undefined : openIfThere(`${name}.gz`, true));
}

/**
 * All files, oldest first. The newest is opened first: should the monitor rotate meanwhile, a file is met twice, but none is missed.
 * It moves one file at a time, from the oldest on, so that at most one number is missing for a moment.
 */
export function openLogFiles(path: string): LogFile[] {
	const files: LogFile[] = [];
	for (let number = 0, missing = 0; missing < 2; number++) {
		const file = openNumbered(path, number);
		missing = file === undefined ? missing + 1 : 0;
		if (file === undefined) continue;
		if (files.some(other => isSame(other, file))) closeSync(file.fd);
		else files.unshift(file);
	}
	return files;
}

/** Those that came after `file`, oldest first; [] while it is the newest. */
export function openNewerFiles(path: string, file: LogFile): LogFile[] {
	if (statSync(path, {throwIfNoEntry: false})?.ino === file.inode) return [];
	const files = openLogFiles(path);
	const at = files.findIndex(other => isSame(other, file));
	for (const {fd} of files.slice(0, at + 1)) closeSync(fd);
	return files.slice(at + 1);
}

/** The next whole lines, some 256 KiB of them; undefined at the end of what is there. */
export function readLines(file: LogFile): string[] | undefined {
	const buffer = chunk();
	const count = readSync(file.fd, buffer, 0, CHUNK, file.offset);
	if (count === 0) return undefined;
	file.offset += count;
	return takeLines(file, buffer.subarray(0, count));
}

function takeLines(file: LogFile, data: Uint8Array): string[] {
	const lines = (file.rest + file.decoder.write(data)).split('\n');
	file.rest = lines.pop() ?? '';
	return lines;
}

/** The bytes of a compressed file. Its modules are loaded only when there is one. */
async function* inflate({path, fd}: LogFile): AsyncGenerator<Buffer> {
	const {createReadStream} = process.getBuiltinModule('node:fs');
	const {createGunzip} = process.getBuiltinModule('node:zlib');
	try {
		for await (const data of createReadStream('', {fd, start: 0, autoClose: false}).pipe(createGunzip())) yield data as Buffer;
	} catch (cause) {
		throw new EngineError({code: 'container.damaged-log', subject: path, message: `the log ${path} is damaged`, hint: 'Its newer files can be read: `--tail`.', cause});
	}
}

/** The lines of a compressed file, but for those to be passed over. */
export async function* inflateLines(file: LogFile): AsyncGenerator<string[]> {
	for await (const data of inflate(file)) {
		const lines = takeLines(file, data);
		const wanted = lines.slice(file.offset);
		file.offset = Math.max(0, file.offset - lines.length);
		if (wanted.length > 0) yield wanted;
	}
}

const NEWLINE = 10;

async function countLines(file: LogFile): Promise<number> {
	let lines = 0;
	for await (const data of inflate(file)) for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) lines++;
	return lines;
}

/** Sets the offsets so that only the last `wanted` lines of all files are read; reads backwards, and no more than it must. Gives the files that have any. */
export async function seekTail(files: readonly LogFile[], wanted: number): Promise<LogFile[]> {
	let left = wanted;
	let from = files.length;
	// The newest is kept even when nothing of it is wanted: whoever follows goes on there.
	while (from > 0 && (left > 0 || from === files.length)) {
		const file = files[--from] as LogFile;
		left = await seekFile(file, left);
	}
	for (const {fd} of files.slice(0, from)) closeSync(fd);
	return files.slice(from);
}

/** How many lines are still wanted of older files. */
export async function seekFile(file: LogFile, wanted: number): Promise<number> {
	if (wanted === 0) file.offset = fstatSync(file.fd).size;
	if (wanted === 0) return 0;
	if (file.origin === undefined) return seekLines(file, wanted, fstatSync(file.fd).size);
	const lines = await countLines(file);
	file.offset = Math.max(0, lines - wanted);
	return Math.max(0, wanted - lines);
}

/** To `wanted` lines before `from`, where a line begins; tells how many there are too few. */
export function seekLines(file: LogFile, wanted: number, from: number): number {
	const buffer = chunk();
	// A line that has no end yet is not a line.
	let lines = -1;
	let end = from;
	while (end > 0) {
		const start = Math.max(0, end - CHUNK);
		const count = readSync(file.fd, buffer, 0, end - start, start);
		for (let at = count - 1; at >= 0; at--) {
			if (buffer[at] !== NEWLINE) continue;
			lines++;
			if (lines === wanted) {
				file.offset = start + at + 1;
				return 0;
			}
		}
		end = start;
	}
	file.offset = 0;
	return wanted - Math.max(0, lines + 1);
}
