import {mkdirSync, writeFileSync} from 'node:fs';
import {buildSpec} from '../bundle/build.ts';
import {type CdiEdits, cdiEdits} from '../bundle/cdi.ts';
import type {Engine} from '../engine/engine.ts';
import {messageOf} from '../errors/codes.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {launchMonitor} from '../monitor/launch.ts';
import {encodePlan, type MonitorPlan} from '../monitor/plan.ts';
import {request} from '../monitor/request.ts';
import {attach} from '../monitor/stream.ts';
import {bootId} from '../platform/process.ts';
import {stopSignal} from '../platform/signals.ts';
import {countBlockIo} from '../platform/block-stats.ts';
import {nowText} from '../platform/time.ts';
import {ociMounts} from '../volume/oci.ts';
import {copyUps} from '../volume/point.ts';
import {checkPropagation} from '../volume/propagation.ts';
import {chooseApparmor} from './apparmor.ts';
import {attachContainer, toAttachment} from './attach.ts';
import {type Claim, claimContainer, sweepDead} from './claim.ts';
import {eventAttributes} from './events.ts';
import {etcMounts, hostnameOf, writeEtcFiles} from './etc.ts';
import {buildExec} from './exec.ts';
import {writeExitRecord} from './exit.ts';
import {healthCommand, planHealth} from './health.ts';
import {planLog} from './log-driver.ts';
import {readLive, startFile} from './live.ts';
import {joinedPids, networkDonor} from './join.ts';
import {linkVariables} from './links.ts';
import type {Attachment} from './model.ts';
import {setUpNetwork} from './network.ts';
import type {AttachOptions, StartOptions} from './options.ts';
import {bareReason, runtimeProgram} from '../runtime/choice.ts';
import {cgroupOf, containerFolder, liveFolder, runtimeRoot, snapshots} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {usesFile, writeUses} from './uses.ts';

/** Starts a container, or does nothing when it runs. No commit, unless it publishes ports. */
export async function startContainer(engine: Engine, ref: string, {attach: wish, onStarted}: StartOptions = {}): Promise<Attachment | undefined> {
	const record = findRecord(engine.db, ref);
	// A dead container's port must not stand in the way.
	if (record.config.ports.length > 0 || record.config.publishAll) await sweepDead(engine);
	const claim = await claimContainer(engine, record.id, 'start');
	if (claim === undefined) return whenRunning(engine, record, wish);
	// Looked at again under the claim: a removal may have been first.
	const present = await underClaim(claim, async () => findRecord(engine.db, record.id));
	await underClaim(claim, async () => prepare(engine, present, claim, {wish, apparmor: await chooseApparmor(present.config), cdi: await cdiEdits(present.config.deviceRequests ?? [])}));
	// From here on the folder belongs to the monitor, which takes back what it made when it fails.
	const {pid} = await launch(engine, present, claim);
	const attachment = wish === undefined ? undefined : await connectAndStart(engine, present, wish, pid);
	onStarted?.(pid);
	return attachment;
}

async function whenRunning(engine: Engine, record: ContainerRecord, wish: AttachOptions | undefined): Promise<Attachment | undefined> {
	if (readLive(engine, record.id).status === 'paused')
		throw new EngineError({code: 'container.paused', subject: record.name, message: 'cannot start a paused container, try unpause instead'});
	return wish === undefined ? undefined : attachContainer(engine, record.id, wish);
}

async function underClaim<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		claim.release();
		throw error;
	}
}

async function launch(engine: Engine, {id}: ContainerRecord, claim: Claim): Promise<{pid: number}> {
	try {
		return await launchMonitor(engine.native.monitor, claim.folder);
	} catch (cause) {
		const error = inOurWords(cause, id);
		noteFailure(engine, id, error);
		throw error;
	} finally {
		claim.keep();
	}
}

/** The program's trouble in the words that scripts know, without the names of the parts that met it. */
function inOurWords(error: unknown, id: string): unknown {
	if (!isEngineError(error) || !(error.code in failureCodes || error.code === 'runtime.failed')) return error;
	const reason = bareReason(error.message);
	const message = error.code in failureCodes ? `unable to start container process: ${reason}` : reason;
	return new EngineError({code: error.code, subject: id, message, hint: error.hint, cause: error});
}

const failureCodes: Readonly<Record<string, number>> = {'command.not-found': 127, 'command.not-invokable': 126};

/** It stays as it was, with the reason and the code that Docker gives. */
function noteFailure(engine: Engine, id: string, error: unknown): void {
	const {startedAt, finishedAt, restarts} = readLive(engine, id);
	const exitCode = (isEngineError(error) ? failureCodes[error.code] : undefined) ?? 128;
	writeExitRecord(engine, {id, exitCode, signal: 0, oom: false, startedAt, finishedAt, restarts, manual: false, error: messageOf(error)});
}

