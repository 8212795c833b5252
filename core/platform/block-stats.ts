import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {cgroupLayout} from './cgroup.ts';

/** More than any disk can do: a rule that never holds anything up. */
const unlimited = '18446744073709551614';

/**
 * Makes a cgroup v1 kernel count block I/O by container. Since 6.11 it begins to count on a disk only when the first throttle rule is set there
 * (and v1 has no other counter without the old schedulers): a rule that limits nothing is set and taken back, once a boot for the disk of
 * `path`. `parent` is the store's cgroup, `markers` a folder on tmpfs. Where it cannot be done, block I/O stays unknown.
 */
export function countBlockIo({path, parent, markers}: {readonly path: string; readonly parent: string; readonly markers: string}): void {
	const blkio = cgroupLayout().controllers.get('blkio');
	if (blkio === undefined) return;
	try {
		const disk = diskOf(path);
		const marker = `${markers}/block-io-${disk.replace(':', '-')}`;
		if (existsSync(marker)) return;
		mkdirSync(`${blkio}${parent}`, {recursive: true});
		const rule = `${blkio}${parent}/blkio.throttle.write_bps_device`;
		for (const limit of [unlimited, '0']) writeFileSync(rule, `${disk} ${limit}`);
		writeFileSync(marker, '');
	} catch {
		// No such file, not a disk of the kernel's (overlay, network): there is nothing to count.
	}
}

/** `major:minor` of the whole disk that a path lies on: rules are for disks, not for partitions. */
function diskOf(path: string): string {
	const {dev} = statSync(path);
	const device = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
	const isPartition = existsSync(`/sys/dev/block/${device}/partition`);
	return isPartition ? readFileSync(`/sys/dev/block/${device}/../dev`, 'utf8').trim() : device;
}
