import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {StringDecoder} from 'node:string_decoder';
import {hasErrno} from '../errors/codes.ts';

/** One file of a container's log, open: a rename by the monitor does not disturb who reads it. */
export type LogFile = {readonly fd: number; readonly inode: number; offset: number; rest: string; readonly decoder: StringDecoder};

const CHUNK = 256 * 1024;
const chunk = (): Buffer => (shared ??= Buffer.allocUnsafe(CHUNK));
let shared: Buffer | undefined;

export function openLogFile(path: string): LogFile | undefined {
	try {
		const fd = openSync(path, 'r');
		return {fd, inode: fstatSync(fd).ino, offset: 0, rest: '', decoder: new StringDecoder('utf8')};
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
}

const numbered = (path: string, number: number): string => (number === 0 ? path : `${path}.${number}`);

/** All files, oldest first. The newest is opened first: should the monitor rotate meanwhile, a file is met twice, but none is missed. */
export function openLogFiles(path: string): LogFile[] {
	const files: LogFile[] = [];
	for (let number = 0; ; number++) {
		const file = openLogFile(numbered(path, number));
		if (file === undefined) {
			// Between the two renames of a rotation there is no newest file for a moment.
			if (number > 0) break;
		} else if (files.some(({inode}) => inode === file.inode)) closeSync(file.fd);
		else files.unshift(file);
	}
	return files;
}

/** Those that came after `file`, oldest first; [] while it is the newest. */
export function openNewerFiles(path: string, file: LogFile): LogFile[] {
	if (statSync(path, {throwIfNoEntry: false})?.ino === file.inode) return [];
	const files = openLogFiles(path);
	const at = files.findIndex(({inode}) => inode === file.inode);
	for (const {fd} of files.slice(0, at + 1)) closeSync(fd);
	return files.slice(at + 1);
}

/** The next whole lines, some 256 KiB of them; undefined at the end of what is there. */
export function readLines(file: LogFile): string[] | undefined {
	const buffer = chunk();
	const count = readSync(file.fd, buffer, 0, CHUNK, file.offset);
	if (count === 0) return undefined;
	file.offset += count;
	const lines = (file.rest + file.decoder.write(buffer.subarray(0, count))).split('\n');
	file.rest = lines.pop() ?? '';
	return lines;
}

/** Sets the offsets so that only the last `wanted` lines of all files are read; reads backwards, and no more than it must. */
export function seekTail(files: readonly LogFile[], wanted: number): void {
	let left = wanted;
	for (const file of files.toReversed()) {
		if (left <= 0) file.offset = fstatSync(file.fd).size;
		else left = seekLines(file, left);
	}
}

const NEWLINE = 10;

/** How many lines are still wanted of older files. */
function seekLines(file: LogFile, wanted: number): number {
	const buffer = chunk();
	// A line that has no end yet is not a line.
	let lines = -1;
	let end = fstatSync(file.fd).size;
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
	return wanted - Math.max(0, lines + 1);
}
