import {closeSync, openSync, renameSync, rmSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {saveImages} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {isTerminal} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] IMAGE [IMAGE...]',
	description: 'Save images to a tar archive, as a docker archive and an OCI layout in one; to STDOUT unless a file is named',
	args: [1, Infinity],
	flags: [
		{name: 'output', short: 'o', kind: 'string', help: 'Write to this file instead of STDOUT'},
		{name: 'platform', kind: 'strings', help: 'Save only if the image is for one of these platforms, e.g. linux/amd64,linux/arm64/v8'},
	],
	async run({flags, args, engine}) {
		const path = flags.text('output');
		if (path === '' && isTerminal(1)) throw new UsageError('cowardly refusing to save to a terminal. Use the -o flag or redirect', {exitCode: 1, usage: false});
		const save = (descriptor: number): Promise<void> => saveImages(engine(), args, descriptor, {platforms: flags.list('platform')});
		await (path === '' ? save(1) : saveToFile(path, save));
		return 0;
	},
};

/** The file is there when it is whole. */
async function saveToFile(path: string, save: (descriptor: number) => Promise<void>): Promise<void> {
	checkOutput(path);
	const beside = `${path}.${process.pid}.new`;
	const descriptor = openSync(beside, 'wx', 0o600);
	try {
		await save(descriptor);
		renameSync(beside, path);
	} catch (error) {
		rmSync(beside, {force: true});
		throw error;
	} finally {
		closeSync(descriptor);
	}
}

function checkOutput(path: string): void {
	const refuse = (reason: string): UsageError => new UsageError(`failed to save image: ${reason}`, {exitCode: 1, usage: false});
	if (statSync(dirname(path), {throwIfNoEntry: false})?.isDirectory() !== true) throw refuse(`invalid output path: directory ${JSON.stringify(dirname(path))} does not exist`);
	const found = statSync(path, {throwIfNoEntry: false});
	if (found?.isDirectory() === true) throw refuse(`${path} is a directory`);
	if (found && !found.isFile()) throw refuse(`cannot write to a non-regular file: ${path}`);
}
