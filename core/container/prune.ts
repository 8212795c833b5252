import {readdirSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {sweepDead} from './claim.ts';
import {isRunning, readLive} from './live.ts';
import type {Filters, PruneResult} from './options.ts';
import {allRecords, type ContainerRecord, recordById} from './record.ts';
import {removeContainer, removeTrees} from './remove.ts';
import {sizeOfChanges} from './size.ts';

/** Removes every container that does not run, and what killed commands left on the disk. */
export async function pruneContainers(engine: Engine, {filters = new Map()}: {readonly filters?: Filters} = {}): Promise<PruneResult> {
	checkFilters(filters);
	await sweepDead(engine);
	const deleted: string[] = [];
	let spaceReclaimed = 0;
	for (const record of allRecords(engine.db)) {
		if (isRunning(readLive(engine, record.id)) || !wanted(record, filters)) continue;
		const size = sizeOfChanges(engine, record);
		try {
			await removeContainer(engine, record.id);
		} catch (error) {
			// Started or removed meanwhile.
			if (isEngineError(error, 'container.running') || isEngineError(error, 'container.not-found')) continue;
			throw error;
		}
		deleted.push(record.id);
		spaceReclaimed += size;
	}
	await removeTrees(engine, leftovers(engine));
	return {deleted, spaceReclaimed};
}

/** Before anything is removed. */
function checkFilters(filters: Filters): void {
	for (const key of filters.keys())
		if (!['until', 'label', 'label!'].includes(key)) throw new EngineError({code: 'container.invalid-filter', subject: key, message: `invalid filter '${key}'`});
}

function wanted({createdAt, config}: ContainerRecord, filters: Filters): boolean {
	for (const [key, values] of filters) {
		const has = (value: string): boolean => {
			const equals = value.indexOf('=');
			return equals < 0 ? Object.hasOwn(config.labels, value) : config.labels[value.slice(0, equals)] === value.slice(equals + 1);
		};
		if (key === 'until' && !values.every(value => Date.parse(createdAt) < Number(value))) return false;
		if (key === 'label' && !values.every(has)) return false;
		if (key === 'label!' && values.some(has)) return false;
	}
	return true;
}

/** Folders of containers whose record never came, or went before they did. */
function leftovers(engine: Engine): string[] {
	const list = (folder: string): string[] => {
		try {
			return readdirSync(folder).map(name => `${folder}/${name}`);
		} catch {
			return [];
		}
	};
	const idOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
	const folders = list(`${engine.root}/containers`);
	// Before the records are asked: what is not being made any more has its record by now, or never gets one.
	const making = new Set(list(`${engine.state}/making`).map(path => idOf(path).split('-', 2)[1]));
	const orphans = folders.filter(path => !making.has(idOf(path)) && recordById(engine.db, idOf(path)) === undefined);
	return [...orphans, ...list(`${engine.root}/trash`), ...list(`${engine.state}/waste`)];
}
