import {closeSync, openSync, readSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';

/** Files of a cgroup, kept open: a reading is one pread each, and no name is looked up again. */
export type Counters = {
	/** '' where the file is not there (a controller that is off). Throws ENODEV when the cgroup is gone. */
	readonly read: (name: string) => string;
	readonly close: () => void;
};

const buffer = (): Buffer => (shared ??= Buffer.allocUnsafe(32 * 1024));
let shared: Buffer | undefined;

export function openCounters(paths: Readonly<Record<string, string | undefined>>): Counters {
	const files = new Map<string, number>();
	for (const [name, path] of Object.entries(paths)) {
		const fd = path === undefined ? undefined : openOptional(path);
		if (fd !== undefined) files.set(name, fd);
	}
	return {
		read(name) {
			const fd = files.get(name);
			return fd === undefined ? '' : readAll(fd);
		},
		close() {
			for (const fd of files.values()) closeSync(fd);
			files.clear();
		},
	};
}

function readAll(fd: number): string {
	try {
		return buffer().toString('latin1', 0, readSync(fd, buffer(), 0, buffer().length, 0));
	} catch (error) {
		// Pressure files answer so where the kernel has it switched off.
		if (hasErrno(error, 'EOPNOTSUPP')) return '';
		throw error;
	}
}

function openOptional(path: string): number | undefined {
	try {
		return openSync(path, 'r');
	} catch (error) {
		if (hasErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EINVAL')) return undefined;
		throw error;
	}
}

/** The number after `key ` at the beginning of a line; 0 where there is none. */
export function valueOf(text: string, key: string): number {
	const at = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
	if (at === 0 && !text.startsWith(`${key} `)) return 0;
	return Number.parseInt(text.slice(at + key.length + 1), 10) || 0;
}

/** `max` and v1's huge numbers mean none. */
export function limitOf(text: string): number {
	const value = Number.parseInt(text, 10);
	return Number.isNaN(value) || value >= 2 ** 60 ? 0 : value;
}

export const numberIn = (text: string): number => Number.parseInt(text, 10) || 0;
