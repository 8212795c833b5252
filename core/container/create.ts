import {mkdirSync, rmSync} from 'node:fs';
import {capabilityNames} from '../bundle/capabilities.ts';
import {parseSecurity} from '../bundle/security.ts';
import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {findImage} from '../image/find.ts';
import {formatPlatform, isSameMachine, parsePlatform} from '../oci/platform.ts';
import {nowText} from '../platform/time.ts';
import {runtimeProgram} from '../runtime/choice.ts';
import {transaction} from '../state/database.ts';
import {type Borrowed, resolveMounts} from '../volume/point.ts';
import type {VolumeStore} from '../volume/model.ts';
import {volumeStore} from '../volume/store.ts';
import {parseTmpfs} from '../volume/tmpfs.ts';
import type {ContainerConfig} from './config.ts';
import {eventAttributes} from './events.ts';
import {mergeConfig} from './merge.ts';
import type {ContainerSpec, MountSpec} from './model.ts';
import {joinNamespaces} from './join.ts';
import {fitResources} from './limits.ts';
import {drawName} from './names.ts';
import {leaseAddresses} from './network.ts';
import {containerFolder, drawId, snapshots} from './place.ts';
import {type ContainerRecord, findRecord, insertRecord, recordByName} from './record.ts';
import {leaseIds} from './userns.ts';
import {checkSpec} from './validate.ts';

export type CreateResult = {readonly id: string; readonly name: string; readonly warnings: string[]};

/**
 * Makes a container's record and folder; the image must be there. The folder comes first and the record last: what has a record is
 * complete. One commit, with the address, the volumes and the name.
 */
export async function createContainer(engine: Engine, spec: ContainerSpec): Promise<CreateResult> {
	checkSpec(spec);
	parseSecurity(spec.securityOpt ?? []);
	const image = findImage(engine, spec.image);
	checkPlatform(spec, image);
	const id = drawId();
	const {resources, warnings} = fitResources(spec.resources ?? {});
	const config = joinNamespaces(engine, mergeConfig({...spec, resources, ...capabilitiesOf(spec)}, image, {id, hardened: engine.settings.hardened}));
	checkSupported(config);
	// Before anything of it is there: a new store is told by having no containers.
	const driver = snapshots(engine);
	const mark = markMaking(engine, id);
	mkdirSync(`${containerFolder(engine, id)}/log`, {recursive: true, mode: 0o700});
	try {
		await driver.prepare(id, config.chainIds);
		const made: string[] = [];
		const record = transaction(engine.db, () => insert(engine, id, spec, {...config, mounts: []}, image, made));
		for (const volume of made) recordEvent(engine, {type: 'volume', action: 'create', id: volume, attributes: {driver: 'local'}});
		recordEvent(engine, {type: 'container', action: 'create', id, attributes: eventAttributes(record)});
		return {id, name: record.name, warnings: [...warnings, ...warningsFor(spec, image.architecture)]};
	} catch (error) {
		await driver.remove(id);
		rmSync(containerFolder(engine, id), {recursive: true, force: true});
		throw error;
	} finally {
		rmSync(mark, {recursive: true, force: true});
	}
}

/** Says for as long as there is no record that somebody is at it: what a killed one has left is told by that, and not by its age. */
function markMaking({state}: Engine, id: string): string {
	const mark = `${state}/making/${process.pid}-${id}`;
	mkdirSync(mark, {recursive: true, mode: 0o700});
	return mark;
}

/** An image of another platform counts as one that is not here: it can be pulled. */
function checkPlatform({image: name, platform}: ContainerSpec, {os, architecture}: ReturnType<typeof findImage>): void {
	if (platform === undefined || architecture === '' || isSameMachine({os, architecture}, parsePlatform(platform))) return;
	throw new EngineError({
		code: 'image.not-found',
		subject: name,
		message: `image with reference ${name} was found but does not match the specified platform: wanted ${formatPlatform(parsePlatform(platform))}, actual: ${os}/${architecture}`,
	});
}

function capabilitiesOf({capAdd = [], capDrop = []}: ContainerSpec): Pick<ContainerConfig, 'capAdd' | 'capDrop'> {
	const add = capabilityNames('CapAdd', capAdd);
	// What is both added and dropped is added.
	return {capAdd: add, capDrop: capabilityNames('CapDrop', capDrop).filter(name => !add.includes(name))};
}

