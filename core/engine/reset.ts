import {existsSync, readdirSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
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
	const folders = existsSync(engine.root) ? readdirSync(engine.root, {withFileTypes: true}).filter(entry => entry.isDirectory()) : [];
	await removeTrees(
		engine,
		folders.map(({name}) => `${engine.root}/${name}`),
	);
	// The last words of a monitor that ends just now may still come in.
	rmSync(engine.root, {recursive: true, force: true, maxRetries: 20, retryDelay: 50});
	rmSync(engine.state, {recursive: true, force: true});
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
