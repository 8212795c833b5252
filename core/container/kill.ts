import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {request} from '../monitor/request.ts';
import {parseSignal, RTMAX} from '../platform/signals.ts';
import {signalByRuntime} from '../runtime/runtime.ts';
import {ensureMonitor} from './adopt.ts';
import {eventAttributes} from './events.ts';
import {readLive} from './live.ts';
import {liveFolder} from './place.ts';
import {findRecord} from './record.ts';
import {requireRunning} from './state.ts';

/** The sentence begins with what could not be done, whatever was in the way. */
function find(engine: Engine, ref: string): ReturnType<typeof findRecord> {
	try {
		return findRecord(engine.db, ref);
	} catch (error) {
		if (!isEngineError(error)) throw error;
		throw new EngineError({code: error.code, subject: error.subject, message: `cannot kill container: ${ref}: ${error.message}`, hint: error.hint});
	}
}

function readSignal(ref: string, signal: string): number {
	if (!/^\d+$/.test(signal) || Number(signal) <= RTMAX) return parseSignal(signal);
	throw new EngineError({code: 'container.invalid', subject: ref, message: `cannot kill container: ${ref}: the Linux daemon does not support signal ${signal}`});
}

export async function killContainer(engine: Engine, ref: string, {signal = 'SIGKILL'}: {readonly signal?: string} = {}): Promise<void> {
	const number = readSignal(ref, signal);
	const record = find(engine, ref);
	const live = await ensureMonitor(engine, record).catch(() => readLive(engine, record.id));
	requireRunning(record, live, 'kill');
	if (live.monitored) return void (await request(liveFolder(engine, record.id), 'kill', {signal: number}));
	// Nobody is there to do it, or to say that it was done.
	await signalByRuntime(engine, record, number);
	recordEvent(engine, {type: 'container', action: 'kill', id: record.id, attributes: eventAttributes(record, {signal: String(number)})});
}
