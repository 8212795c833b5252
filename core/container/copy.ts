import {existsSync, lstatSync, readlinkSync, realpathSync, type Stats, statSync} from 'node:fs';
import {posix, resolve} from 'node:path';
import type {Engine} from '../engine/engine.ts';
import {hasErrno} from '../errors/codes.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {readPairs} from '../layer/info.ts';
import {runPipe} from '../platform/pipe.ts';
import {reasonOf, runProgram, type RunResult} from '../platform/run.ts';
import {eventAttributes} from './events.ts';
import {keepEnd, renamed, saysFolder, splitEntry} from './paths.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {type View, withFiles} from './view.ts';

export type CopyOptions = {
	/** What is copied is the target of a link. */
	readonly followLink?: boolean;
	/** Into a container: files belong to its user. */
	readonly archive?: boolean;
};

/** What was copied: bytes of the archive that carried it, and where it went. */
export type Copied = {readonly bytes: number; readonly to: string};

/** One end of a copy. */
type End = {readonly path: string; readonly exists: boolean; readonly isFolder: boolean; readonly rename?: string};

/** Copies a container's file or folder to the host; with `-` as a tar to our output. */
export async function copyFromContainer(engine: Engine, ref: string, source: string, destination: string, {followLink = false}: CopyOptions = {}): Promise<Copied> {
	const record = findRecord(engine.db, ref);
	const to = destination === '-' ? destination : keepEnd(resolve(destination), destination);
	if (to !== '-') checkOutput(to);
	const copied = await withFiles(engine, record, async view => {
		const from = await sourceInside(engine, view, ref, source, followLink);
		const pack = ['pack', ...view, '--path', inside(from.path)];
		if (to === '-') return {bytes: await stream(engine, ref, [...pack, '--as', splitEntry(inside(from.path)).name]), to};
		const {folder, as} = place(from, endOnHost(to));
		return {bytes: await carry(engine, ref, [...pack, '--as', as], ['extract', '--source', folder, '--path', '/', '--own']), to};
	});
	recordEvent(engine, {type: 'container', action: 'archive-path', id: record.id, attributes: eventAttributes(record)});
	return copied;
}

/** Copies a file or folder of the host into a container; with `-` what is in the tar on our input. */
export async function copyToContainer(engine: Engine, ref: string, source: string, destination: string, {followLink = false, archive = false}: CopyOptions = {}): Promise<Copied> {
	const record = findRecord(engine.db, ref);
	const from = source === '-' ? undefined : sourceOnHost(keepEnd(resolve(source), source), followLink);
	const owner = archive && record.config.user !== '' ? ['--user', record.config.user] : [];
	const copied = await withFiles(engine, record, async view => {
		const end = await endInside(engine, view, ref, destination);
		const extract = (folder: string) => ['extract', ...view, '--path', inside(folder), ...owner];
		if (from === undefined) {
			if (!end.isFolder) throw refuse(`destination "${ref}:${destination}" must be a directory`, destination);
			checkWritable(record, end.path);
			const result = await runProgram(engine.native.layer, extract(end.path), {input: 'inherit'});
			if (result.code !== 0) throw failure(ref, end.path, result);
			return {bytes: Number(readPairs(result.stdout).get('bytes')), to: `${ref}:${end.path}`};
		}
		const {folder, as} = place(from, end);
		checkWritable(record, folder);
		const {folder: above, name} = splitEntry(from.path);
		const pack = ['pack', '--source', above, '--path', name === '.' ? '/' : `/${name}`, '--as', as];
		return {bytes: await carry(engine, ref, pack, extract(folder), folder), to: `${ref}:${end.path}`};
	});
	recordEvent(engine, {type: 'container', action: 'extract-to-dir', id: record.id, attributes: eventAttributes(record)});
	return copied;
}

const refuse = (message: string, subject: string, hint?: string): EngineError => new EngineError({code: 'copy.refused', subject, message, hint});

/** Paths of a container begin at its root, whether they say so or not. */
const inside = (path: string): string => keepEnd(posix.join('/', path), path);

/** Which folder the archive is unpacked in, and what its first entry is called there. */
function place(from: End, to: End): {readonly folder: string; readonly as: string} {
	if (to.exists && to.isFolder) return {folder: to.path, as: from.rename ?? splitEntry(from.path).name};
	if (to.exists && from.isFolder) throw refuse('cannot copy directory', to.path, `${to.path} is a file.`);
	if (!to.exists && !from.isFolder && saysFolder(to.path)) throw refuse('no such directory', to.path, `Make ${to.path} first.`);
	const {folder, name} = splitEntry(to.path);
	return {folder, as: name};
}

async function sourceInside(engine: Engine, view: View, ref: string, source: string, followLink: boolean): Promise<End> {
	const found = await look(engine, view, ref, source);
	if (found.target === undefined || !followLink) return {path: source, exists: true, isFolder: found.isFolder};
	const real = renamed(source, found.target);
	return {...real, exists: true, isFolder: (await look(engine, view, ref, real.path)).isFolder};
}

/** What a link leads to counts, whether it is there or not. What cannot be looked at is as good as not there: the copying itself says why. */
async function endInside(engine: Engine, view: View, ref: string, destination: string): Promise<End> {
	const name = `${ref}:${destination}`;
	const found = destination === '' ? undefined : await lookIfThere(engine, view, ref, destination);
	if (found?.target === undefined) return {path: destination, exists: found !== undefined, isFolder: found !== undefined && checkKind(found, name)};
	const behind = await lookIfThere(engine, view, ref, found.target);
	return {path: found.target, exists: behind !== undefined, isFolder: behind !== undefined && checkKind(behind, name)};
}

