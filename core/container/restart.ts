import type {Engine} from '../engine/engine.ts';
import {ensureMonitor} from './adopt.ts';
import {isRunning, readLive} from './live.ts';
import {findRecord} from './record.ts';
import {startContainer} from './start.ts';
import {stopContainer} from './stop.ts';
import {request} from '../monitor/request.ts';
import {liveFolder} from './place.ts';
import {stopSignal} from '../platform/signals.ts';
import {DEFAULT_STOP_TIMEOUT} from './start.ts';

/** Starts it as well when it did not run. A `--rm` container stays. */
export async function restartContainer(engine: Engine, ref: string, {signal, timeout}: {readonly signal?: string; readonly timeout?: number} = {}): Promise<void> {
	const record = findRecord(engine.db, ref);
	const live = await ensureMonitor(engine, record).catch(() => readLive(engine, record.id));
	if (!isRunning(live)) return void (await startContainer(engine, record.id));
	const number = stopSignal(signal ?? record.config.stopSignal);
	const seconds = timeout ?? record.config.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
	if (live.monitored) return void (await request(liveFolder(engine, record.id), 'restart', {signal: number, timeout: seconds}));
	await stopContainer(engine, record.id, {timeout: seconds, ...(signal !== undefined && {signal})});
	await startContainer(engine, record.id);
}
