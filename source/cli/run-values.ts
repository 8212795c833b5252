import {readFileSync} from 'node:fs';
import {UsageError} from './flags.ts';

/** Values of the flags of `run` and `create` that have a grammar of their own. */

/** One line of CSV: `a,"b,c"` is two fields. */
export function csvFields(text: string): string[] {
	if (text === '') return [];
	const fields: string[] = [];
	const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
	while (pattern.lastIndex < text.length || text[pattern.lastIndex - 1] === ',') {
		const at = pattern.lastIndex;
		const found = pattern.exec(text);
		if (found === null) throw new Error(`parse error on line 1, column ${at + 1}: bare " in non-quoted-field`);
		fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
		if (found[3] === '') break;
	}
	return fields;
}

export type Ulimit = {readonly name: string; readonly soft: number; readonly hard: number};

const ULIMITS = ['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack'];

export function parseUlimit(text: string): Ulimit {
	const at = text.indexOf('=');
	const name = text.slice(0, at);
	if (at < 0) throw new Error(`invalid ulimit argument: ${text}`);
	if (!ULIMITS.includes(name)) throw new Error(`invalid ulimit type: ${name}`);
	const parts = text.slice(at + 1).split(':');
	if (parts.length > 2) throw new Error(`too many limit value arguments - ${text.slice(at + 1)}, can only have up to two, \`soft[:hard]\``);
	const [soft = 0, hard = soft] = parts.map(part => parseLimit(part));
	if (hard !== -1 && (soft > hard || soft === -1)) throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${soft === -1 ? 'unlimited' : soft} > ${hard}`);
	return {name, soft, hard};
}

function parseLimit(text: string): number {
	if (!/^-?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
	return Number(text);
}

export const checkUlimit = (text: string): void => void parseUlimit(text);

export function checkEnv(text: string): void {
	if (text === '' || text.startsWith('=')) throw new Error(`invalid environment variable: ${text}`);
}

const NAMESPACED = ['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced'];

/** As Docker's client, which knows the names; what is in their values the engine looks at. */
export function checkSysctl(text: string): void {
	const [name = '', ...value] = text.split('=');
	if (value.length === 0 || !(NAMESPACED.includes(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.'))) throw new Error(`sysctl '${text}' is not allowed`);
}

export function checkLabel(text: string): void {
	const equals = text.indexOf('=');
	const key = (equals < 0 ? text : text.slice(0, equals)).trimStart();
	if (key === '') throw new Error(`invalid label '${text}': empty name`);
	if (/\s/.test(key)) throw new Error(`label '${key}' contains whitespaces`);
}

/** A name alone takes the caller's value, and without one stays alone: that removes the image's. */
export const resolveEnv = (text: string): string => (text.includes('=') || process.env[text] === undefined ? text : `${text}=${process.env[text]}`);

const LONGEST_FILE = 1024 * 1024;

/** Lines of KEY=VALUE; `#` begins a comment. A key alone takes the caller's variable, or is passed over. */
export function readPairsFile(path: string, what: 'environment' | 'label'): string[] {
	const lines = readTextFile(path)
		.split('\n')
		.map(line => line.replace(/\r$/, '').trimStart());
	return lines.filter(line => line !== '' && !line.startsWith('#')).flatMap(line => readPair(line, what));
}

function readTextFile(path: string): string {
	try {
		const bytes = readFileSync(path);
		if (bytes.length > LONGEST_FILE) throw new Error('it is longer than 1 MiB');
		return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		throw new UsageError(`hawser: open ${path}: ${code === 'ENOENT' ? 'no such file or directory' : message}`, {usage: false});
	}
}

function readPair(line: string, what: string): string[] {
	const at = line.indexOf('=');
	const key = at < 0 ? line : line.slice(0, at);
	const poor = what === 'environment' ? 'poorly formatted environment' : 'poorly formatted label';
	if (key === '') throw new UsageError(`hawser: ${poor}: no variable name on line '${line}'`, {usage: false});
	if (/\s/.test(key)) throw new UsageError(`hawser: ${poor}: variable '${key}' contains whitespaces`, {usage: false});
	if (at >= 0) return [line];
	const value = what === 'environment' ? process.env[key] : undefined;
	return value === undefined ? [] : [`${key}=${value}`];
}

export type Restart = {readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'; readonly maximumRetryCount: number};

export function parseRestart(text: string): Restart {
	const at = text.indexOf(':');
	const [name, count] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
	const bad = (reason: string): UsageError => new UsageError(`hawser: ${reason}`, {usage: false});
	if (name === '' && count !== undefined) throw bad('invalid restart policy format: no policy provided before colon');
	if (count !== undefined && !/^\d{1,9}$/.test(count)) throw bad('invalid restart policy format: maximum retry count must be an integer');
	if (name !== '' && name !== 'no' && name !== 'always' && name !== 'unless-stopped' && name !== 'on-failure') throw bad(`invalid restart policy '${name}'`);
	if (count !== undefined && name !== 'on-failure') throw bad(`invalid restart policy: maximum retry count can only be used with 'on-failure'`);
	return {name: name === '' ? 'no' : name, maximumRetryCount: Number(count ?? 0)};
}

/** KEY=VALUE words to an object; a later one wins. */
export const toMap = (pairs: readonly string[]): Record<string, string> =>
	Object.fromEntries(pairs.map(pair => (pair.includes('=') ? [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] : [pair, ''])));
