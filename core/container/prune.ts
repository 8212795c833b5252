import {readdirSync, statSync} from 'node:fs';
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

const HOUR_MS = 3_600_000;

/** Folders of containers whose record never came, or went before they did. Young ones may be on their way. */
function leftovers(engine: Engine): string[] {
	const list = (folder: string): string[] => {
		try {
			return readdirSync(folder).map(name => `${folder}/${name}`);
		} catch {
			return [];
		}
	};
	const orphans = list(`${engine.root}/containers`).filter(path => {
		const id = path.slice(path.lastIndexOf('/') + 1);
		return recordById(engine.db, id) === undefined && (statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0) < Date.now() - HOUR_MS;
	});
	return [...orphans, ...list(`${engine.root}/trash`), ...list(`${engine.state}/waste`)];
}
