import {existsSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {decodeFields, numberField} from '../monitor/fields.ts';
import {type ExitRecord, readExitRecord} from '../monitor/exit-record.ts';
import {type MonitorStatus, toStatus} from '../monitor/status.ts';
import {readIfThere} from '../platform/files.ts';
import {bootId, isAlive} from '../platform/process.ts';
import {isNever, NEVER} from '../platform/time.ts';
import type {ContainerStatus, HealthStatus} from './model.ts';
import {containerFolder, liveFolder} from './place.ts';

type Places = {readonly root: string; readonly state: string};

/** What is true of a container now. Made anew from what its monitor wrote at each look, so that nothing can be out of date. */
export type LiveState = {
	readonly status: ContainerStatus;
	/** 0: no process. */
	readonly pid: number;
	/** A monitor answers on its socket. */
	readonly monitored: boolean;
	readonly startedAt: string;
	readonly finishedAt: string;
	/** Of the last end; undefined before the first. */
	readonly exitCode: number | undefined;
	readonly signal: number;
	readonly oomKilled: boolean;
	readonly restarts: number;
	readonly manual: boolean;
	readonly error: string;
	readonly health?: HealthStatus;
	readonly note?: string;
	/** Its monitor was killed, and its keeper is about to start another. */
	readonly kept?: boolean;
	/** It ended without a witness, and no record says so yet. */
	readonly unseen?: boolean;
};

const untouched: LiveState = {
	status: 'created',
	pid: 0,
	monitored: false,
	startedAt: NEVER,
	finishedAt: NEVER,
	exitCode: undefined,
	signal: 0,
	oomKilled: false,
	restarts: 0,
	manual: false,
	error: '',
};

/** Has a process, or will have one again by itself. */
export const isRunning = ({status}: Pick<LiveState, 'status'>): boolean => status === 'running' || status === 'paused' || status === 'stopping' || status === 'restarting';

export function readLive(places: Places, id: string): LiveState {
	const found = readMonitor(liveFolder(places, id));
	if (found?.alive === true && found.status.state !== 'exited') return fromStatus(found.status);
	if (found !== undefined && found.status.state !== 'exited') {
		const orphan = fromDeadMonitor(places, id, found.status);
		if (orphan !== undefined) return orphan;
	}
	if (!existsSync(containerFolder(places, id))) return {...untouched, status: 'removing'};
	return {...fromPast(places, id), ...healthOf(found?.status)};
}

const healthOf = (status: MonitorStatus | undefined): {readonly health?: HealthStatus} =>
	status?.health === 'starting' || status?.health === 'healthy' || status?.health === 'unhealthy' ? {health: status.health} : {};

/** What the monitor last wrote, and whether it lives. One that has ended but that nobody has reaped yet (a zombie) is dead. */
export function readMonitor(folder: string): {readonly status: MonitorStatus; readonly alive: boolean} | undefined {
	const text = readIfThere(`${folder}/status`);
	const status = text === undefined ? undefined : toStatus(decodeFields(text));
	return status && {status, alive: isAlive(status.monitor, status.monitorStart)};
}

/** It takes the place of a monitor that was killed. */
export const hasKeeper = ({keeper, keeperStart}: MonitorStatus): boolean => isAlive(keeper, keeperStart);

function fromStatus(status: MonitorStatus): LiveState {
	return {
		status: status.state,
		pid: status.pid,
		monitored: true,
		startedAt: status.startedAt || NEVER,
		finishedAt: status.finishedAt || NEVER,
		exitCode: status.state === 'restarting' ? status.exitCode : undefined,
		signal: status.signal,
		oomKilled: status.oom,
		restarts: status.restarts,
		manual: status.manual,
		error: status.error,
		...healthOf(status),
		...(status.adopted > 0 && {note: 'its monitor was killed and has been replaced: some of its output may be missing'}),
	};
}

/** The monitor was killed. The container goes on without it, or nobody saw how it ended: that is never a success. */
function fromDeadMonitor(places: Places, id: string, status: MonitorStatus): LiveState | undefined {
	const exit = readExit(places, id);
	if (hasKeeper(status)) return {...fromStatus(status), monitored: false, kept: true};
	if (status.pid > 0 && isAlive(status.pid, status.pidStart))
		return {
			...fromStatus(status),
			status: status.state === 'paused' ? 'paused' : 'running',
			monitored: false,
			note: 'its monitor was killed: the next command that has to do with it gives it a new one',
		};
	if (exit !== undefined && exit.startedAt === status.startedAt) return undefined;
	return {
		...fromStatus(status),
		status: 'exited',
		monitored: false,
		pid: 0,
		exitCode: 255,
		signal: 0,
		finishedAt: isNever(status.finishedAt) ? status.startedAt : status.finishedAt,
		error: 'its monitor was killed, and nobody saw how it ended',
		unseen: true,
	};
}

/** Nothing runs: the exit record says how it ended, unless the host went down before one could be written. */
function fromPast(places: Places, id: string): LiveState {
	const exit = readExit(places, id);
	const start = readStart(places, id);
	if (start !== undefined && start.boot !== bootId() && (exit === undefined || exit.finishedAt < start.at))
		return {...untouched, status: 'exited', startedAt: start.at, finishedAt: start.at, exitCode: 255, error: 'the host went down while it ran'};
	if (exit === undefined) return untouched;
	return {
		...untouched,
		// A start that failed leaves a container as it was, with the reason.
		status: isNever(exit.startedAt) ? 'created' : 'exited',
		startedAt: exit.startedAt,
		finishedAt: exit.finishedAt,
		exitCode: exit.exitCode,
		signal: exit.signal,
		oomKilled: exit.oom,
		restarts: exit.restarts,
		manual: exit.manual,
		error: exit.error,
	};
}

/** How it ended last; a damaged record is an end that nobody knows. */
export function readExit(places: Places, id: string): ExitRecord | undefined {
	try {
		return readExitRecord(`${containerFolder(places, id)}/exit`);
	} catch (error) {
		if (!(error instanceof EngineError)) throw error;
		return {id, exitCode: 255, signal: 0, oom: false, startedAt: '1970-01-01T00:00:00Z', finishedAt: '1970-01-01T00:00:00Z', restarts: 0, manual: false, error: error.message};
	}
}

/** Says under which boot it was last asked to start. Not synced: a power loss within the next seconds may make it look as before. */
export const startFile = (places: Pick<Places, 'root'>, id: string): string => `${containerFolder(places, id)}/start`;

function readStart(places: Places, id: string): {readonly boot: string; readonly at: string} | undefined {
	const [boot, at] = readIfThere(startFile(places, id))?.split('\n') ?? [];
	return boot === undefined || boot === '' || at === undefined || at === '' ? undefined : {boot, at};
}

/** The engine process that is making or removing the live folder, while it lives. */
export function readClaim(folder: string): {readonly pid: number} | undefined {
	const text = readIfThere(`${folder}/claim`);
	if (text === undefined || text === '') return undefined;
	const fields = decodeFields(text);
	const pid = numberField(fields, 'pid');
	return isAlive(pid, numberField(fields, 'pid-start')) ? {pid} : undefined;
}
