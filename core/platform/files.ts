import {closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';

/** undefined when it is not there, or was taken away meanwhile. */
export function readIfThere(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		if (hasErrno(error, 'ENOENT', 'ESRCH', 'ENODEV', 'ENOTDIR')) return undefined;
		throw error;
	}
}

/** Readers see the old text or the new, never half. Not synced: for what a power loss may take. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
	const beside = `${path}.${process.pid}.new`;
	try {
		writeFileSync(beside, text, {mode});
		renameSync(beside, path);
	} catch (error) {
		rmSync(beside, {force: true});
		throw error;
	}
}

/** True when this call made it. */
export function makeFolder(path: string, mode = 0o700): boolean {
	try {
		mkdirSync(path, {mode});
		return true;
	} catch (error) {
		if (hasErrno(error, 'EEXIST')) return false;
		throw error;
	}
}

/** Moves a folder where nothing or an empty folder is; false when somebody else was first. */
export function moveFolder(from: string, to: string): boolean {
	try {
		renameSync(from, to);
		return true;
	} catch (error) {
		if (hasErrno(error, 'EEXIST', 'ENOTEMPTY', 'ENOENT')) return false;
		throw error;
	}
}

/** A new file, of this mode, whose bytes are on the disk when it returns; its name is so when its folder is synced. */
export function writeSynced(path: string, data: string | Uint8Array, mode: number): void {
	const fd = openSync(path, 'wx', mode);
	try {
		writeFileSync(fd, data);
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}
