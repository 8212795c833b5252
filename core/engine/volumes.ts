import {closeSync, constants, copyFileSync, openSync, rmSync, writeFileSync} from 'node:fs';
import {volumeUsers, removeTrees} from '../container/remove.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {decodeFields, numberField} from '../monitor/fields.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {spawnHelper} from '../platform/run-sync.ts';
import {inspectVolume as toInspect} from '../volume/inspect.ts';
import type {Volume} from '../volume/model.ts';
import {volumeStore} from '../volume/store.ts';
import {
	adoptVolume as adopt,
	checkEmpty,
	createVolume as create,
	folderOf,
	pruneVolumes as prune,
	removedFolders,
	removeVolume as remove,
	resolveVolume,
	stageVolume,
	volumePath,
	type VolumeRequest,
} from '../volume/volume.ts';
import type {Engine} from './engine.ts';

/** A line of `volume ls`; also the JSON of `volume inspect`. `Size` only where asked for. */
export type VolumeSummary = ReturnType<typeof toInspect> & {readonly Size?: number};

type Filters = ReadonlyMap<string, readonly string[]>;

export function listVolumes(engine: Engine, {filters = new Map(), size = false}: {readonly filters?: Filters; readonly size?: boolean} = {}): VolumeSummary[] {
	const matches = filterOf(engine, filters);
	return volumeStore(engine.db)
		.volumes()
		.filter(matches)
		.map(volume => ({...toInspect(engine.root, volume), ...(size && {Size: sizeOf(engine, volume.name)})}));
}

/** As the helper counts: containers shaped that tree. */
function sizeOf(engine: Engine, name: string): number {
	const output = spawnHelper(engine.native.layer, ['size', volumePath(engine.root, name)]);
	return output === undefined ? 0 : numberField(decodeFields(output), 'bytes');
}

export const inspectVolume = (engine: Engine, name: string): VolumeSummary => toInspect(engine.root, resolveVolume(volumeStore(engine.db), name));

export function createVolume(engine: Engine, request: VolumeRequest): VolumeSummary {
	const volume = create(volumeStore(engine.db), engine.root, request);
	recordEvent(engine, {type: 'volume', action: 'create', id: volume.name, attributes: {driver: 'local'}});
	return toInspect(engine.root, volume);
}

