import type {LogEntry, StatsSample} from './model.ts';

/** Docker's filters: key → values, any of which may match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export type AttachOptions = {
	readonly input: boolean;
	readonly rows?: number;
	readonly columns?: number;
	/** The client promises to remove the container when it has ended (`run --rm`). */
	readonly willRemove?: boolean;
	/** The process waits for a slow reader, in place of output being dropped: the default of start, not of attach. */
	readonly lossless?: boolean;
};

export type StartOptions = {
	/** Connects before the program starts, so that nothing of its output is lost. */
	readonly attach?: AttachOptions;
	readonly onStarted?: (pid: number) => void;
};

export type StopProgress = {readonly phase: 'signalled' | 'killing' | 'stopped' /** Milliseconds since the epoch; absent: for ever. */; readonly deadline?: number};

export type StopOptions = {
	readonly signal?: string;
	/** Seconds; -1: for ever. */
	readonly timeout?: number;
	readonly onProgress?: (progress: StopProgress) => void;
	readonly signalAbort?: AbortSignal;
};

export type ListOptions = {
	/** Also those that do not run. */
	readonly all?: boolean;
	/** The newest so many, whatever their state. */
	readonly limit?: number;
	readonly size?: boolean;
	readonly filters?: Filters;
};

export type LogOptions = {
	readonly follow?: boolean;
	/** The last so many lines. */
	readonly tail?: number;
	readonly since?: Date;
	/** So many lines at least before `since`, found without reading what lies before them. */
	readonly lead?: number;
	readonly until?: Date;
	readonly signal?: AbortSignal;
};

export type LogReader = AsyncIterable<LogEntry[]>;

/** Keeps the descriptors of a container's cgroup files open: a reading costs some preads. */
export type StatsReader = {
	/** undefined: it does not run any more. */
	read(): StatsSample | undefined;
	close(): void;
};

export type TopResult = {readonly Titles: string[]; readonly Processes: string[][]};

export type PruneResult = {readonly deleted: string[]; readonly spaceReclaimed: number};
