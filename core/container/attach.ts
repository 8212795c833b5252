import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import type {MonitorExit} from '../monitor/request.ts';
import {attach, type MonitorStream} from '../monitor/stream.ts';
import {ensureMonitor} from './adopt.ts';
import {eventAttributes} from './events.ts';
import {isRunning} from './live.ts';
import type {Attachment, ExitStatus} from './model.ts';
import type {AttachOptions} from './options.ts';
import {liveFolder} from './place.ts';
import {findRecord} from './record.ts';

export async function attachContainer(engine: Engine, ref: string, options: AttachOptions): Promise<Attachment> {
	const record = findRecord(engine.db, ref);
	const live = await ensureMonitor(engine, record);
	if (!isRunning(live)) throw new EngineError({code: 'container.not-running', subject: ref, message: 'You cannot attach to a stopped container, start it first'});
	if (live.status === 'paused') throw new EngineError({code: 'container.paused', subject: ref, message: 'You cannot attach to a paused container, unpause it first'});
	if (live.status === 'restarting')
		throw new EngineError({code: 'container.restarting', subject: ref, message: 'You cannot attach to a restarting container, wait until it is running'});
	const stream = await attach(liveFolder(engine, record.id), {
		input: options.input,
		lossless: options.lossless ?? false,
		...(options.rows !== undefined && {rows: options.rows}),
		...(options.columns !== undefined && {columns: options.columns}),
		...(options.willRemove !== undefined && {remove: options.willRemove}),
	});
	recordEvent(engine, {type: 'container', action: 'attach', id: record.id, attributes: eventAttributes(record)});
	return toAttachment(stream, live.pid);
}

export const toExitStatus = ({exitCode, signal, oom, finishedAt}: MonitorExit): ExitStatus => ({exitCode, signal, oomKilled: oom, finishedAt});

export function toAttachment(stream: MonitorStream, pid: number): Attachment {
	const exit = stream.exit.then(end => (end === 'detached' ? end : toExitStatus(end)));
	// The monitor waits a moment for its clients to leave. And whoever does not look at the end must not fall over it.
	exit.then(
		() => stream.detach(),
		() => {},
	);
	return {...stream, exit, pid};
}
