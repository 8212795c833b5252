import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {applyChanges} from '../image/change.ts';
import {findImage} from '../image/find.ts';
import {takeLease} from '../image/lease.ts';
import {makeImage} from '../image/make.ts';
import {packLayer} from '../layer/pack.ts';
import type {RunConfig} from '../oci/config.ts';
import type {Digest} from '../oci/digest.ts';
import {hasChangedRoot} from '../snapshot/below.ts';
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
	const {chainIds} = record.config;
	const {upper} = snapshots(engine).mountable(record.id, chainIds);
	const lease = takeLease(engine.db);
	try {
		const layer = await standingStill(engine, record, pause, () =>
			packLayer({root: engine.root, helper: engine.native.layer}, ['--bare', '--source', upper, ...(hasChangedRoot(engine.root, record.id, chainIds) ? ['--root'] : [])], digest =>
				lease.add('blob', [digest]),
			),
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
