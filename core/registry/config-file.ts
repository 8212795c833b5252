import {chownSync, mkdirSync, realpathSync, renameSync, rmSync, statSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {hasErrno} from '../errors/codes.ts';
import {parseStrictJson, type Json, type JsonObject} from '../oci/json.ts';
import {asObject, placeOf} from '../oci/shape.ts';
import {readIfThere, writeSynced} from '../platform/files.ts';

/** Docker's own file, which we share with its client: `DOCKER_CONFIG` names its folder. */
export const configFile = (): string => join(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json');

/** What it says; an empty object when it is not there. */
export function readConfig(): JsonObject {
	const file = configFile();
	const text = readIfThere(file);
	return text === undefined || text.trim() === '' ? {} : asObject(parseStrictJson(Buffer.from(text), file), placeOf(file));
}

/**
 * Writes what `change` makes of it; keys that we do not know stay. Readers see the old file or the new one. It holds passwords: it stays its
 * owner's, and nobody else reads it. Where the name is a link, what it points to is written.
 */
export function updateConfig(change: (config: JsonObject) => Readonly<Record<string, Json>>): void {
	const file = configFile();
	const text = `${JSON.stringify(change(readConfig()), null, '\t')}\n`;
	mkdirSync(dirname(file), {recursive: true, mode: 0o700});
	const target = realPath(file);
	const beside = `${target}.${process.pid}.new`;
	try {
		writeSynced(beside, text, 0o600);
		const before = statSync(target, {throwIfNoEntry: false});
		if (before) chownSync(beside, before.uid, before.gid);
		renameSync(beside, target);
	} catch (error) {
		rmSync(beside, {force: true});
		throw error;
	}
}

function realPath(path: string): string {
	try {
		return realpathSync(path);
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return path;
		throw error;
	}
}
