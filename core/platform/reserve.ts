import {existsSync, renameSync, rmSync, statfsSync, writeFileSync} from 'node:fs';

/** Enough for what a removal writes: records, events, names of folders on their way out. */
const SIZE = 8 * 1024 * 1024;
/** With less than this a disk counts as full; with more than that it can spare the reserve. */
const FULL = 2 * 1024 * 1024;
const AMPLE = 8 * SIZE;

const pathOf = (root: string): string => `${root}/reserve`;

function free(root: string): number {
	const {bavail, bsize} = statfsSync(root);
	return bavail * bsize;
}

/** Before a verb that gives space back: on a full disk it has the reserve to work with. */
export function makeRoom(root: string): void {
	if (existsSync(pathOf(root)) && free(root) < FULL) rmSync(pathOf(root), {force: true});
}

/** Puts the reserve aside while there is plenty. */
export function keepReserve(root: string): void {
	if (existsSync(pathOf(root)) || free(root) < AMPLE) return;
	const fresh = `${pathOf(root)}.${process.pid}`;
	try {
		writeFileSync(fresh, Buffer.alloc(SIZE), {mode: 0o600});
		renameSync(fresh, pathOf(root));
	} catch {
		// Somebody else was faster at filling the disk.
		rmSync(fresh, {force: true});
	}
}
