import type {Engine} from '../engine/engine.ts';
import {openStatsRing, type RingSample} from '../monitor/stats-ring.ts';
import {containerFolder} from './place.ts';
import {findRecord} from './record.ts';

const FINE_SECONDS = 3600;

/** What the monitor has kept: one sample a second for the last hour; further back one a minute, up to a day. Times in unix seconds. */
export function readStatsHistory(engine: Engine, ref: string, {from, to = Math.ceil(Date.now() / 1000)}: {readonly from?: number; readonly to?: number} = {}): RingSample[] {
	const {id} = findRecord(engine.db, ref);
	const ring = openStatsRing(`${containerFolder(engine, id)}/stats`);
	if (ring === undefined) return [];
	try {
		const fineFrom = to - FINE_SECONDS;
		const start = from ?? fineFrom;
		const coarse = start < fineFrom ? ring.history(start, fineFrom, 'coarse') : [];
		return [...coarse, ...ring.history(Math.max(start, fineFrom), to, 'fine')];
	} finally {
		ring.close();
	}
}
