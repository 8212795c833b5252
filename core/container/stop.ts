import {setTimeout as sleep} from 'node:timers/promises';
import type {Engine} from '../engine/engine.ts';
import {requestExit} from '../monitor/request.ts';
import {parseSignal, stopSignal} from '../platform/signals.ts';
import {signalByRuntime} from '../runtime/runtime.ts';
import {ensureMonitor} from './adopt.ts';
import {isRunning, readLive} from './live.ts';
import type {StopOptions} from './options.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {DEFAULT_STOP_TIMEOUT} from './start.ts';

const SIGKILL = 9;

/** Done when it has ended; nothing to do when it does not run. */
export async function stopContainer(engine: Engine, ref: string, options: StopOptions = {}): Promise<void> {
	if (options.signal !== undefined) parseSignal(options.signal);
	const record = findRecord(engine.db, ref);
	const live = await ensureMonitor(engine, record).catch(() => readLive(engine, record.id));
	if (!isRunning(live)) return;
	const signal = stopSignal(options.signal ?? record.config.stopSignal);
	const timeout = options.timeout ?? record.config.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
	await (live.monitored ? stopByMonitor(engine, record, signal, timeout, options) : stopAlone(engine, record, signal, timeout, options));
	options.onProgress?.({phase: 'stopped'});
}

/** The monitor keeps the time: the stop goes on to its end when this process does not. */
async function stopByMonitor(engine: Engine, {id}: ContainerRecord, signal: number, timeout: number, {onProgress, signalAbort}: StopOptions): Promise<void> {
	const asked = await requestExit(liveFolder(engine, id), 'stop', {signal, timeout});
	onProgress?.({phase: 'signalled', ...(timeout >= 0 && {deadline: Date.now() + timeout * 1000})});
	let told = timeout < 0;
	const tellKilling = (): void => {
		if (!told) onProgress?.({phase: 'killing'});
		told = true;
	};
	const killing = timeout < 0 ? undefined : setTimeout(tellKilling, timeout * 1000);
	const abort = (): void => asked.close();
	signalAbort?.addEventListener('abort', abort, {once: true});
	try {
		const end = await asked.exit;
		// The monitor's clock may have been the faster one.
		if (end.signal === SIGKILL && signal !== SIGKILL) tellKilling();
	} catch (error) {
		if (signalAbort?.aborted !== true && isRunning(readLive(engine, id))) throw error;
	} finally {
		clearTimeout(killing);
		signalAbort?.removeEventListener('abort', abort);
		asked.close();
	}
}

/** Its monitor has died: this process has to keep the time. */
async function stopAlone(engine: Engine, record: ContainerRecord, signal: number, timeout: number, {onProgress}: StopOptions): Promise<void> {
	const {id} = record;
	await signalByRuntime(engine, record, signal);
	onProgress?.({phase: 'signalled', ...(timeout >= 0 && {deadline: Date.now() + timeout * 1000})});
	if (await ends(engine, id, timeout)) return;
	onProgress?.({phase: 'killing'});
	await signalByRuntime(engine, record, SIGKILL);
	await ends(engine, id, -1);
}

async function ends(engine: Engine, id: string, timeout: number): Promise<boolean> {
	const giveUp = Date.now() + timeout * 1000;
	while (isRunning(readLive(engine, id))) {
		if (timeout >= 0 && Date.now() >= giveUp) return false;
		await sleep(20);
	}
	return true;
}