/** A store of volumes that notes which were made. */
function notingStore(engine: Engine, made: string[]): VolumeStore {
	const store = volumeStore(engine.db);
	return {
		...store,
		insertVolume(volume) {
			store.insertVolume(volume);
			made.push(volume.name);
		},
	};
}

function insert(engine: Engine, id: string, spec: ContainerSpec, config: ContainerConfig, image: ReturnType<typeof findImage>, made: string[]): ContainerRecord {
	// Looked at again under the write lock: it may have been removed meanwhile.
	findImage(engine, image.id);
	const name = spec.name === undefined ? freeName(engine) : spec.name.replace(/^\//, '');
	const mounts = resolveMounts(notingStore(engine, made), engine.root, askedMounts(spec), Object.keys(image.config.Volumes ?? {}), (spec.volumesFrom ?? []).map(text => borrow(engine, text)));
	const idMap = leaseIds(engine, config);
	const record: ContainerRecord = {id, name, createdAt: nowText(), image: spec.image, imageId: image.id, config: {...config, mounts, ...(idMap !== undefined && {idMap})}};
	checkRuntime(engine, record.config);
	insertRecord(engine.db, record);
	leaseAddresses(engine, record, spec.networks ?? []);
	return record;
}

function freeName(engine: Engine): string {
	for (let attempt = 0; ; attempt++) {
		const name = drawName(attempt);
		if (recordByName(engine.db, name) === undefined) return name;
	}
}

/** `CONTAINER[:MODE]`. */
function borrow(engine: Engine, text: string): Borrowed {
	const at = text.indexOf(':');
	const [name, mode] = at < 0 ? [text, 'rw'] : [text.slice(0, at), text.slice(at + 1)];
	if (name === '') throw new EngineError({code: 'container.invalid', subject: text, message: 'volumes-from specification cannot be an empty string'});
	if (!mode.split(',').every(word => ['ro', 'rw', 'z', 'Z', 'nocopy'].includes(word)))
		throw new EngineError({code: 'container.invalid', subject: text, message: `invalid mode: ${mode}`, hint: 'ro and rw are modes of --volumes-from.'});
	return {points: findRecord(engine.db, name).config.mounts, mode};
}

const askedMounts = ({mounts = [], tmpfs = {}}: ContainerSpec): MountSpec[] => [...mounts, ...Object.entries(tmpfs).map(([target, options]) => parseTmpfs(target, options))];

function checkSupported(config: Omit<ContainerConfig, 'mounts'>): void {
	if (config.storageOptions !== undefined)
		throw new EngineError({
			code: 'container.unsupported',
			subject: 'storage-opt',
			message: "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
			hint: 'The writable layer is as large as the file system of the store.',
		});
}

/** What another runtime can open only by paths, which a container may have shaped, is for ours alone. */
function checkRuntime(engine: Engine, {runtime, idMap, ipc, mounts}: ContainerConfig): void {
	if (runtimeProgram(engine, runtime).runtimeArgs.length === 0) return;
	const hasSubpath = mounts.some(({options}) => options.some(option => option.startsWith('volume-subpath=')));
	const reason = idMap !== undefined ? 'a user namespace' : ipc.startsWith('container:') ? "another container's /dev/shm" : hasSubpath ? 'a part of a volume' : undefined;
	if (reason !== undefined)
		throw new EngineError({
			code: 'container.unsupported',
			subject: runtime,
			message: `runtime ${runtime} cannot give a container ${reason}`,
			hint: 'The default runtime can: leave --runtime out.',
		});
}

const machines: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64', ia32: '386', arm: 'arm'};

function warningsFor(spec: ContainerSpec, architecture: string): string[] {
	const discarded = spec.network === 'host' && (spec.ports ?? []).length > 0;
	return [...platformWarning(spec, architecture), ...(discarded ? ['Published ports are discarded when using host network mode'] : [])];
}

function platformWarning({platform}: ContainerSpec, architecture: string): string[] {
	const host = machines[process.arch] ?? process.arch;
	if (architecture === '' || architecture === host || platform !== undefined) return [];
	return [`The requested image's platform (linux/${architecture}) does not match the detected host platform (linux/${host}) and no specific platform was requested`];
}
