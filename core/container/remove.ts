import {existsSync, mkdirSync, readdirSync, rmdirSync, rmSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {randomHex} from '../platform/random.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {requestExit} from '../monitor/request.ts';
import {releaseEndpoints} from '../network/endpoint.ts';
import {networkStore} from '../network/store.ts';
import {moveFolder} from '../platform/files.ts';
import {makeRoom} from '../platform/reserve.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {signalByRuntime} from '../runtime/runtime.ts';
import {transaction} from '../state/database.ts';
import {volumeStore} from '../volume/store.ts';
import {removeVolume} from '../volume/volume.ts';
import {type Claim, claimContainer} from './claim.ts';
import {eventAttributes} from './events.ts';
import {isRunning, type LiveState, readLive} from './live.ts';
import {containerFolder, liveFolder} from './place.ts';
import {type ContainerRecord, deleteRecord, findRecord} from './record.ts';

export type RemoveOptions = {readonly force?: boolean; readonly volumes?: boolean};

const SIGKILL = 9;

/**
 * Ends it with `force`, then: claim, move the folder aside (from here on it counts as `removing`), one commit, delete the files. Killed
 * at any point, the same command finishes the work.
 */
export async function removeContainer(engine: Engine, ref: string, {force = false, volumes = false}: RemoveOptions = {}): Promise<{id: string}> {
	makeRoom(engine.root);
	const record = findRecord(engine.db, ref);
	const {id} = record;
	const claim = await claimForRemoval(engine, record, force);
	let gone: string[];
	try {
		const waste = moveAside(engine, id);
		// Aside is as good as gone: the files go while the commit waits for the disk.
		const removal = removeTrees(engine, waste.filter(folder => !removeUntouched(folder)));
		removal.catch(() => {});
		const forgotten = transaction(engine.db, () => forget(engine, record, volumes));
		gone = forgotten.names;
		await removal;
		await removeTrees(engine, forgotten.folders);
	} finally {
		claim.release();
	}
	for (const name of gone) recordEvent(engine, {type: 'volume', action: 'destroy', id: name, attributes: {driver: 'local'}});
	recordEvent(engine, {type: 'container', action: 'destroy', id, attributes: eventAttributes(record)});
	return {id};
}

async function claimForRemoval(engine: Engine, record: ContainerRecord, force: boolean): Promise<Claim> {
	for (let tries = 0; ; tries++) {
		const claim = await claimContainer(engine, record.id, 'remove');
		if (claim !== undefined) return claim;
		const live = readLive(engine, record.id);
		if (!isRunning(live) && live.status !== 'created') continue;
		if (!force) throw inUse(record, live);
		await kill(engine, record, live, tries < 100);
	}
}

const advice: Readonly<Record<string, string>> = {
	paused: 'unpause and then stop the container before removing or force remove',
	restarting: 'stop the container before removing or force remove',
};

const inUse = ({name}: ContainerRecord, {status}: LiveState): EngineError =>
	new EngineError({
		code: 'container.running',
		subject: name,
		message: `cannot remove container "${name}": container is ${status === 'stopping' ? 'running' : status}: ${advice[status] ?? 'stop the container before removing or force remove'}`,
	});

/** By the monitor, marked as wanted, so that no restart policy brings it back. One that is just ending hangs up in the middle: `patient` looks again. */
async function kill(engine: Engine, record: ContainerRecord, live: LiveState, patient: boolean): Promise<void> {
	const {id} = record;
	if (!live.monitored) return signalByRuntime(engine, record, SIGKILL);
	let asked: Awaited<ReturnType<typeof requestExit>> | undefined;
	try {
		asked = await requestExit(liveFolder(engine, id), 'stop', {signal: SIGKILL, timeout: 0});
		await asked.exit;
	} catch (error) {
		if (!isRunning(readLive(engine, id))) return;
		if (!patient || !isEngineError(error, 'monitor.unreachable')) throw error;
		await new Promise(resolve => setTimeout(resolve, 20));
	} finally {
		asked?.close();
	}
}

/** Also what an earlier removal has left. */
function moveAside(engine: Engine, id: string): string[] {
	const trash = `${engine.root}/trash`;
	mkdirSync(trash, {recursive: true, mode: 0o700});
	const aside = `${trash}/${id}-${randomHex(4)}`;
	moveFolder(containerFolder(engine, id), aside);
	return readdirSync(trash)
		.filter(name => name.startsWith(id))
		.map(name => `${trash}/${name}`);
}

/** What we have put beside the writable layer. */
const OURS: ReadonlySet<string> = new Set(['log', 'exit', 'stats', 'start', 'hostname', 'hosts', 'resolv.conf']);

/**
 * One that has written nothing has no tree that it shaped: what is left is ours, and needs no helper. rmdir() enters no folder, and takes
 * none that holds anything. False when there is more, for the helper to take.
 */
function removeUntouched(folder: string): boolean {
	try {
		for (const name of ['upper', 'work/work', 'work']) if (existsSync(`${folder}/${name}`)) rmdirSync(`${folder}/${name}`);
		if (!readdirSync(folder).every(name => OURS.has(name))) return false;
		rmSync(folder, {recursive: true, force: true});
		return true;
	} catch {
		return false;
	}
}

/** The volumes that go with it, by name and folder. */
function forget(engine: Engine, {id, config}: ContainerRecord, volumes: boolean): {names: string[]; folders: string[]} {
	deleteRecord(engine.db, id);
	releaseEndpoints(networkStore(engine.db), id);
	if (!volumes) return {names: [], folders: []};
	const store = volumeStore(engine.db);
	const usersOf = (name: string): string[] => volumeUsers(engine, name);
	const names = config.mounts.flatMap(({name, anonymous}) => (anonymous && name !== undefined && store.volume(name) !== undefined ? [name] : [])).filter(name => usersOf(name).length === 0);
	return {names, folders: names.flatMap(name => removeVolume(store, engine.root, name, usersOf))};
}

/** Containers, running or not, that mount a volume. */
export const volumeUsers = (engine: Engine, name: string): string[] =>
	engine.db
		.prepare("SELECT containers.id FROM containers, json_each(spec, '$.mounts') AS mount WHERE json_extract(mount.value, '$.name') = ?")
		.all(name)
		.map(row => String(row['id']));

/** A container shaped these trees: only the helper, which enters them first, may go in. */
export async function removeTrees(engine: Engine, folders: readonly string[]): Promise<void> {
	if (folders.length === 0) return;
	const result = await runProgram(engine.native.layer, ['remove', ...folders]);
	if (result.code !== 0)
		throw new EngineError({code: 'container.remove-failed', subject: folders[0], message: `cannot remove ${folders[0]}: ${reasonOf(result, engine.native.layer)}`});
}
