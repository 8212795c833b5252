import {readPieces} from '../content/read.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {shortDigest, type Digest} from '../oci/digest.ts';
import {discard} from '../registry/body.ts';
import {openSession, type Session, type SessionOptions} from '../registry/session.ts';
import {uploadBlob, type OutgoingBlob} from '../registry/upload.ts';
import {familiarName, familiarString, parseReference, repositoryName, withDefaultTag, type Reference} from '../reference/reference.ts';
import {manifestToPush} from './compress.ts';
import {checkPlatform} from './find.ts';
import {takeLease, type Lease} from './lease.ts';
import {blobsOf, type StoredManifest} from './manifest.ts';
import type {PushProgress} from './model.ts';
import {addDigest, configOf, imageRow, taggedImage, tagsOfRepository} from './record.ts';
import type {ImageStore} from './store.ts';

export type PushOptions = {
	/** Every tag that the repository has here. */
	readonly allTags?: boolean;
	/** Refuses an image for another one. */
	readonly platform?: string | undefined;
	readonly onProgress?: ((progress: PushProgress) => void) | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly transfer?: Pick<SessionOptions, 'patience' | 'timeouts' | 'pace'>;
};

export type Pushed = {readonly tag: string; readonly digest: Digest};

/** As many layers at once as Docker sends. */
const atOnce = 5;
const mountRepositories = 4;

/** An image under one of its names, with all that goes with it. */
type Parcel = {readonly tag: string; readonly id: Digest; readonly manifest: StoredManifest; readonly diffIds: readonly Digest[]};

/** Sends images to their registry: layers that it lacks, config, and the manifest last, under its tag. */
export async function pushImage(store: ImageStore, text: string, options: PushOptions = {}): Promise<Pushed[]> {
	const reference = referenceToPush(text, options);
	const lease = takeLease(store.db);
	try {
		const parcels = await parcelsOf(store, lease, reference, options);
		for (const {id} of parcels) lease.add('blob', blobsOf(store.db, id));
		const mounts = new Map(parcels.flatMap(({manifest}) => manifest.layers.map(({digest}) => [digest, holdersOf(store, reference, digest)] as const)));
		const session = await openSession(reference, {
			...options.transfer,
			push: true,
			mounts: [...new Set([...mounts.values()].flat())].slice(0, mountRepositories),
			signal: options.signal,
			onRetry: (reason, inSeconds) => options.onProgress?.({kind: 'retry', reason, inSeconds}),
		});
		try {
			options.onProgress?.({kind: 'repository', name: repositoryName(reference)});
			for (const parcel of parcels) await pushParcel({store, session, reference, mounts, options}, parcel);
		} finally {
			session.close();
		}
		return parcels.map(({tag, manifest}) => ({tag, digest: manifest.digest}));
	} finally {
		lease.drop();
	}
}

function referenceToPush(text: string, {allTags = false}: PushOptions): Reference {
	const reference = parseReference(text);
	const bad = (message: string) => new EngineError({code: 'reference.invalid', subject: text, message});
	if (allTags && (reference.tag !== undefined || reference.digest)) throw bad("tag can't be used with --all-tags/-a");
	if (reference.digest) throw bad('cannot push a digest reference');
	return allTags ? reference : withDefaultTag(reference);
}

async function parcelsOf(store: ImageStore, lease: Lease, reference: Reference, {platform}: PushOptions): Promise<Parcel[]> {
	const tags = reference.tag === undefined ? tagsOfRepository(store.db, reference) : [reference.tag];
	if (tags.length === 0) throw absent(familiarName(reference));
	const parcels: Parcel[] = [];
	for (const tag of tags) {
		const id = taggedImage(store.db, {...reference, tag});
		const row = id && imageRow(store.db, id);
		if (!id || !row) throw absent(familiarName(reference));
		const config = configOf(row);
		if (platform !== undefined) checkPlatform(text(reference, tag), config.platform, [platform]);
		parcels.push({tag, id, manifest: await manifestToPush(store, lease, id), diffIds: config.diffIds});
	}
	return parcels;
}

