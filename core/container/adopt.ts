import {setTimeout as sleep} from 'node:timers/promises';
import type {Engine} from '../engine/engine.ts';
import {messageOf} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {adoptByMonitor} from '../monitor/launch.ts';
import {isRunning, type LiveState, readLive} from './live.ts';
import {liveFolder} from './place.ts';
import type {ContainerRecord} from './record.ts';

/** A keeper starts a new monitor within milliseconds. */
const PATIENCE_MS = 3000;

const losses: Readonly<Record<string, string>> = {terminal: 'its terminal is lost', output: 'its output is lost'};

/**
 * What is true of it, once it has a monitor. One whose monitor and keeper were both killed gets a new one here, and the engine's notice
 * says so. Throws `container.unmonitored` when that cannot be; what does not run needs none.
 */
export async function ensureMonitor(engine: Engine, {id, name}: ContainerRecord): Promise<LiveState> {
	const giveUp = Date.now() + PATIENCE_MS;
	let failure: unknown;
	for (let asked = false; ; await sleep(5)) {
		const live = readLive(engine, id);
		if (live.monitored || !isRunning(live)) return live;
		if (Date.now() > giveUp || (asked && failure !== undefined)) throw unmonitored(name, failure);
		if (live.kept === true || asked) continue;
		asked = true;
		try {
			const lost = await adoptByMonitor(engine.native.monitor, liveFolder(engine, id));
			engine.notice(`the monitor of container ${name} was killed: it has a new one${lost.map(what => `; ${losses[what] ?? what}`).join('')}`);
		} catch (error) {
			// Another command may have been first: then the next look finds its monitor.
			if (!readLive(engine, id).monitored) failure = error;
		}
	}
}

const unmonitored = (name: string, cause: unknown): EngineError =>
	new EngineError({
		code: 'container.unmonitored',
		subject: name,
		message: `container ${name} has lost its monitor, and cannot be reached${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
		hint: '`hawser restart` gives it a new one; `kill` and `rm -f` work as ever.',
		cause,
	});
