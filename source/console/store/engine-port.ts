import type {ContainerSummary, LogEntry, StatsSample} from '../../../core/container/model.ts';
import type {FileChange} from '../../../core/container/diff.ts';
import type {ExecSession} from '../../../core/container/sessions.ts';
import type {EndReport} from '../../../core/container/why.ts';
import type {FileEntry} from '../../../core/container/files.ts';
import type {StatsReader, StopProgress, TopResult} from '../../../core/container/options.ts';
import type {NetworkSummary} from '../../../core/engine/networks.ts';
import type {VolumeSummary} from '../../../core/engine/volumes.ts';
import type {EngineEvent} from '../../../core/events/event.ts';
import type {ImageFiles, PathChange} from '../../../core/image/files.ts';
import type {HistoryLine} from '../../../core/image/history.ts';
import type {ImageSummary} from '../../../core/image/model.ts';
import type {StatsHistory} from '../../../core/container/history.ts';
import type {RingSample} from '../../../core/monitor/stats-ring.ts';
import type {HostSample} from '../../../core/platform/host.ts';

export type {
	ContainerSummary,
	EndReport,
	EngineEvent,
	ExecSession,
	FileChange,
	FileEntry,
	ImageFiles,
	PathChange,
	HistoryLine,
	HostSample,
	ImageSummary,
	LogEntry,
	NetworkSummary,
	StatsHistory,
	StatsReader,
	StatsSample,
	StopProgress,
	TopResult,
	VolumeSummary,
};

/** One second of a container's past. */
export type HistorySample = RingSample;

/** A program to be started on a terminal of its own. */
export type ShellCommand = {readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>};

/** What an operator did, and how it went. */
export type AuditEntry = {
	readonly time: string;
	readonly who: string;
	readonly verb: string;
	readonly kind: string;
	readonly id: string;
	readonly name: string;
	readonly result: string;
};

export type DiskUse = {readonly type: string; readonly total: string; readonly active: string; readonly size: string; readonly reclaimable: string};
export type HostCheck = {readonly what: string; readonly words: string; readonly good: boolean};

/** `follow` false: what is there now, and no more. */
export type LogRequest = {
	readonly tail?: number;
	readonly follow?: boolean;
	readonly since?: Date;
	/** So many lines at least before `since`. */
	readonly lead?: number;
	readonly until?: Date;
	readonly signal?: AbortSignal;
};

/** All that the console needs of an engine. `console/engine.ts` is its implementation over core; containers go by their full id. */
export type EnginePort = {
	readonly hostName: string;
	listContainers(): readonly ContainerSummary[];
	listImages(): readonly ImageSummary[];
	hostSample(): HostSample;
	/** The kernel's own counters, read now. */
	openStats(id: string): StatsReader;
	/** What the monitor has counted: a reading costs a hundredth of what the kernel's files cost. */
	openHistory(id: string): StatsHistory;
	/** Samples after the unix second `after`, oldest first. */
	readHistory(id: string, after: number): readonly HistorySample[];
	readLogs(id: string, options: LogRequest): AsyncIterable<readonly LogEntry[]>;
	watchEvents(options: {readonly signal: AbortSignal; readonly since?: Date}): AsyncIterable<readonly EngineEvent[]>;
	inspectContainer(id: string): Record<string, unknown>;
	inspectImage(id: string): Record<string, unknown>;
	listVolumes(): readonly VolumeSummary[];
	listNetworks(): readonly NetworkSummary[];
	imageHistory(id: string): readonly HistoryLine[];
	imageFiles(id: string): Promise<ImageFiles>;
	/** What a container's files differ in from its image's. */
	changes(id: string): Promise<readonly FileChange[]>;
	listFolder(id: string, path: string): Promise<readonly FileEntry[]>;
	/** The beginning of a file. */
	readFile(id: string, path: string, limit: number): Promise<string>;
	copyOut(id: string, from: string, to: string): Promise<void>;
	/** How it ended last, as the monitor and the journal know it, with its last `lines`. */
	explainEnd(id: string, lines: number): Promise<EndReport>;
	info(): Record<string, unknown>;
	/** Counted in a process of its own: it walks every file. */
	diskUse(): Promise<readonly DiskUse[]>;
	/** What the engine needs of the host, and whether it is there. */
	check(): Promise<readonly HostCheck[]>;
	top(id: string, options: readonly string[]): Promise<TopResult>;

	start(id: string): Promise<void>;
	/** Aborted, it waits no longer, and sends no SIGKILL. */
	stop(id: string, signal: AbortSignal, onProgress: (progress: StopProgress) => void): Promise<void>;
	restart(id: string): Promise<void>;
	pause(id: string): Promise<void>;
	unpause(id: string): Promise<void>;
	kill(id: string, signal: string): Promise<void>;
	remove(id: string, force: boolean): Promise<void>;
	removeImage(reference: string): Promise<void>;
	removeVolume(name: string): Promise<void>;
	removeNetwork(id: string): Promise<void>;
	/** Runs a command of ours and gives what it said. */
	command(words: readonly string[]): Promise<string>;

	/** Writes a line of the audit trail. */
	audit(entry: AuditEntry): void;
	/** The newest first. */
	readAudit(): readonly AuditEntry[];

	/** `hawser exec -it ID …`, to be run on a terminal of its own. */
	execCommand(id: string, command: readonly string[]): ShellCommand;
	listSessions(id: string): Promise<readonly ExecSession[]>;
	/** Puts a static busybox into a container that has no shell; tells the command that runs a shell of it and takes it away at its end. */
	bringToolbox(id: string): Promise<readonly string[]>;
	/** `hawser WORDS…`, the same. */
	selfCommand(words: readonly string[]): ShellCommand;
	/** Where sessions are written down. */
	readonly recordings: string;
};
