import {execFileSync} from 'node:child_process';
import {mkdirSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** A file system whose power can be cut: what was not synced by then is gone. */
export type Disk = {
	readonly folder: string;
	/** Like sync(1), for what is to be there whatever comes. */
	settle(): void;
	cut(): Promise<void>;
	remove(): Promise<void>;
};

const SIZE = '256M';

/**
 * ext4 in a file. It writes its journal only when it is asked to (`commit=`), and Linux keeps written data back for half a minute: the file has what was synced, and
 * some of the rest, as a disk without power has.
 */
export function makeDisk(place: string): Disk {
	const [image, folder] = [join(place, 'disk.img'), join(place, 'disk')];
	const mount = (): void => void execFileSync('mount', ['-o', 'loop,commit=600,barrier=1', image, folder]);
	mkdirSync(folder);
	execFileSync('truncate', ['-s', SIZE, image]);
	execFileSync('mkfs.ext4', ['-q', '-F', image]);
	mount();
	return {
		folder,
		settle: () => void execFileSync('sync', ['-f', folder]),
		async cut() {
			execFileSync('cp', ['--sparse=always', image, `${image}.cut`]);
			await unmount(folder);
			renameSync(`${image}.cut`, image);
			mount();
		},
		async remove() {
			await unmount(folder);
			rmSync(image);
		},
	};
}

/** Programs that were killed may take a moment to go. */
async function unmount(folder: string): Promise<void> {
	for (let tries = 0; ; tries++)
		try {
			execFileSync('umount', [folder], {stdio: 'pipe'});
			return;
		} catch (error) {
			if (tries === 100) throw error;
			await delay(50);
		}
}
