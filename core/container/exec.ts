import {readdirSync} from 'node:fs';
import {mergeEnv, numericUser, processEnv, wantsNoNewPrivileges} from '../bundle/build.ts';
import {randomHex} from '../platform/random.ts';
import {capabilitySets, chooseCapabilities} from '../bundle/capabilities.ts';
import type {Process} from '../bundle/spec.ts';
import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {numberField} from '../monitor/fields.ts';
import {exec, type MonitorStream} from '../monitor/stream.ts';
import {bareReason} from '../runtime/choice.ts';
import {ensureMonitor} from './adopt.ts';
import {confinementOf} from './apparmor.ts';
import {toAttachment} from './attach.ts';
import {hostnameOf} from './etc.ts';
import type {Attachment, ExecSpec} from './model.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {requireRunning} from './state.ts';
import {checkEnv, checkUser, checkWorkdir} from './validate.ts';

/** Runs a further process in a container. The session belongs to the monitor and outlives this process. */
export async function execContainer(engine: Engine, ref: string, spec: ExecSpec): Promise<Attachment & {readonly execId: string}> {
	checkExec(spec);
	const record = findRecord(engine.db, ref);
	const live = await ensureMonitor(engine, record);
	requireRunning(record, live, 'exec');
	if (live.status === 'paused') throw new EngineError({code: 'container.paused', subject: ref, message: `Container ${record.name} is paused, unpause the container before exec`});
	const execId = randomHex(32);
	const stream = await begin(liveFolder(engine, record.id), record, spec, {execId, apparmor: confinementOf(live.pid)});
	return {...toAttachment(stream, numberField(stream.ok, 'pid')), execId};
}

type Session = {readonly execId: string; readonly apparmor: string | undefined};

async function begin(folder: string, record: ContainerRecord, spec: ExecSpec, {execId, apparmor}: Session): Promise<MonitorStream> {
	return exec(folder, JSON.stringify(buildExec(record, spec, apparmor)), {
		id: execId,
		tty: spec.tty ?? false,
		command: spec.command.join(' '),
		input: spec.stdin ?? false,
		lossless: spec.lossless ?? spec.detach !== true,
		detach: spec.detach ?? false,
		...(spec.rows !== undefined && {rows: spec.rows}),
		...(spec.columns !== undefined && {columns: spec.columns}),
	}).catch((error: unknown) => {
		throw inOurWords(error, record.id);
	});
}

/** A program that is missing or cannot be run, in the words that scripts know; what else the runtime fails at is told like the latter. */
function inOurWords(error: unknown, id: string): unknown {
	if (isEngineError(error) && error.code.startsWith('monitor.') && error.message.startsWith('hawser-runtime: ')) {
		const [, part = '', why = ''] = /^hawser-runtime: (?:container: )?([a-z ]+: )?(.*)$/s.exec(error.message) ?? [undefined, '', error.message];
		const message = part === 'user: ' ? why : `OCI runtime exec failed: exec failed: unable to start container process: ${part}${why}`;
		return new EngineError({code: 'command.not-invokable', subject: id, message, cause: error});
	}
	if (!isEngineError(error, 'command.not-found') && !isEngineError(error, 'command.not-invokable')) return error;
	const reason = bareReason(error.message);
	return new EngineError({code: error.code, subject: id, message: `OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`, cause: error});
}

function checkExec({command, env = [], workdir, user}: ExecSpec): void {
	if (command.length === 0 || command[0] === '') throw new EngineError({code: 'container.no-command', subject: 'exec', message: 'No exec command specified'});
	if (command.some(word => word.includes('\0'))) throw new EngineError({code: 'container.invalid', subject: 'exec', message: 'an argument of the command holds a NUL byte'});
	for (const variable of env) checkEnv(variable);
	if (workdir !== undefined && workdir !== '') checkWorkdir(workdir);
	if (user !== undefined) checkUser(user);
}

/** Of the sessions that run: the monitor keeps a file of each. */
export function execIds(places: {readonly state: string}, id: string): string[] {
	const prefix = 'exec-';
	return readdirSync(liveFolder(places, id)).flatMap(name => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}

/** The container's own process, but for what the caller changes: no more rights than it has, unless privileged. */
export function buildExec(record: ContainerRecord, spec: ExecSpec, apparmor?: string): Process {
	const {config} = record;
	const user = spec.user !== undefined && spec.user !== '' ? spec.user : config.user;
	const privileged = config.privileged || spec.privileged === true;
	return {
		terminal: spec.tty ?? false,
		user: numericUser(user),
		args: spec.command,
		env: mergeEnv(processEnv({hostname: hostnameOf(record), tty: spec.tty ?? false, env: config.env}), spec.env ?? []),
		cwd: spec.workdir || config.workdir || '/',
		capabilities: capabilitySets(chooseCapabilities({privileged, capAdd: config.capAdd, capDrop: config.capDrop, hardened: config.hardened})),
		...(apparmor !== undefined && spec.privileged !== true && {apparmorProfile: apparmor}),
		noNewPrivileges: wantsNoNewPrivileges(config),
		oomScoreAdj: config.resources.oomScoreAdj ?? 0,
		annotations: {'io.hawser.user': user === '' ? '0' : user, ...(config.groupAdd.length > 0 && {'io.hawser.groups': config.groupAdd.join(',')})},
	};
}