async function connectAndStart(engine: Engine, record: ContainerRecord, wish: AttachOptions, pid: number): Promise<Attachment> {
	const folder = liveFolder(engine, record.id);
	const stream = await attach(folder, {
		input: wish.input,
		lossless: wish.lossless ?? true,
		...(wish.rows !== undefined && {rows: wish.rows}),
		...(wish.columns !== undefined && {columns: wish.columns}),
		...(wish.willRemove !== undefined && {remove: wish.willRemove}),
	});
	recordEvent(engine, {type: 'container', action: 'attach', id: record.id, attributes: eventAttributes(record)});
	try {
		await request(folder, 'start');
	} catch (error) {
		stream.detach();
		throw error;
	}
	return toAttachment(stream, pid);
}

/** Writes the bundle and the plans, and notes that it shall run: all that the monitor reads. */
type Start = {readonly wish: AttachOptions | undefined; readonly apparmor: string | undefined; readonly cdi: CdiEdits};

function prepare(engine: Engine, record: ContainerRecord, {folder}: Claim, {wish, apparmor, cdi}: Start): void {
	checkPropagation(record.config.mounts);
	const setup = setUpNetwork(engine, record);
	const joined = joinedPids(engine, record);
	const donor = networkDonor(engine, record);
	const variables = setup.links.flatMap(link => linkVariables(record.name, link));
	const spec = buildSpec({
		id: record.id,
		config: {...record.config, env: [...variables, ...record.config.env]},
		hostname: hostnameOf(donor ?? record),
		cgroup: cgroupOf(engine, record),
		joined,
		rootfs: `${folder}/bundle/rootfs`,
		snapshot: snapshots(engine).mountable(record.id, record.config.chainIds),
		cache: `${engine.state}/cache`,
		files: donor === undefined ? writeEtcFiles(engine, record, setup) : etcMounts(engine, donor.id),
		mounts: ociMounts(record.config.mounts),
		apparmor,
		cdi,
		// In the host's pid namespace it would not be process 1.
		...(record.config.init && record.config.pid !== 'host' && {init: engine.native.init}),
		copyUp: copyUps(record.config.mounts).map(({target}) => target),
	});
	mkdirSync(`${folder}/bundle/rootfs`, {recursive: true, mode: 0o700});
	mkdirSync(`${engine.state}/cache`, {recursive: true, mode: 0o700});
	mkdirSync(runtimeRoot(engine), {recursive: true, mode: 0o700});
	countBlockIo({path: engine.root, parent: engine.cgroupParent, markers: `${engine.state}/cache`});
	writeFileSync(`${folder}/bundle/config.json`, JSON.stringify(spec), {mode: 0o600});
	writeUses(engine, record, setup.endpoints);
	if (setup.plan !== undefined) writeFileSync(`${folder}/net-plan`, setup.plan, {mode: 0o600});
	const probe = healthCommand(record.config);
	if (probe !== undefined) writeFileSync(`${folder}/health-process`, JSON.stringify(buildExec(record, {command: probe}, apparmor)), {mode: 0o600});
	writeFileSync(`${folder}/plan`, encodePlan(planMonitor(engine, record, setup.plan !== undefined, wish)), {mode: 0o600});
	writeFileSync(startFile(engine, record.id), `${bootId()}\n${nowText()}\n`, {mode: 0o600});
}

function planMonitor(engine: Engine, record: ContainerRecord, hasNet: boolean, wish: AttachOptions | undefined): MonitorPlan {
	const {id, name, image, config} = record;
	const folder = liveFolder(engine, id);
	const lasting = containerFolder(engine, id);
	return {
		id,
		name,
		image,
		...runtimeProgram(engine, config.runtime),
		runtimeRoot: runtimeRoot(engine),
		bundle: `${folder}/bundle`,
		...(hasNet && {net: {program: engine.native.net, plan: `${folder}/net-plan`}}),
		tty: config.tty,
		stdin: config.openStdin,
		stdinOnce: config.stdinOnce,
		...(wish?.rows !== undefined && wish.columns !== undefined && {size: {rows: wish.rows, columns: wish.columns}}),
		start: wish === undefined ? 'now' : 'wait',
		log: planLog(record, `${lasting}/log/json.log`, [engine.native.layer, 'compress']),
		exitRecord: `${lasting}/exit`,
		stats: `${lasting}/stats`,
		cgroup: cgroupOf(engine, record),
		monitorCgroup: `${engine.cgroupParent}/monitors`,
		journal: `${engine.root}/journal`,
		uses: usesFile(engine, id),
		health: planHealth(config, `${folder}/health-process`),
		restart: config.restart,
		stopSignal: stopSignal(config.stopSignal),
		stopTimeout: config.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
		...(config.autoRemove && {exitCommand: [engine.native.command, '--root', engine.root, '--state', engine.state, 'container', 'reap', id]}),
		labels: config.labels,
	};
}

export const DEFAULT_STOP_TIMEOUT = 10;
