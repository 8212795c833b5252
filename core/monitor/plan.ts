import {encodeFields, type FieldValue, oneLine} from './fields.ts';

/** Nanoseconds; absent or 0: the monitor's defaults, which are Docker's. */
export type HealthPlan = {
	/** Path of the process JSON, and its words for events. */
	readonly process: string;
	readonly command: string;
	readonly interval?: number | undefined;
	readonly timeout?: number | undefined;
	readonly startPeriod?: number | undefined;
	readonly startInterval?: number | undefined;
	readonly retries?: number | undefined;
};

/** `maxSize` 0: no rotation. `compress`: argv of a filter for rotated files; `attributes` stand in every line. */
export type LogPlan = {
	readonly path: string;
	readonly maxSize: number;
	readonly maxFiles: number;
	readonly compress?: readonly string[];
	readonly attributes?: Readonly<Record<string, string>>;
	readonly forward?: LogForward;
};

/** Where lines go as well: a socket's path, or `udp:ADDRESS:PORT`. `fields` for the journal; heads for syslog, in which %T is the time. */
export type LogForward = {
	readonly address: string;
	readonly time?: 'stamp' | 'rfc3339' | 'micro';
	readonly out?: string;
	readonly err?: string;
	readonly fields?: readonly string[];
};

/** What the monitor shall do (docs/formats.md, "plan"). Paths are absolute. */
export type MonitorPlan = {
	readonly id: string;
	readonly name: string;
	/** As the user named it, for events. */
	readonly image: string;
	readonly runtime: string;
	/** Before the verb. */
	readonly runtimeArgs?: readonly string[];
	readonly runtimeRoot: string;
	readonly bundle: string;
	/** The network helper and its plan file, when there is a network to set up. */
	readonly net?: {readonly program: string; readonly plan: string};
	readonly tty: boolean;
	/** Keep stdin open; without it, stdin is /dev/null. */
	readonly stdin: boolean;
	readonly stdinOnce?: boolean;
	readonly size?: {readonly rows: number; readonly columns: number};
	readonly start: 'now' | 'wait';
	readonly log?: LogPlan | undefined;
	readonly exitRecord: string;
	readonly stats?: string;
	/** As in config.json. */
	readonly cgroup: string;
	readonly monitorCgroup: string;
	readonly journal: string;
	/** What it uses of the store: networks and volumes, for events. */
	readonly uses?: string;
	readonly restart?: {readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'; readonly maximumRetryCount: number};
	readonly stopSignal: number;
	readonly stopTimeout: number;
	readonly health?: HealthPlan | undefined;
	/** argv run when the container has ended for good and no client promised to remove it. */
	readonly exitCommand?: readonly string[];
	readonly labels?: Readonly<Record<string, string>>;
};

const healthFields = ({process, command, interval, timeout, startPeriod, startInterval, retries}: HealthPlan): Record<string, FieldValue> => ({
	health: process,
	'health-command': oneLine(command),
	'health-interval': interval || undefined,
	'health-timeout': timeout || undefined,
	'health-start-period': startPeriod,
	'health-start-interval': startInterval || undefined,
	'health-retries': retries || undefined,
});

export function encodePlan(plan: MonitorPlan): string {
	return encodeFields({
		version: 1,
		id: plan.id,
		name: plan.name,
		image: plan.image,
		runtime: plan.runtime,
		'runtime-arg': plan.runtimeArgs,
		'runtime-root': plan.runtimeRoot,
		bundle: plan.bundle,
		net: plan.net?.program,
		'net-plan': plan.net?.plan,
		tty: plan.tty,
		stdin: plan.stdin,
		'stdin-once': plan.stdinOnce ?? false,
		rows: plan.size?.rows,
		cols: plan.size?.columns,
		start: plan.start,
		log: plan.log?.path,
		'log-max-size': plan.log?.maxSize,
		'log-max-files': plan.log?.maxFiles,
		'log-compress': plan.log?.compress,
		forward: plan.log?.forward?.address,
		'forward-time': plan.log?.forward?.time,
		'forward-out': plan.log?.forward?.out,
		'forward-err': plan.log?.forward?.err,
		'forward-field': plan.log?.forward?.fields,
		'log-attributes': plan.log?.attributes && JSON.stringify(plan.log.attributes),
		'exit-record': plan.exitRecord,
		stats: plan.stats,
		cgroup: plan.cgroup,
		'monitor-cgroup': plan.monitorCgroup,
		journal: plan.journal,
		uses: plan.uses,
		...(plan.health && healthFields(plan.health)),
		restart: plan.restart?.name ?? 'no',
		'restart-max': plan.restart?.maximumRetryCount ?? 0,
		'stop-signal': plan.stopSignal,
		'stop-timeout': plan.stopTimeout,
		'exit-command': plan.exitCommand,
		label: labelLines(plan.labels ?? {}),
	});
}

/** Bytes of labels that a plan has room for beside all else. */
const labelLimit = 32_768;

/** A label may hold anything, and an image may bring any number. They only adorn events: a newline is worth no more than a space there, and what is too much is left out. */
function labelLines(labels: Readonly<Record<string, string>>): string[] {
	let room = labelLimit;
	return Object.entries(labels)
		.map(([key, value]) => `${key}=${value}`.replaceAll(/[\n\0]/g, ' '))
		.filter(line => {
			const size = Buffer.byteLength(line) + 'label \n'.length;
			if (size > room) return false;
			room -= size;
			return true;
		});
}
