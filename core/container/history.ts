import type {Engine} from '../engine/engine.ts';
import {openStatsRing, type RingSample, type StatsRing} from '../monitor/stats-ring.ts';
import {containerFolder} from './place.ts';
import {findRecord} from './record.ts';

const FINE_SECONDS = 3600;

type Span = {readonly from?: number; readonly to?: number};

/** What the monitor has kept of a container, for a series of readings: one sample a second for the last hour; further back one a minute, up to a day. */
export type StatsHistory = {
	/** The newest second; undefined before the first. */
	last(): RingSample | undefined;
	/** Oldest first; times in unix seconds. The last hour, where nothing is said. */
	read(span?: Span): RingSample[];
	close(): void;
};

function readSpan(ring: StatsRing, {from, to = Math.ceil(Date.now() / 1000)}: Span): RingSample[] {
	const fineFrom = to - FINE_SECONDS;
	const start = from ?? fineFrom;
	const coarse = start < fineFrom ? ring.history(start, fineFrom, 'coarse') : [];
	return [...coarse, ...ring.history(Math.max(start, fineFrom), to, 'fine')];
}

export function openStatsHistory(engine: Engine, ref: string): StatsHistory {
	const path = `${containerFolder(engine, findRecord(engine.db, ref).id)}/stats`;
	let opened: StatsRing | undefined;
	// It is made at the first start.
	const ring = (): StatsRing | undefined => (opened ??= openStatsRing(path));
	return {
		last: () => ring()?.last(),
		read(span = {}) {
			const found = ring();
			return found ? readSpan(found, span) : [];
		},
		close() {
			opened?.close();
			opened = undefined;
		},
	};
}

export function readStatsHistory(engine: Engine, ref: string, span: Span = {}): RingSample[] {
	const history = openStatsHistory(engine, ref);
	try {
		return history.read(span);
	} finally {
		history.close();
	}
}
