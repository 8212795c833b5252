import {existsSync, mkdirSync, readdirSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {randomHex} from '../platform/random.ts';
import {checkVolumeOptions, deviceOf} from './device.ts';
import type {Volume, VolumeStore} from './model.ts';
import {checkVolumeName} from './name.ts';

export type VolumeRequest = {
	readonly name?: string | undefined;
	readonly driver?: string | undefined;
	readonly labels?: Readonly<Record<string, string>> | undefined;
	readonly options?: Readonly<Record<string, string>> | undefined;
};

/** Folders of volumes that are gone: no volume's name begins with a dot. */
const removedPrefix = '.removed-';

/** ROOT/volumes/NAME/_data */
export const volumePath = (root: string, name: string): string => join(root, 'volumes', name, '_data');

/** Takes a volume's folder out of the way in one step; the removal of its files can then take its time. */
const moveAside = (root: string, name: string): string | undefined => {
	const folder = join(root, 'volumes', name);
	if (!existsSync(folder)) return undefined;
	const aside = join(root, 'volumes', `${removedPrefix}${randomHex(8)}`);
	renameSync(folder, aside);
	return aside;
};

const checkRequest = ({driver = 'local', options = {}}: VolumeRequest): void => {
	if (driver !== 'local' && driver !== '')
		throw new EngineError({
			code: 'volume.unknown-driver',
			subject: driver,
			message: `error looking up volume plugin ${driver}: plugin "${driver}" not found`,
			hint: 'use the driver local',
		});
	checkVolumeOptions(options);
};

/** Docker's label of volumes that nobody has named. */
const ANONYMOUS = {'com.docker.volume.anonymous': ''};

/** Makes the volume, or returns the one of this name. Without a name it is anonymous. */
export const createVolume = (store: VolumeStore, root: string, request: VolumeRequest): Volume => {
	checkRequest(request);
	const name = request.name === undefined || request.name === '' ? randomHex(32) : request.name;
	checkVolumeName(name);
	return store.transaction(() => {
		const existing = store.volume(name);
		if (existing) {
			mkdirSync(volumePath(root, name), {recursive: true, mode: 0o755});
			return existing;
		}
		/* A folder without a record was left by a crash: its files belong to no volume that exists. */
		moveAside(root, name);
		mkdirSync(join(root, 'volumes', name), {recursive: true, mode: 0o700});
		mkdirSync(volumePath(root, name), {mode: 0o755});
		const anonymous = name !== request.name;
		const labels = {...(anonymous && ANONYMOUS), ...request.labels};
		const volume: Volume = {name, anonymous, labels, options: request.options ?? {}, created: new Date().toISOString()};
		store.insertVolume(volume);
		return volume;
	});
};

/** A folder for what is to become a volume; left over, it is rubbish like that of a removal cut short. */
export const stageVolume = (root: string): string => {
	const staging = join(root, 'volumes', `${removedPrefix}${randomHex(8)}`);
	mkdirSync(join(staging, '_data'), {recursive: true, mode: 0o755});
	return staging;
};

/** Makes what was staged the content of a volume, which is new or empty and mounted by nobody. */
export const adoptVolume = (store: VolumeStore, root: string, request: VolumeRequest & {readonly name: string}, staging: string, usersOf: UsersOf): Volume =>
	store.transaction(() => {
		checkEmpty(store, root, request.name, usersOf);
		const volume = createVolume(store, root, request);
		renameSync(join(staging, '_data'), volumePath(root, volume.name));
		return volume;
	});

export type UsersOf = (name: string) => readonly string[];

/** Before work is done for it, and again when it is: nobody's files are mixed with others'. */
export const checkEmpty = (store: VolumeStore, root: string, name: string, usersOf: UsersOf): void => {
	checkVolumeName(name);
	const volume = store.volume(name);
	if (volume === undefined) return;
	const users = usersOf(name);
	if (users.length > 0) throw new EngineError({code: 'volume.in-use', subject: name, message: `volume ${name} is in use - [${users.join(', ')}]`, hint: 'remove the container first'});
	if (deviceOf(volume.options) !== undefined || readdirSync(volumePath(root, name)).length > 0)
		throw new EngineError({code: 'volume.not-empty', subject: name, message: `volume ${name} is not empty`, hint: 'take a new name'});
};

/** The folder of a volume that is one. */
export const folderOf = (root: string, {name, options}: Volume): string => {
	if (deviceOf(options) !== undefined)
		throw new EngineError({code: 'volume.no-folder', subject: name, message: `volume ${name} is no folder of the store`, hint: 'what its options name is only mounted in containers'});
	return volumePath(root, name);
};

export const resolveVolume = (store: VolumeStore, name: string): Volume => {
	const volume = store.volume(name);
	if (!volume) throw new EngineError({code: 'volume.not-found', subject: name, message: `get ${name}: no such volume`, hint: '`hawser volume ls` lists them'});
	return volume;
};

/** `usersOf` names the containers, running or not, that mount a volume. Their folders are returned, for the native helper to remove. */
export const removeVolume = (store: VolumeStore, root: string, name: string, usersOf: (name: string) => readonly string[]): string[] =>
	store.transaction(() => {
		resolveVolume(store, name);
		const users = usersOf(name);
		if (users.length > 0)
			throw new EngineError({code: 'volume.in-use', subject: name, message: `remove ${name}: volume is in use - [${users.join(', ')}]`, hint: 'remove the container first'});
		/* Moved before the record goes: after a crash between the two there is an empty volume, never another's data. */
		const aside = moveAside(root, name);
		store.deleteVolume(name);
		return aside === undefined ? [] : [aside];
	});

/** Removes the volumes that no container mounts: anonymous ones, or with `all` every one; `keep` spares by label. */
export const pruneVolumes = (
	store: VolumeStore,
	root: string,
	options: {readonly all: boolean; readonly usersOf: (name: string) => readonly string[]; readonly keep?: (volume: Volume) => boolean},
): {volumes: Volume[]; folders: string[]} =>
	store.transaction(() => {
		const unused = store.volumes().filter(volume => (options.all || volume.anonymous) && !options.keep?.(volume) && options.usersOf(volume.name).length === 0);
		return {volumes: unused, folders: unused.flatMap(({name}) => removeVolume(store, root, name, () => []))};
	});

/** Folders that a removal which was cut short has left. */
export const removedFolders = (root: string): string[] => {
	const folder = join(root, 'volumes');
	return existsSync(folder)
		? readdirSync(folder)
				.filter(name => name.startsWith(removedPrefix))
				.map(name => join(folder, name))
		: [];
};
