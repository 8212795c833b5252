import {existsSync, renameSync, rmSync, statfsSync, writeFileSync} from 'node:fs';

/** Enough for what a removal writes: records, events, names of folders on their way out. A small disk spares a part of itself. */
const MOST = 8 * 1024 * 1024;
const PART_OF_DISK = 12;

const pathOf = (root: string): string => `${root}/reserve`;

/** In bytes. With less than `full` free a disk counts as full; with more than `ample` it can spare the reserve of `size`. */
function measure(root: string): {free: number; size: number; full: number; ample: number} {
	const {bavail, blocks, bsize} = statfsSync(root);
	const size = Math.min(MOST, Math.floor((blocks * bsize) / PART_OF_DISK));
	return {free: bavail * bsize, size, full: size / 4, ample: size * 8};
}

/** Before a verb that gives space back: on a full disk it has the reserve to work with. */
export function makeRoom(root: string): void {
	if (!existsSync(pathOf(root))) return;
	const {free, full} = measure(root);
	if (free < full) rmSync(pathOf(root), {force: true});
}

/** Puts the reserve aside while there is plenty. */
export function keepReserve(root: string): void {
	if (existsSync(pathOf(root))) return;
	const {free, size, ample} = measure(root);
	if (free < ample) return;
	const fresh = `${pathOf(root)}.${process.pid}`;
	try {
		writeFileSync(fresh, Buffer.alloc(size), {mode: 0o600});
		renameSync(fresh, pathOf(root));
	} catch {
		// Somebody else was faster at filling the disk.
		rmSync(fresh, {force: true});
	}
}
