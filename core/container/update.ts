import {planResources} from '../bundle/resources.ts';
import type {Engine} from '../engine/engine.ts';
import {messageOf} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {request} from '../monitor/request.ts';
import {updateByRuntime} from '../runtime/runtime.ts';
import {transaction} from '../state/database.ts';
import {ensureMonitor} from './adopt.ts';
import type {ContainerConfig} from './config.ts';
import {eventAttributes} from './events.ts';
import {checkResources, fitResources} from './limits.ts';
import {isRunning} from './live.ts';
import type {Resources, RestartPolicy} from './model.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, findRecord, updateConfig} from './record.ts';

export type UpdateSpec = {readonly restart?: RestartPolicy /** Absent ones, and zeros, stay as they are. */; readonly resources?: Resources};

/** Changes restart policy and limits, of a running container as well. What the kernel refuses leaves the record as it was. */
export async function updateContainer(engine: Engine, ref: string, {restart, resources = {}}: UpdateSpec): Promise<{warnings: readonly string[]}> {
	checkResources(resources, {update: true});
	const {resources: fitted, warnings} = fitResources(resources);
	const asked = Object.fromEntries(Object.entries(fitted).filter(([, value]) => value !== undefined && value !== 0 && value !== '')) as Resources;
	const {before, after} = transaction(engine.db, () => {
		const found = findRecord(engine.db, ref);
		const config = merge(found, asked, restart);
		updateConfig(engine.db, found.id, config);
		return {before: found, after: {...found, config}};
	});
	try {
		await applyLive(engine, after, asked, restart);
	} catch (error) {
		transaction(engine.db, () => updateConfig(engine.db, before.id, before.config));
		throw cannotUpdate(after, messageOf(error), error);
	}
	recordEvent(engine, {type: 'container', action: 'update', id: after.id, attributes: eventAttributes(after)});
	return {warnings};
}

const cannotUpdate = ({id}: ContainerRecord, reason: string, cause?: unknown): EngineError =>
	new EngineError({code: 'container.invalid', subject: id, message: `Cannot update container ${id}: ${reason}`, cause});

/** `--cpus` is a quota and a period in one: which of the two ways was taken stays. */
const conflicts: ReadonlyArray<readonly [asked: keyof Resources, present: keyof Resources, sentence: string]> = [
	['nanoCpus', 'cpuPeriod', 'Nano CPUs cannot be updated as CPU Period has already been set'],
	['nanoCpus', 'cpuQuota', 'Nano CPUs cannot be updated as CPU Quota has already been set'],
	['cpuPeriod', 'nanoCpus', 'CPU Period cannot be updated as NanoCPUs has already been set'],
	['cpuQuota', 'nanoCpus', 'CPU Quota cannot be updated as NanoCPUs has already been set'],
];

function merge(record: ContainerRecord, asked: Resources, restart: RestartPolicy | undefined): ContainerConfig {
	const {config} = record;
	if (restart !== undefined && config.autoRemove && restart.name !== 'no')
		throw cannotUpdate(record, 'Restart policy cannot be updated because AutoRemove is enabled for the container');
	for (const [wish, present, sentence] of conflicts)
		if (Number(asked[wish] ?? 0) > 0 && Number(config.resources[present] ?? 0) > 0) throw cannotUpdate(record, `Conflicting options: ${sentence}`);
	if ((asked.memory ?? 0) > swapLimit(config.resources) && (asked.memorySwap ?? 0) === 0)
		throw cannotUpdate(record, 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
	return {...config, resources: pinSwap({...config.resources, ...asked}, config.resources), ...(restart && {restart})};
}

/** Twice the memory where nothing was said; -1 has no bound. */
function swapLimit({memory = 0, memorySwap = 0}: Resources): number {
	const limit = memorySwap === 0 ? memory * 2 : memorySwap;
	return limit === -1 ? Number.POSITIVE_INFINITY : limit;
}

/** A smaller memory limit leaves the sum as it was. */
function pinSwap(merged: Resources, before: Resources): Resources {
	const implied = (before.memorySwap ?? 0) === 0 && (before.memory ?? 0) > 0 && (merged.memorySwap ?? 0) === 0;
	return implied ? {...merged, memorySwap: (before.memory ?? 0) * 2} : merged;
}

async function applyLive(engine: Engine, record: ContainerRecord, asked: Resources, restart: RestartPolicy | undefined): Promise<void> {
	const {id, config} = record;
	const live = await ensureMonitor(engine, record);
	if (!isRunning(live)) return;
	if (Object.keys(asked).length > 0 && live.status !== 'restarting') {
		const {devices: _devices, pids, ...planned} = planResources(config.resources, []);
		const limit = config.resources.pidsLimit ?? 0;
		await updateByRuntime(engine, record, {...planned, ...(limit !== 0 && {pids: pids ?? {limit}})});
	}
	if (restart !== undefined && live.monitored) await request(liveFolder(engine, id), 'update', {restart: restart.name, 'restart-max': restart.maximumRetryCount});
}
