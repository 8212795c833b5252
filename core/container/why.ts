import type {Engine} from '../engine/engine.ts';
import type {EngineEvent} from '../events/event.ts';
import {watchEvents} from '../events/watch.ts';
import type {RingSample} from '../monitor/stats-ring.ts';
import {isNever} from '../platform/time.ts';
import {readStatsHistory} from './history.ts';
import {isRunning, type LiveState, readLive} from './live.ts';
import {readLogs} from './logs.ts';
import type {ContainerStatus, LogEntry, Resources, RestartPolicy} from './model.ts';
import {type ContainerRecord, findRecord} from './record.ts';

/** How a container ended, and what is known of the time before. */
export type EndReport = {
	readonly id: string;
	readonly name: string;
	readonly status: ContainerStatus;
	readonly exitCode: number;
	/** 0: it ended by itself. */
	readonly signal: number;
	readonly oomKilled: boolean;
	/** Somebody asked for the end; `asked` are the commands that the journal knows of. */
	readonly manual: boolean;
	readonly asked: ReadonlyArray<{readonly action: string; readonly signal?: string; readonly at: string}>;
	/** Why it could not be started, or nobody saw it end. */
	readonly error: string;
	readonly startedAt: string;
	readonly finishedAt: string;
	readonly restarts: number;
	readonly restart: RestartPolicy;
	readonly resources: Resources;
	/** The last seconds: at most ten samples, one a second. */
	readonly samples: readonly RingSample[];
	/** The last lines of its log. */
	readonly log: readonly LogEntry[];
};

const LINES = 10;
const SECONDS = 10;

export async function explainEnd(engine: Engine, ref: string, {lines = LINES}: {readonly lines?: number} = {}): Promise<EndReport> {
	const record = findRecord(engine.db, ref);
	const live = readLive(engine, record.id);
	const ended = !isNever(live.finishedAt);
	return {
		id: record.id,
		name: record.name,
		status: live.status,
		exitCode: live.exitCode ?? 0,
		signal: live.signal,
		oomKilled: live.oomKilled,
		manual: live.manual,
		asked: ended && !isRunning(live) ? await askedFor(engine, record, live) : [],
		error: live.error,
		startedAt: live.startedAt,
		finishedAt: live.finishedAt,
		restarts: live.restarts,
		restart: record.config.restart,
		resources: record.config.resources,
		samples: samplesBefore(engine, record, live),
		log: await lastLines(engine, record, lines),
	};
}

const ASKING: ReadonlySet<string> = new Set(['kill', 'stop', 'restart']);

/** `kill` and `stop` of the journal between its start and its end. */
async function askedFor(engine: Engine, {id}: ContainerRecord, {startedAt, finishedAt}: LiveState): Promise<EndReport['asked']> {
	const until = new Date(Math.min(Date.parse(finishedAt) + 1000, Date.now() - 1));
	const options = {...(!isNever(startedAt) && {since: new Date(startedAt)}), until, filters: new Map([['container', [id]]])};
	const found: EngineEvent[] = [];
	for await (const events of watchEvents(engine, options)) found.push(...events.filter(({Type, Action}) => Type === 'container' && ASKING.has(Action)));
	return found.map(({Action, Actor, time}) => ({
		action: Action,
		at: new Date(time * 1000).toISOString(),
		...(Actor.Attributes['signal'] !== undefined && {signal: Actor.Attributes['signal']}),
	}));
}

function samplesBefore(engine: Engine, {id}: ContainerRecord, {finishedAt, status}: LiveState): RingSample[] {
	const to = isRunning({status}) || isNever(finishedAt) ? Math.ceil(Date.now() / 1000) : Math.ceil(Date.parse(finishedAt) / 1000);
	return readStatsHistory(engine, id, {from: to - SECONDS, to});
}

async function lastLines(engine: Engine, {id, config}: ContainerRecord, tail: number): Promise<LogEntry[]> {
	if (config.logDriver === 'none' || tail === 0) return [];
	const found: LogEntry[] = [];
	try {
		for await (const entries of readLogs(engine, id, {tail})) found.push(...entries);
	} catch {
		// A driver that cannot be read, or a file that has gone: the rest is still worth telling.
	}
	return found;
}
