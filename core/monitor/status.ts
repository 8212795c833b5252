import {readFileSync} from 'node:fs';
import {decodeFields, type Fields, flagField, numberField, textField} from './fields.ts';

export type MonitorState = 'created' | 'running' | 'paused' | 'stopping' | 'restarting' | 'exited';

/** What the monitor last saw. Times are RFC 3339, `0001-01-01T00:00:00Z` for never. */
export type MonitorStatus = {
	readonly state: MonitorState;
	readonly pid: number;
	readonly pidStart: number;
	readonly monitor: number;
	readonly monitorStart: number;
	readonly startedAt: string;
	readonly finishedAt: string;
	readonly exitCode: number;
	readonly signal: number;
	readonly oom: boolean;
	readonly error: string;
	readonly restarts: number;
	/** Somebody asked for the stop. */
	readonly manual: boolean;
	/** Of a container with a health check: `starting`, `healthy` or `unhealthy`. */
	readonly health: string | undefined;
	/** The process that starts a new monitor should this one be killed; 0: none. */
	readonly keeper: number;
	readonly keeperStart: number;
	/** How often a monitor was killed and replaced. */
	readonly adopted: number;
	/** When state is `restarting`. */
	readonly nextStart: string | undefined;
	/** Lines of output that the log could not take (a full disk). */
	readonly logDropped: number;
};

const states: ReadonlySet<string> = new Set<MonitorState>(['created', 'running', 'paused', 'stopping', 'restarting', 'exited']);

export function toStatus(fields: Fields): MonitorStatus | undefined {
	const state = textField(fields, 'state');
	if (!states.has(state)) return undefined;
	return {
		state: state as MonitorState,
		pid: numberField(fields, 'pid'),
		pidStart: numberField(fields, 'pid-start'),
		monitor: numberField(fields, 'monitor'),
		monitorStart: numberField(fields, 'monitor-start'),
		startedAt: textField(fields, 'started-at'),
		finishedAt: textField(fields, 'finished-at'),
		exitCode: numberField(fields, 'exit-code'),
		signal: numberField(fields, 'signal'),
		oom: flagField(fields, 'oom'),
		error: textField(fields, 'error'),
		restarts: numberField(fields, 'restarts'),
		manual: flagField(fields, 'manual'),
		keeper: numberField(fields, 'keeper'),
		keeperStart: numberField(fields, 'keeper-start'),
		adopted: numberField(fields, 'adopted'),
		health: fields.get('health')?.[0],
		nextStart: fields.get('next-start')?.[0],
		logDropped: numberField(fields, 'log-dropped'),
	};
}

/** Field 22 of /proc/PID/stat, which tells a process from a later one with its number; 0 when there is none. A zombie has ended. */
export function processStartTime(pid: number): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		// The name in brackets may hold anything: count from its last bracket.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return fields[0] === 'Z' || fields[0] === 'X' ? 0 : Number(fields[19] ?? 0);
	} catch {
		return 0;
	}
}

export const isMonitorAlive = (status: MonitorStatus): boolean => status.monitor > 0 && processStartTime(status.monitor) === status.monitorStart;

/** The status in `STATE/containers/ID`, and whether the monitor that wrote it lives (else it is history); undefined when there is none. */
export function readStatus(directory: string): {readonly status: MonitorStatus; readonly alive: boolean} | undefined {
	let text: string;
	try {
		text = readFileSync(`${directory}/status`, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	const status = toStatus(decodeFields(text));
	return status && {status, alive: isMonitorAlive(status)};
}
