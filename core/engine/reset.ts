import {existsSync, readdirSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {allRecords} from '../container/record.ts';
import {removeContainer, removeTrees} from '../container/remove.ts';
import {isEngineError} from '../errors/error.ts';
import {bridgePlan} from '../network/plan.ts';
import {networkStore} from '../network/store.ts';
import {cgroupLayout} from '../platform/cgroup.ts';
import {resetNetwork} from '../runtime/network.ts';
import {closeEngine, type Engine} from './engine.ts';

/** Stops and removes everything of this store: containers, networks, cgroups, files. The engine is closed afterwards. */
export async function resetStore(engine: Engine): Promise<void> {
	await Promise.all(allRecords(engine.db).map(({id}) => remove(engine, id)));
	const plan = `${engine.state}/reset-plan`;
	writeFileSync(plan, bridgePlan(engine.store, networkStore(engine.db).networks()), {mode: 0o600});
	await resetNetwork(engine, plan);
	removeCgroups(engine.cgroupParent);
	closeEngine(engine);
	await removeTrees(engine, present(engine.root, ROOT_FOLDERS));
	await removeStore(engine.root, ROOT_FILES);
	await removeStore(engine.state, STATE_NAMES);
}

/** Only what is ours by name: whatever else somebody keeps in the same folder stays, and the folder with it. */
const ROOT_FOLDERS = ['containers', 'content', 'layers', 'points', 'staging', 'trash', 'volumes'];
const ROOT_FILES = ['hawser.db', 'hawser.db-wal', 'hawser.db-shm', 'journal', 'journal.1', 'reserve', 'storage-driver'];
const STATE_NAMES = ['boot', 'cache', 'containers', 'debug.jsonl', 'making', 'names', 'reset-plan', 'runtime', 'store', 'waste'];

const present = (folder: string, names: readonly string[]): string[] => names.map(name => `${folder}/${name}`).filter(path => existsSync(path));

const TRIES = 20;

async function removeStore(folder: string, names: readonly string[]): Promise<void> {
	for (let attempt = 0; attempt < TRIES; attempt++) {
		for (const path of present(folder, names)) rmSync(path, {recursive: true, force: true});
		const rest = existsSync(folder) ? readdirSync(folder) : [];
		if (rest.length === 0) rmSync(folder, {recursive: true, force: true});
		if (!rest.some(name => names.includes(name))) return;
		// The last words of a monitor that ends just now came in.
		await sleep(50);
	}
}

async function remove(engine: Engine, id: string): Promise<void> {
	try {
		await removeContainer(engine, id, {force: true, volumes: true});
	} catch (error) {
		// Its own exit command was first.
		if (!isEngineError(error, 'container.not-found')) throw error;
	}
}

/** Empty ones only, leaves first: what is not empty belongs to somebody who still lives. */
function removeCgroups(parent: string): void {
	for (const mount of cgroupLayout().mounts) removeEmpty(`${mount}${parent}`);
}

function removeEmpty(folder: string): void {
	try {
		for (const entry of readdirSync(folder, {withFileTypes: true})) if (entry.isDirectory()) removeEmpty(`${folder}/${entry.name}`);
		rmdirSync(folder);
	} catch {
		// Gone already, or in use.
	}
}
