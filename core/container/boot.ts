import type {Engine} from '../engine/engine.ts';
import {isNever} from '../platform/time.ts';
import {isRunning, type LiveState, readLive, readMonitor} from './live.ts';
import {liveFolder} from './place.ts';
import {allRecords, type ContainerRecord} from './record.ts';
import {removeContainer} from './remove.ts';
import {startContainer} from './start.ts';
import {waitContainer} from './wait.ts';

export type BootOutcome = {readonly id: string; readonly name: string; readonly done: 'started' | 'removed' | 'stopped'; readonly error?: unknown};

/** So many at once: a start waits for the disk and the network, a stop for the program. */
const STARTS = 4;
const STOPS = 256;

/**
 * After the host was started: what a restart policy wants runs again, and what `--rm` wants gone goes. Docker's rules: `always` whatever
 * happened, `unless-stopped` unless somebody stopped it, `on-failure` when it had failed; never one that was not started before.
 */
export const bootContainers = (engine: Engine): AsyncGenerator<BootOutcome> =>
	inTurn(
		STARTS,
		// Oldest first: what others were made to use is there first.
		allRecords(engine.db)
			.toReversed()
			.flatMap(record => planBoot(engine, record) ?? []),
	);

/** Before the host goes down: everything is stopped, and comes back with the next boot. Nobody is said to have stopped it. */
export const haltContainers = (engine: Engine): AsyncGenerator<BootOutcome> =>
	inTurn(
		STOPS,
		allRecords(engine.db).flatMap(({id, name}) => (isRunning(readLive(engine, id)) ? {id, name, done: 'stopped' as const, work: () => halt(engine, id)} : [])),
	);

type Job = {readonly id: string; readonly name: string; readonly done: BootOutcome['done']; readonly work: () => Promise<unknown>};

function planBoot(engine: Engine, record: ContainerRecord): Job | undefined {
	const {id, name, config} = record;
	const live = readLive(engine, id);
	if (isRunning(live) || live.status === 'removing' || isNever(live.startedAt)) return undefined;
	if (config.autoRemove) return {id, name, done: 'removed', work: () => removeContainer(engine, id, {volumes: true})};
	return wantsToRun(record, live) ? {id, name, done: 'started', work: () => startContainer(engine, id)} : undefined;
}

function wantsToRun({config: {restart}}: ContainerRecord, {manual, exitCode = 0}: LiveState): boolean {
	if (restart.name === 'unless-stopped') return !manual;
	return restart.name === 'always' || (restart.name === 'on-failure' && exitCode !== 0);
}

async function halt(engine: Engine, id: string): Promise<void> {
	const monitor = readMonitor(liveFolder(engine, id));
	if (monitor?.alive === true) process.kill(monitor.status.monitor, 'SIGTERM');
	await waitContainer(engine, id);
}

async function* inTurn(atOnce: number, jobs: readonly Job[]): AsyncGenerator<BootOutcome> {
	for (let at = 0; at < jobs.length; at += atOnce) yield* await Promise.all(jobs.slice(at, at + atOnce).map(finish));
}

async function finish({work, ...job}: Job): Promise<BootOutcome> {
	try {
		await work();
		return job;
	} catch (error) {
		return {...job, error};
	}
}