async function lookIfThere(engine: Engine, view: View, ref: string, path: string): Promise<Found | undefined> {
	try {
		return await look(engine, view, ref, path);
	} catch (error) {
		if (isEngineError(error)) return undefined;
		throw error;
	}
}

type Found = {readonly isFolder: boolean; readonly isFile: boolean; readonly target?: string};

const KINDS = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;

async function look(engine: Engine, view: View, ref: string, path: string): Promise<Found> {
	const result = await runProgram(engine.native.layer, ['look', ...view, '--path', inside(path)]);
	if (result.code !== 0) throw failure(ref, path, result);
	const fields = readPairs(result.stdout);
	const kind = Number(fields.get('mode')) & KINDS;
	const target = fields.get('link-target');
	return {isFolder: kind === FOLDER, isFile: kind === FILE, ...(target !== undefined && {target})};
}

function checkKind({isFolder, isFile}: Found, name: string): boolean {
	if (!isFolder && !isFile) throw refuse(`destination "${name}" must be a directory or a regular file: got a device`, name);
	return isFolder;
}

/** The helper's sentence in Docker's words, where Docker has some. */
function failure(ref: string, path: string, result: RunResult): EngineError {
	const reason = reasonOf(result, 'hawser-layer');
	if (/^(lstat )?\S*: No such file or directory$/.test(reason) || reason.startsWith(`lstat ${inside(path)}: No such file`))
		return new EngineError({code: 'copy.not-found', subject: path, message: `Could not find the file ${path} in container ${ref}`});
	if (reason.endsWith('Read-only file system')) return refuse('container rootfs is marked read-only', path);
	return new EngineError({code: reason.startsWith('lstat ') ? 'copy.not-read' : 'copy.failed', subject: path, message: reason});
}

function checkWritable({config}: ContainerRecord, folder: string): void {
	const path = inside(folder);
	const mount = config.mounts.filter(({target}) => path === target || path.startsWith(`${target}/`)).toSorted((a, b) => b.target.length - a.target.length)[0];
	if (mount === undefined ? config.readOnly : mount.readOnly)
		throw refuse(mount === undefined ? 'container rootfs is marked read-only' : 'mounted volume is marked read-only', folder);
}

async function stream(engine: Engine, ref: string, pack: readonly string[]): Promise<number> {
	const result = await runProgram(engine.native.layer, pack, {output: 1});
	if (result.code !== 0) throw failure(ref, pack.at(-3) ?? '', result);
	return 0;
}

/** From one sandbox into the other. When both fail, the one that wrote knows why. */
async function carry(engine: Engine, ref: string, pack: readonly string[], extract: readonly string[], folder = '/'): Promise<number> {
	const [packed, extracted] = await runPipe(engine.native.layer, [...pack, '--result', '3'], extract);
	if (packed.code !== 0 && !reasonOf(packed, '').endsWith('Broken pipe')) throw failure(ref, folder, packed);
	if (extracted.code !== 0) throw failure(ref, folder, extracted);
	return Number(readPairs(packed.stdout).get('bytes'));
}

const lstatIfThere = (path: string): Stats | undefined => {
	try {
		return lstatSync(path);
	} catch (error) {
		if (hasErrno(error, 'ENOENT')) return undefined;
		throw onHost(error, path);
	}
};

/** Go's words: they are Docker's client's. */
function onHost(error: unknown, path: string): EngineError {
	if (hasErrno(error, 'ENOTDIR')) return refuse('not a directory', path);
	const reasons: Readonly<Record<string, string>> = {
		ENOENT: 'no such file or directory',
		EACCES: 'permission denied',
		ELOOP: 'too many levels of symbolic links',
	};
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	return new EngineError({code: 'copy.not-read', subject: path, message: `lstat ${path}: ${reasons[code] ?? String(error)}`, cause: error});
}

function sourceOnHost(path: string, followLink: boolean): End {
	try {
		const {folder, name} = splitEntry(path);
		const real = followLink || saysFolder(path) ? renamed(path, realpathSync(path)) : {path: name === '.' ? folder : posix.join(realpathSync(folder), name)};
		return {...real, exists: true, isFolder: (saysFolder(path) ? statSync(real.path) : lstatSync(real.path)).isDirectory()};
	} catch (error) {
		throw onHost(error, hasErrno(error, 'ENOENT') && lstatIfThere(path)?.isSymbolicLink() === true ? resolve(posix.dirname(path), readlinkSync(path)) : path);
	}
}

const LINK_LIMIT = 10;

/** A link at the end is followed; what it leads to need not be there, but the folder that holds it must. */
function endOnHost(destination: string): End {
	let path = destination;
	for (let links = 0; links <= LINK_LIMIT; links++) {
		const stat = lstatIfThere(path);
		if (stat === undefined) {
			const {folder} = splitEntry(path);
			if (!statSync(folder).isDirectory()) throw refuse('not a directory', folder);
			return {path, exists: false, isFolder: false};
		}
		if (!stat.isSymbolicLink()) return {path, exists: true, isFolder: stat.isDirectory()};
		path = posix.resolve(splitEntry(path).folder, readlinkSync(path));
	}
	throw refuse(`too many symlinks in ${destination}`, destination);
}

function checkOutput(path: string): void {
	const {folder} = splitEntry(path.replace(/\/\.?$/, '') || '/');
	if (!existsSync(folder)) throw refuse(`invalid output path: directory ${JSON.stringify(folder)} does not exist`, path);
	const found = existsSync(path) ? statSync(path) : undefined;
	if (found !== undefined && !found.isDirectory() && !found.isFile())
		throw refuse(
			`invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got ${found.isCharacterDevice() || found.isBlockDevice() ? 'a device' : 'an irregular file'}`,
			path,
		);
}