const text = (reference: Reference, tag: string): string => familiarString({...reference, tag});
const absent = (name: string) => new EngineError({code: 'image.not-found', subject: name, message: `An image does not exist locally with the tag: ${name}`});

/** Other repositories of the same registry that a layer came from or went to: it can be taken over there. */
function holdersOf({db}: ImageStore, reference: Reference, digest: Digest): string[] {
	const own = repositoryName(reference);
	return db
		.prepare('SELECT DISTINCT repository FROM image_digests JOIN image_blobs USING (image_id) WHERE image_blobs.digest = ? ORDER BY repository')
		.all(digest)
		.map(row => String(row['repository']))
		.filter(repository => repository !== own && repository.startsWith(`${reference.domain}/`))
		.map(repository => repository.slice(reference.domain.length + 1))
		.slice(0, mountRepositories);
}

type Trip = {
	readonly store: ImageStore;
	readonly session: Session;
	readonly reference: Reference;
	readonly mounts: ReadonlyMap<Digest, readonly string[]>;
	readonly options: PushOptions;
};

async function pushParcel(trip: Trip, {tag, id, manifest, diffIds}: Parcel): Promise<void> {
	const {store, session, reference, options} = trip;
	const layers = manifest.layers.map((layer, index) => ({digest: layer.digest, size: layer.size, name: shortDigest(diffIds[index] ?? layer.digest)})).toReversed();
	const say = (name: string, state: LayerState, more: {current?: number; total?: number; from?: string} = {}) =>
		options.onProgress?.({kind: 'layer', id: name, state, current: 0, total: 0, ...more});
	for (const {name} of layers) say(name, 'preparing');
	for (const {name} of layers.slice(atOnce)) say(name, 'waiting');
	// The largest first: nobody waits at the end for one long one.
	const queue = [...new Map(layers.map(layer => [layer.digest, layer])).values()].sort((one, other) => other.size - one.size);
	const worker = async () => {
		for (let layer = queue.shift(); layer; layer = queue.shift()) await pushLayer(trip, layer, say);
	};
	await Promise.all([uploadBlob(session, outgoing(store, manifest.config)), ...Array.from({length: Math.min(atOnce, queue.length)}, worker)]);
	await putManifest(session, tag, manifest);
	addDigest(store.db, reference, manifest.digest, id);
	recordEvent(store, {type: 'image', action: 'push', id: text(reference, tag), attributes: {name: familiarName(reference)}});
	options.onProgress?.({kind: 'tag', tag, digest: manifest.digest, size: manifest.bytes.length});
}

type LayerState = Extract<PushProgress, {kind: 'layer'}>['state'];
type OutgoingLayer = {readonly digest: Digest; readonly size: number; readonly name: string};

async function pushLayer(
	{store, session, mounts}: Trip,
	{name, ...layer}: OutgoingLayer,
	say: (name: string, state: LayerState, more?: {current: number; total: number} | {from: string}) => void,
) {
	const total = layer.size;
	const outcome = await uploadBlob(session, outgoing(store, layer), {
		mounts: mounts.get(layer.digest) ?? [],
		onProgress: current => say(name, 'pushing', {current, total}),
	});
	if (outcome.kind === 'mounted') say(name, 'mounted', {from: outcome.from});
	else say(name, outcome.kind === 'exists' ? 'exists' : 'pushed', {current: total, total});
}

const outgoing = ({root}: ImageStore, {digest, size}: {digest: Digest; size: number}): OutgoingBlob => ({digest, size, read: (start, end) => readPieces(root, digest, start, end)});

async function putManifest(session: Session, tag: string, {bytes, digest, mediaType}: StoredManifest): Promise<void> {
	const reply = await session.request(`manifests/${tag}`, [200, 201, 202], {method: 'PUT', headers: {'Content-Type': mediaType}, content: bytes});
	discard(reply);
	const stored = reply.headers['docker-content-digest'];
	if (stored === undefined || stored === digest || !String(stored).startsWith('sha256:')) return;
	throw new EngineError({
		code: 'registry.wrong-digest',
		subject: familiarString(session.reference),
		message: `the registry calls the manifest of ${text(session.reference, tag)} ${String(stored).slice(0, 80)}, but it is ${digest}`,
	});
}
