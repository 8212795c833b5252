import {closeSync, fsyncSync, mkdirSync, openSync} from 'node:fs';

/** Makes what was renamed or made in a folder survive a power cut. */
export function syncFolder(path: string): void {
	const fd = openSync(path, 'r');
	try {
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}

export const makeFolders = (...paths: readonly string[]): void => {
	for (const path of paths) mkdirSync(path, {recursive: true, mode: 0o700});
};
