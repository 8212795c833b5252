import type {Engine} from '../engine/engine.ts';
import {isRunning, readLive} from './live.ts';

/** Without reading any record but its id. */
export function countContainers(engine: Engine): {readonly all: number; readonly running: number; readonly paused: number} {
	const ids = engine.db
		.prepare('SELECT id FROM containers')
		.all()
		.map(row => String(row['id']));
	const states = ids.map(id => readLive(engine, id));
	const paused = states.filter(({status}) => status === 'paused').length;
	return {all: ids.length, running: states.filter(isRunning).length - paused, paused};
}
