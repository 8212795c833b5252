import {closeSync, existsSync, openSync, renameSync, rmSync, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {exportContainer} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER',
	description: "Write a container's file system as a tar archive",
	args: [1, 1],
	flags: [{name: 'output', short: 'o', kind: 'string', help: 'Write to a file instead of STDOUT'}],
	async run({flags, args: [container = ''], engine}) {
		const path = flags.text('output');
		if (path === '' && isTerminal(1)) throw new UsageError('cowardly refusing to save to a terminal. Use the -o flag or redirect', {exitCode: 1, usage: false});
		if (path === '') await exportContainer(engine(), container, 1);
		else await writeWhole(resolve(path), descriptor => exportContainer(engine(), container, descriptor));
		return 0;
	},
};

/** What stood under the name stays until the new file is whole. A device or a pipe is written to as it is. */
async function writeWhole(path: string, write: (descriptor: number) => Promise<void>): Promise<void> {
	const failed = (reason: string): UsageError => new UsageError(`failed to export container: ${reason}`, {exitCode: 1, usage: false});
	const there = statSync(path, {throwIfNoEntry: false});
	if (there?.isDirectory() === true) throw failed(`invalid output path: ${path} is a directory`);
	if (!existsSync(dirname(path))) throw failed(`invalid output path: directory ${JSON.stringify(dirname(path))} does not exist`);
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
