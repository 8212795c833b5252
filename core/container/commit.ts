import {closeSync, mkdirSync, openSync, unlinkSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {applyChanges} from '../image/change.ts';
import {findImage} from '../image/find.ts';
import {takeLease} from '../image/lease.ts';
import {makeImage} from '../image/make.ts';
import {type MadeLayer, packLayer, type Pin} from '../layer/pack.ts';
import {stagingFolder} from '../layer/path.ts';
import type {RunConfig} from '../oci/config.ts';
import type {Digest} from '../oci/digest.ts';
import {diffView, hasChangedRoot, readView, writtenView} from '../snapshot/view.ts';
import {randomHex} from '../platform/random.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {nowText} from '../platform/time.ts';
import {familiarString, parseReference, type Reference, withDefaultTag} from '../reference/reference.ts';
import type {ContainerConfig} from './config.ts';
import {eventAttributes} from './events.ts';
import {readLive} from './live.ts';
import {pauseContainer, unpauseContainer} from './pause.ts';
import {snapshots} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';

export type CommitOptions = {
	readonly reference?: string;
	readonly author?: string;
	readonly message?: string;
	/** Instructions of a Dockerfile. */
	readonly changes?: readonly string[];
	/** It stands still while its files are read: unless `false`. */
	readonly pause?: boolean;
};

/** Makes an image of a container: its image, and what it has changed as one more layer. */
export async function commitContainer(engine: Engine, ref: string, {reference, author, message, changes = [], pause = true}: CommitOptions = {}): Promise<{id: Digest}> {
	const record = findRecord(engine.db, ref);
	const name = reference === undefined || reference === '' ? undefined : nameOf(reference);
	const parent = findImage(engine, record.imageId);
	const config = applyChanges(runConfigOf(record.config, parent.config), changes);
	const lease = takeLease(engine.db);
	try {
		const layer = await standingStill(engine, record, pause, () =>
			packChanges(engine, record, digest => lease.add('blob', [digest])),
		);
		const platform = {os: parent.os, architecture: parent.architecture};
		const createdBy = record.config.command.join(' ');
		const id = await makeImage(
			engine,
			lease,
			{
				parent,
				layer,
				platform,
				config,
				created: nowText(),
				createdBy,
				...(author !== undefined && author !== '' && {author}),
				...(message !== undefined && message !== '' && {comment: message}),
			},
			name,
		);
		recordEvent(engine, {
			type: 'container',
			action: 'commit',
			id: record.id,
			attributes: eventAttributes(record, {comment: message ?? '', imageID: id, imageRef: name === undefined ? '' : familiarString(name)}),
		});
		return {id};
	} finally {
		lease.drop();
	}
}

/** The writable layer as it is; of a whole tree, what is not as in the image. */
async function packChanges(engine: Engine, {id, name, config}: ContainerRecord, pin: Pin): Promise<MadeLayer> {
	const mountable = snapshots(engine).mountable(id, config.chainIds);
	const store = {root: engine.root, helper: engine.native.layer};
	const root = hasChangedRoot(engine.root, mountable, config.chainIds) ? ['--root'] : [];
	if (mountable.kind === 'overlay') return packLayer(store, [...writtenView(mountable), ...root], pin);
	const list = openNameless(stagingFolder(engine.root));
	try {
		const result = await runProgram(store.helper, ['diff', ...diffView(mountable)], {output: list});
		if (result.code !== 0) throw new EngineError({code: 'container.not-read', subject: name, message: `cannot compare the files of ${name}: ${reasonOf(result, store.helper)}`});
		return await packLayer(store, [...readView(mountable), '--changes', `/proc/${process.pid}/fd/${list}`, ...root], pin);
	} finally {
		closeSync(list);
	}
}

/** A file that goes with its descriptor. */
function openNameless(folder: string): number {
	mkdirSync(folder, {recursive: true, mode: 0o700});
	const path = `${folder}/list-${randomHex(4)}`;
	const file = openSync(path, 'wx+', 0o600);
	unlinkSync(path);
	return file;
}

function nameOf(text: string): Reference {
	const reference = withDefaultTag(parseReference(text));
	if (reference.digest !== undefined) throw new EngineError({code: 'reference.invalid', subject: text, message: 'cannot commit to digest reference'});
	return reference;
}

/** One that was paused before stays so. */
async function standingStill<T>(engine: Engine, {id}: ContainerRecord, pause: boolean, work: () => Promise<T>): Promise<T> {
	if (!pause || readLive(engine, id).status !== 'running') return work();
	await pauseContainer(engine, id);
	try {
		return await work();
	} finally {
		await unpauseContainer(engine, id);
	}
}

/** What the container was made to run, in an image's words. */
function runConfigOf(config: ContainerConfig, {Shell, ExposedPorts, Volumes}: RunConfig): RunConfig {
	const volumes = config.mounts.filter(({type, anonymous}) => type === 'volume' && anonymous).map(({target}) => [target, {}] as const);
	const ports = Object.fromEntries(config.exposed.map(port => [port, {}]));
	return {
		...(config.env.length > 0 && {Env: config.env}),
		...(config.entrypoint.length > 0 && {Entrypoint: config.entrypoint}),
		...(config.command.length > 0 && {Cmd: config.command}),
		...(config.user !== '' && {User: config.user}),
		...(config.workdir !== '' && {WorkingDir: config.workdir}),
		...((volumes.length > 0 || Volumes) && {Volumes: {...Volumes, ...Object.fromEntries(volumes)}}),
		...((config.exposed.length > 0 || ExposedPorts) && {ExposedPorts: {...ExposedPorts, ...ports}}),
		...(Object.keys(config.labels).length > 0 && {Labels: config.labels}),
		...(config.stopSignal !== '' && {StopSignal: config.stopSignal}),
		...(config.healthcheck !== undefined && {Healthcheck: config.healthcheck}),
		...(Shell !== undefined && {Shell}),
	};
}
