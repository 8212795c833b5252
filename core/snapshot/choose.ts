import {existsSync, linkSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import type {LayerStore} from '../layer/model.ts';
import {stagingFolder} from '../layer/path.ts';
import {readIfThere} from '../platform/files.ts';
import {spawnHelper} from '../platform/run-sync.ts';
import {randomHex} from '../platform/random.ts';
import {type DriverName, driverNames} from './model.ts';
import {findFuse} from './overlay.ts';

/** `auto`: what the store has, or else the best that its file system can. */
export type DriverWish = DriverName | 'auto';

/** Docker's names for the like, too. */
const wishes: Readonly<Record<string, DriverWish>> = {'': 'auto', auto: 'auto', overlay: 'overlay', overlay2: 'overlay', 'fuse-overlayfs': 'fuse-overlayfs', copy: 'copy', vfs: 'copy', btrfs: 'btrfs'};

export function parseDriver(text: string): DriverWish {
	const wish = Object.hasOwn(wishes, text) ? wishes[text] : undefined;
	if (wish === undefined) throw new EngineError({code: 'engine.bad-option', subject: text, message: `unknown storage driver ${JSON.stringify(text)}`, hint: `auto, ${driverNames.join(', ')}.`});
	return wish;
}

const noteOf = (root: string): string => `${root}/storage-driver`;

/** The driver that all containers of this store are kept with: chosen once, and noted in it. `notice` hears when it is not the usual one. */
export function chooseDriver(store: LayerStore, wish: DriverWish, notice: (text: string) => void): DriverName {
	const kept = readNote(store.root) ?? note(store.root, wish === 'auto' ? bestDriver(store, notice) : checkDriver(store, wish));
	if (wish !== 'auto' && wish !== kept)
		throw new EngineError({
			code: 'engine.other-driver',
			subject: store.root,
			message: `the store ${store.root} keeps its containers with the storage driver ${kept}, and ${wish} was asked for`,
			hint: `Leave out --storage-driver (HAWSER_STORAGE_DRIVER, engine.json), or choose another --root for ${wish}.`,
		});
	return kept;
}

/** Stores of the time before there was a choice have containers and no note. */
function readNote(root: string): DriverName | undefined {
	const text = readIfThere(noteOf(root))?.trim();
	const known = driverNames.find(name => name === text);
	if (known !== undefined) return known;
	if (text !== undefined) throw new EngineError({code: 'engine.bad-option', subject: root, message: `${noteOf(root)} names the storage driver ${JSON.stringify(text)}, which this version does not have`});
	return existsSync(`${root}/containers`) && readdirSync(`${root}/containers`).length > 0 ? note(root, 'overlay') : undefined;
}

/** Who is first decides. */
function note(root: string, name: DriverName): DriverName {
	const beside = `${noteOf(root)}.${randomHex(4)}`;
	writeFileSync(beside, `${name}\n`, {mode: 0o600});
	try {
		linkSync(beside, noteOf(root));
		return name;
	} catch (error) {
		if (!hasErrno(error, 'EEXIST')) throw error;
		return readNote(root) ?? name;
	} finally {
		rmSync(beside, {force: true});
	}
}

function bestDriver(store: LayerStore, notice: (text: string) => void): DriverName {
	if (canStack(store)) return 'overlay';
	notice(`overlayfs cannot stack on the file system of ${store.root}: each container gets a copy of its image, which takes time and room`);
	return 'copy';
}

const BTRFS = 0x91_23_68_3e;

/** The others say at the first container what they lack; a store that is none of btrfs, or has no server, never has any. */
function checkDriver(store: LayerStore, wish: DriverName): DriverName {
	const lack = (message: string, hint: string): EngineError => new EngineError({code: 'engine.bad-option', subject: store.root, message, hint});
	if (wish === 'btrfs' && statfsSync(store.root).type !== BTRFS) throw lack(`the storage driver btrfs needs a store on btrfs, and ${store.root} is not`, 'auto takes what the file system can.');
	if (wish === 'fuse-overlayfs' && !canStack(store, ['--fuse', findFuse()]))
		throw lack(`the storage driver fuse-overlayfs cannot mount in ${store.root}`, `It needs ${findFuse()} and /dev/fuse. auto takes what the file system can.`);
	return wish;
}

/** Mounts one, for this question alone. */
function canStack({root, helper}: LayerStore, served: readonly string[] = []): boolean {
	const place = `${stagingFolder(root)}/probe-${randomHex(4)}`;
	for (const name of ['lower', 'upper', 'work']) mkdirSync(`${place}/${name}`, {recursive: true, mode: 0o700});
	try {
		return spawnHelper(helper, ['look', '--lower', `${place}/lower`, '--upper', `${place}/upper`, '--work', `${place}/work`, '--path', '/', ...served]) !== undefined;
	} finally {
		rmSync(place, {recursive: true, force: true});
	}
}
