import {closeSync, existsSync, openSync, renameSync, rmSync, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {UsageError} from './flags.ts';
import {isTerminal} from './output.ts';

/** Has a tar of some `what` written to the file, or without a path to stdout. */
export async function writeArchive(path: string, what: string, write: (descriptor: number) => Promise<void>): Promise<void> {
	if (path === '' && isTerminal(1)) throw new UsageError('cowardly refusing to save to a terminal. Use the -o flag or redirect', {exitCode: 1, usage: false});
	await (path === '' ? write(1) : writeWhole(path, what, write));
}

/** What stood under the name stays until the new file is whole. A pipe is written to as it is. */
async function writeWhole(given: string, what: string, write: (descriptor: number) => Promise<void>): Promise<void> {
	const path = resolve(given);
	const failed = (reason: string): UsageError => new UsageError(`failed to export ${what}: ${reason}`, {exitCode: 1, usage: false});
	const there = statSync(path, {throwIfNoEntry: false});
	if (there?.isDirectory() === true) throw failed(`invalid output path: ${path} is a directory`);
	if (!existsSync(dirname(path))) throw failed(`invalid output path: stat ${dirname(given)}: no such file or directory`);
	if (there?.isCharacterDevice() === true) throw failed('cannot write to a character device file');
	const inPlace = there !== undefined && !there.isFile();
	const fresh = inPlace ? path : `${path}.tmp-${process.pid}`;
	const descriptor = openSync(fresh, inPlace ? 'w' : 'wx', 0o600);
	try {
		await write(descriptor);
		if (!inPlace) renameSync(fresh, path);
	} finally {
		closeSync(descriptor);
		if (!inPlace) rmSync(fresh, {force: true});
	}
}
