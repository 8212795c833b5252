import {posix} from 'node:path';
import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {findRecord} from './record.ts';
import {withFiles} from './view.ts';

/** What stands in a folder of a container. `mtime` is in unix seconds, `mode` st_mode; `link` where a link leads, as written in it. */
export type FileEntry = {
	readonly name: string;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly size: number;
	readonly mtime: number;
	readonly link: string;
};

/** A folder as the container sees it, volumes and all, whether it runs or not; by name. */
export async function listFolder(engine: Engine, ref: string, path: string): Promise<FileEntry[]> {
	const words = (await ask(engine, ref, ['folder'], path)).split('\0');
	const entries: FileEntry[] = [];
	for (let at = 0; at + 1 < words.length; at += 2) entries.push(parseEntry(words[at] ?? '', words[at + 1] ?? ''));
	return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The beginning of a regular file, `limit` bytes at most, as text. */
export const readFile = (engine: Engine, ref: string, path: string, limit: number): Promise<string> => ask(engine, ref, ['read', '--limit', String(limit)], path);

function parseEntry(record: string, link: string): FileEntry {
	const [, mode, uid, gid, size, mtime, name = ''] = /^(\d+) (\d+) (\d+) (-?\d+) (-?\d+) (.*)$/s.exec(record) ?? [];
	return {name, mode: Number(mode), uid: Number(uid), gid: Number(gid), size: Number(size), mtime: Number(mtime), link};
}

async function ask(engine: Engine, ref: string, verb: readonly string[], path: string): Promise<string> {
	const record = findRecord(engine.db, ref);
	const {layer} = engine.native;
	const result = await withFiles(engine, record, view => runProgram(layer, [...verb, ...view, '--path', posix.join('/', path)]));
	if (result.code !== 0) throw new EngineError({code: 'container.not-read', subject: path, message: `cannot read ${path} of ${record.name}: ${reasonOf(result, layer)}`});
	return result.stdout;
}
