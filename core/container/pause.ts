import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {request} from '../monitor/request.ts';
import {ensureMonitor} from './adopt.ts';
import {liveFolder} from './place.ts';
import {findRecord} from './record.ts';
import {requireRunning} from './state.ts';

export const pauseContainer = (engine: Engine, ref: string): Promise<void> => change(engine, ref, 'pause');

export const unpauseContainer = (engine: Engine, ref: string): Promise<void> => change(engine, ref, 'unpause');

async function change(engine: Engine, ref: string, verb: 'pause' | 'unpause'): Promise<void> {
	const record = findRecord(engine.db, ref);
	const live = await ensureMonitor(engine, record);
	if (verb === 'unpause' && live.status !== 'paused') throw new EngineError({code: 'container.not-paused', subject: ref, message: `Container ${record.id} is not paused`});
	requireRunning(record, live, verb);
	if (verb === 'pause' && live.status === 'paused') throw new EngineError({code: 'container.paused', subject: ref, message: `Container ${record.id} is already paused`});
	await request(liveFolder(engine, record.id), verb);
}
