import {watch} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {isEngineError} from '../errors/error.ts';
import {requestExit} from '../monitor/request.ts';
import {createSignal} from '../platform/signal.ts';
import {ensureMonitor} from './adopt.ts';
import {toExitStatus} from './attach.ts';
import {isRunning, type LiveState, readLive} from './live.ts';
import type {ExitStatus} from './model.ts';
import {liveFolder} from './place.ts';
import {findRecord, recordById} from './record.ts';

export type WaitOptions = {readonly condition?: 'not-running' | 'next-exit' | 'removed'};

/** `not-running` (the default) is true at once of a container that does not run. */
export async function waitContainer(engine: Engine, ref: string, {condition = 'not-running'}: WaitOptions = {}): Promise<ExitStatus> {
	const record = findRecord(engine.db, ref);
	const {id} = record;
	if (condition === 'removed') return waitRemoved(engine, id);
	// Without a monitor its end will be seen, but not told.
	await ensureMonitor(engine, record).catch(() => undefined);
	for (;;) {
		const live = readLive(engine, id);
		if (condition === 'not-running' && !isRunning(live)) return pastExit(live);
		const exit = live.monitored ? await nextExit(engine, id) : undefined;
		if (exit !== undefined) return exit;
		await nextChange(engine, id);
		if (condition === 'next-exit' && !isRunning(readLive(engine, id)) && live.status !== 'created') return pastExit(readLive(engine, id));
	}
}

const pastExit = ({exitCode, signal, oomKilled, finishedAt}: LiveState): ExitStatus => ({exitCode: exitCode ?? 0, signal, oomKilled, finishedAt});

/** undefined: the monitor went away meanwhile; what it left tells. */
async function nextExit(engine: Engine, id: string): Promise<ExitStatus | undefined> {
	try {
		const asked = await requestExit(liveFolder(engine, id), 'wait');
		try {
			return toExitStatus(await asked.exit);
		} finally {
			asked.close();
		}
	} catch (error) {
		if (isEngineError(error, 'monitor.unreachable') || isEngineError(error, 'monitor.lost')) return undefined;
		throw error;
	}
}

async function waitRemoved(engine: Engine, id: string): Promise<ExitStatus> {
	let last = readLive(engine, id);
	while (recordById(engine.db, id) !== undefined) {
		const live = readLive(engine, id);
		if (live.status !== 'removing') last = live;
		await nextChange(engine, id);
	}
	return pastExit(last);
}

/** The journal is the bell; a container without a monitor rings none, so look again now and then. */
async function nextChange(engine: Engine, id: string): Promise<void> {
	const bell = createSignal();
	const watcher = watch(engine.root, (_, name) => name === 'journal' && bell.ring());
	watcher.on('error', () => bell.ring());
	const timer = setTimeout(() => bell.ring(), readLive(engine, id).monitored ? 1000 : 100);
	try {
		await bell.wait();
	} finally {
		clearTimeout(timer);
		watcher.close();
	}
}
