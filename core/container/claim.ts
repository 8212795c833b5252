import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Engine} from '../engine/engine.ts';
import {randomHex} from '../platform/random.ts';
import {EngineError} from '../errors/error.ts';
import {encodeFields} from '../monitor/fields.ts';
import {moveFolder} from '../platform/files.ts';
import {findProcess, isAlive, ownStartTime} from '../platform/process.ts';
import {takeNetworkDown} from '../runtime/network.ts';
import {deleteFromRuntime} from '../runtime/runtime.ts';
import {writeExitRecord} from './exit.ts';
import {hasKeeper, readClaim, readLive, readMonitor} from './live.ts';
import {liveFolder, runtimeRoot} from './place.ts';
import {underLock} from '../state/database.ts';
import {recordById} from './record.ts';

/** The right to make or remove a container's live folder; one process has it at a time. */
export type Claim = {
	/** STATE/containers/ID, empty but for the claim itself. */
	readonly folder: string;
	/** The folder stays and belongs to the monitor from now on. */
	keep(): void;
	/** The folder goes. */
	release(): void;
};

const PATIENCE_MS = 15_000;

/**
 * Makes STATE/containers/ID by renaming a prepared folder: atomic, so that of two only one succeeds. undefined: a live monitor (or a
 * program without one) has it. What a dead monitor or a killed process left there is cleaned up first.
 */
export async function claimContainer(engine: Engine, id: string, purpose: 'start' | 'remove' | 'copy'): Promise<Claim | undefined> {
	const folder = liveFolder(engine, id);
	const prepared = prepare(engine, purpose);
	try {
		const giveUp = Date.now() + PATIENCE_MS;
		while (!moveFolder(prepared, folder)) {
			const holder = whoHolds(folder);
			if (holder === 'program') return undefined;
			if (holder === 'nobody') {
				if (await replaceDead(engine, id, prepared)) break;
			} else if (Date.now() > giveUp) throw busy(id, holder);
			else await sleep(1);
		}
	} finally {
		rmSync(prepared, {recursive: true, force: true});
	}
	return {folder, keep: () => rmSync(`${folder}/claim`, {force: true}), release: () => moveAway(engine, id)};
}

/** In one step: an empty folder would be another's to take, while we are still at removing it. */
function moveAway(engine: Engine, id: string): void {
	const waste = wasteFolder(engine, id);
	moveFolder(liveFolder(engine, id), waste);
	rmSync(waste, {recursive: true, force: true});
}

function wasteFolder({state}: Pick<Engine, 'state'>, id: string): string {
	mkdirSync(`${state}/waste`, {recursive: true, mode: 0o700});
	return `${state}/waste/${id}-${randomHex(6)}`;
}

function prepare(engine: Engine, purpose: string): string {
	const prepared = `${engine.state}/making/${process.pid}-${randomHex(6)}`;
	mkdirSync(prepared, {recursive: true, mode: 0o700});
	mkdirSync(`${engine.state}/containers`, {recursive: true, mode: 0o700});
	writeFileSync(`${prepared}/claim`, encodeFields({pid: process.pid, 'pid-start': ownStartTime(), for: purpose}), {mode: 0o600});
	return prepared;
}

/** `program`: it runs, or its monitor is still at work. A number: pid of the process that has claimed the folder. */
export function whoHolds(folder: string): 'program' | 'nobody' | number {
	const found = readMonitor(folder);
	// A monitor that has written `exited` takes the rest back and ends by itself: wait for it as for any other.
	if (found?.alive === true) return found.status.state === 'exited' ? found.status.monitor : 'program';
	// A keeper has another one there in a moment.
	if (found !== undefined && hasKeeper(found.status)) return found.status.keeper;
	const claim = readClaim(folder);
	if (claim !== undefined) return claim.pid;
	// Whoever launched a monitor may have been killed before it had written its first status.
	if (found === undefined && existsSync(`${folder}/plan`)) return findProcess('hawser-monitor', folder) ?? 'nobody';
	return found !== undefined && found.status.state !== 'exited' && isAlive(found.status.pid, found.status.pidStart) ? 'program' : 'nobody';
}