export async function removeVolume(engine: Engine, name: string, {force = false}: {readonly force?: boolean} = {}): Promise<void> {
	const store = volumeStore(engine.db);
	if (force && store.volume(name) === undefined) return;
	await removeTrees(
		engine,
		remove(store, engine.root, name, other => volumeUsers(engine, other)),
	);
	recordEvent(engine, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
}

/** Anonymous volumes that no container mounts, or with `all` those with names too; and what a removal cut short has left. */
export async function pruneVolumes(
	engine: Engine,
	{all = false, filters = new Map()}: {readonly all?: boolean; readonly filters?: Filters} = {},
): Promise<{deleted: string[]; spaceReclaimed: number}> {
	const matches = filterOf(engine, filters);
	const store = volumeStore(engine.db);
	const sizes = new Map(store.volumes().map(({name}) => [name, sizeOf(engine, name)]));
	const {volumes, folders} = prune(store, engine.root, {all, usersOf: name => volumeUsers(engine, name), keep: volume => !matches(volume)});
	await removeTrees(engine, [...new Set([...folders, ...removedFolders(engine.root)])]);
	for (const {name} of volumes) recordEvent(engine, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
	return {deleted: volumes.map(({name}) => name), spaceReclaimed: volumes.reduce((sum, {name}) => sum + (sizes.get(name) ?? 0), 0)};
}

/** Writes what is in a volume as a tar to an open descriptor. */
export async function exportVolume(engine: Engine, name: string, output: number): Promise<void> {
	const folder = folderOf(engine.root, resolveVolume(volumeStore(engine.db), name));
	await runLayer(engine, `cannot export volume ${name}`, ['pack', '--source', folder, '--bare', '--root', '--output', '-'], {output});
}

/** Fills a new or empty volume from a tar: a file, or `-` for our own input. All of it is there, or nothing. */
export const importVolume = (engine: Engine, name: string, file: string, {labels = {}}: {readonly labels?: Readonly<Record<string, string>>} = {}): Promise<VolumeSummary> =>
	fillVolume(engine, {name, labels}, async folder => {
		const input = file === '-' ? 0 : openSync(file, 'r');
		try {
			await runLayer(engine, `cannot import volume ${name}`, ['extract', '--source', folder, '--path', '/', '--root'], {input});
		} finally {
			if (input !== 0) closeSync(input);
		}
	});

/** A new volume with the files of another as they are now, on a file system that shares blocks between files. */
export async function snapshotVolume(
	engine: Engine,
	name: string,
	target: string,
	{labels = {}}: {readonly labels?: Readonly<Record<string, string>>} = {},
): Promise<VolumeSummary> {
	const folder = folderOf(engine.root, resolveVolume(volumeStore(engine.db), name));
	return fillVolume(engine, {name: target, labels}, async to => {
		checkSharing(to, engine.root);
		await runLayer(engine, `cannot snapshot volume ${name}`, ['copy', '--from', folder, '--target', to]);
	});
}

async function fillVolume(engine: Engine, request: VolumeRequest & {readonly name: string}, fill: (folder: string) => Promise<void>): Promise<VolumeSummary> {
	const store = volumeStore(engine.db);
	const usersOf = (other: string): string[] => volumeUsers(engine, other);
	checkEmpty(store, engine.root, request.name, usersOf);
	const staging = stageVolume(engine.root);
	try {
		await fill(`${staging}/_data`);
		const volume = adopt(store, engine.root, request, staging, usersOf);
		recordEvent(engine, {type: 'volume', action: 'create', id: volume.name, attributes: {driver: 'local'}});
		return toInspect(engine.root, volume);
	} finally {
		await removeTrees(engine, [staging]);
	}
}

/** Tried with a file of our own. */
function checkSharing(folder: string, root: string): void {
	const [from, to] = [`${folder}/.from`, `${folder}/.to`];
	try {
		writeFileSync(from, 'blocks', {flag: 'wx', mode: 0o600});
		copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
	} catch (cause) {
		throw new EngineError({
			code: 'volume.no-snapshot',
			subject: root,
			message: `the file system of ${root} cannot share blocks between files`,
			hint: 'Copy with `hawser volume export A | hawser volume import B`.',
			cause,
		});
	} finally {
		for (const path of [from, to]) rmSync(path, {force: true});
	}
}

async function runLayer(engine: Engine, failure: string, args: readonly string[], stdio: {readonly input?: number; readonly output?: number} = {}): Promise<void> {
	const result = await runProgram(engine.native.layer, args, stdio);
	if (result.code !== 0) throw new EngineError({code: 'volume.failed', message: `${failure}: ${reasonOf(result, engine.native.layer)}`});
}

const tests: Readonly<Record<string, (engine: Engine, volume: Volume, value: string) => boolean>> = {
	driver: (_engine, _volume, value) => value === 'local',
	label: (_engine, {labels}, value) => hasLabel(labels, value),
	'label!': (_engine, {labels}, value) => !hasLabel(labels, value),
	name: (_engine, {name}, value) => name.includes(value),
	dangling: (engine, {name}, value) => (volumeUsers(engine, name).length === 0) === (value === 'true' || value === '1'),
	until: (_engine, {created}, value) => Date.parse(created) < Number(value),
};

const hasLabel = (labels: Readonly<Record<string, string>>, wanted: string): boolean => {
	const at = wanted.indexOf('=');
	return at < 0 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
};

function filterOf(engine: Engine, filters: Filters): (volume: Volume) => boolean {
	for (const key of filters.keys()) if (!Object.hasOwn(tests, key)) throw new EngineError({code: 'filter.invalid', subject: key, message: `invalid filter '${key}'`});
	return volume => [...filters].every(([key, values]) => values.some(value => tests[key]?.(engine, volume, value)));
}
