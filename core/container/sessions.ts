import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {request} from '../monitor/request.ts';
import {execAttach} from '../monitor/stream.ts';
import {readIfThere} from '../platform/files.ts';
import {toAttachment} from './attach.ts';
import {isRunning, readLive} from './live.ts';
import type {Attachment} from './model.ts';
import {liveFolder} from './place.ts';
import {findRecord} from './record.ts';

/** A further process in a container, which its monitor keeps: it goes on when whoever started it is gone. */
export type ExecSession = {readonly id: string; readonly pid: number; readonly command: string};

/** The sessions of a container that still run. */
export async function listSessions(engine: Engine, ref: string): Promise<ExecSession[]> {
	const {id} = findRecord(engine.db, ref);
	const live = readLive(engine, id);
	if (!live.monitored || !isRunning(live)) return [];
	const lines = (await request(liveFolder(engine, id), 'exec-list')).get('exec') ?? [];
	return lines.flatMap(line => {
		const [session = '', pid = '', state] = line.split(' ');
		return state === 'running' ? [{id: session, pid: Number(pid), command: commandOf(Number(pid))}] : [];
	});
}

const commandOf = (pid: number): string => (readIfThere(`/proc/${pid}/cmdline`) ?? '').replace(/\0$/, '').replaceAll('\0', ' ');

/** Joins a session that somebody left; what its terminal showed last comes first. */
export async function joinSession(engine: Engine, ref: string, session: string, size: {readonly rows?: number; readonly columns?: number} = {}): Promise<Attachment> {
	if (!/^[0-9a-f]{64}$/.test(session)) throw new EngineError({code: 'container.invalid', subject: session, message: `${session} is no session`});
	const {id} = findRecord(engine.db, ref);
	const stream = await execAttach(liveFolder(engine, id), session, {input: true, ...size});
	return toAttachment(stream, 0);
}
