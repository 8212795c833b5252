import type {ContainerSummary, LogEntry, StatsSample} from '../../../core/container/model.ts';
import type {StatsReader, StopProgress} from '../../../core/container/options.ts';
import type {EngineEvent} from '../../../core/events/event.ts';
import type {ImageSummary} from '../../../core/image/model.ts';
import type {RingSample} from '../../../core/monitor/stats-ring.ts';
import type {HostSample} from '../../../core/platform/host.ts';

export type {ContainerSummary, EngineEvent, HostSample, ImageSummary, LogEntry, StatsReader, StatsSample, StopProgress};

/** One second of a container's past. */
export type HistorySample = RingSample;

/** A program to be started on a terminal of its own. */
export type ShellCommand = {readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>};

/** All that the console needs of an engine. `console/engine.ts` is its implementation over core; containers go by their full id. */
export type EnginePort = {
	readonly hostName: string;
	listContainers(): readonly ContainerSummary[];
	listImages(): readonly ImageSummary[];
	hostSample(): HostSample;
	openStats(id: string): StatsReader;
	/** Samples after the unix second `after`, oldest first. */
	readHistory(id: string, after: number): readonly HistorySample[];
	readLogs(id: string, options: {readonly tail: number; readonly signal: AbortSignal}): AsyncIterable<readonly LogEntry[]>;
	watchEvents(options: {readonly signal: AbortSignal; readonly since?: Date}): AsyncIterable<readonly EngineEvent[]>;
	inspectContainer(id: string): Record<string, unknown>;
	inspectImage(id: string): Record<string, unknown>;

	start(id: string): Promise<void>;
	stop(id: string, onProgress: (progress: StopProgress) => void): Promise<void>;
	restart(id: string): Promise<void>;
	pause(id: string): Promise<void>;
	unpause(id: string): Promise<void>;
	kill(id: string, signal: string): Promise<void>;
	remove(id: string, force: boolean): Promise<void>;
	removeImage(reference: string): Promise<void>;

	/** `hawser exec -it ID …`, to be run on a terminal of its own. */
	execCommand(id: string, command: readonly string[]): ShellCommand;
};