const busy = (id: string, holder: number): EngineError =>
	new EngineError({
		code: 'container.busy',
		subject: id,
		message: `container ${id.slice(0, 12)} is in the hands of another process (pid ${holder})`,
		hint: 'Try again when that has ended.',
	});

/**
 * Puts the prepared folder in a dead one's place. Under the records' write lock, so that what was found dead is still what is moved
 * away. False when it is not dead any more.
 */
async function replaceDead(engine: Engine, id: string, prepared: string): Promise<boolean> {
	const folder = liveFolder(engine, id);
	const waste = wasteFolder(engine, id);
	// Nobody saw it end: said once and for all, before what tells of it is taken away.
	const past = readLive(engine, id);
	const replaced = underLock(engine.db, () => {
		if (whoHolds(folder) !== 'nobody') return false;
		// The plan stays reachable: should this process be killed as well, the next one needs it.
		if (existsSync(`${folder}/net-plan`)) renameSync(`${folder}/net-plan`, `${prepared}/net-plan`);
		return moveFolder(folder, waste) && moveFolder(prepared, folder);
	});
	if (!replaced) return false;
	try {
		if (past.unseen === true)
			writeExitRecord(engine, {
				id,
				exitCode: past.exitCode ?? 255,
				signal: 0,
				oom: past.oomKilled,
				startedAt: past.startedAt,
				finishedAt: past.finishedAt,
				restarts: past.restarts,
				manual: past.manual,
				error: past.error,
			});
		await takeBack(engine, id, folder);
	} catch (error) {
		// What is left of it stays for the next try.
		rmSync(`${folder}/claim`, {force: true});
		throw error;
	}
	rmSync(waste, {recursive: true, force: true});
	return true;
}

/** What a monitor does at its end, for one that could not: both helpers are idempotent. */
async function takeBack(engine: Engine, id: string, folder: string): Promise<void> {
	if (existsSync(`${runtimeRoot(engine)}/${id}`)) {
		// One whose record is gone was ours: the others' end with their removal.
		await deleteFromRuntime(engine, recordById(engine.db, id) ?? {id, config: {runtime: 'hawser'}});
		if (existsSync(`${folder}/net-plan`)) await takeNetworkDown(engine, `${folder}/net-plan`);
	}
	rmSync(`${folder}/net-plan`, {force: true});
}

/** What killed monitors and commands have left behind, of all containers: their ports on the host, their cgroups, empty folders. */
export async function sweepDead(engine: Engine): Promise<void> {
	for (const id of namesIn(`${engine.state}/containers`)) {
		if (!isAbandoned(engine, id)) continue;
		const claim = await claimContainer(engine, id, 'remove');
		claim?.release();
	}
	sweepUnfinished(engine);
}

/** Folders that a killed process had not put in their place yet, or had just moved out of it. */
function sweepUnfinished({state}: Engine): void {
	for (const name of namesIn(`${state}/making`)) if (!existsSync(`/proc/${name.split('-', 1)[0]}`)) rmSync(`${state}/making/${name}`, {recursive: true, force: true});
	for (const name of namesIn(`${state}/waste`)) rmSync(`${state}/waste/${name}`, {recursive: true, force: true});
}

/** Its monitor ended otherwise than it should, or a removal was killed when the record was gone already. */
function isAbandoned(engine: Engine, id: string): boolean {
	const folder = liveFolder(engine, id);
	const found = readMonitor(folder);
	if (found !== undefined && (found.alive || found.status.state === 'exited')) return false;
	return whoHolds(folder) === 'nobody' && (found !== undefined || recordById(engine.db, id) === undefined);
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
