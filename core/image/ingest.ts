import {statfsSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {hasBlob} from '../content/path.ts';
import {putBlob} from '../content/put.ts';
import type {Digest} from '../oci/digest.ts';
import {shortDigest} from '../oci/digest.ts';
import type {FetchBlob, LayerProgress, LayerState} from '../layer/model.ts';
import {ingestBlob} from '../layer/ingest.ts';
import {keepReserve} from '../platform/reserve.ts';
import {unpackLayers} from '../layer/unpack.ts';
import type {Lease} from './lease.ts';
import type {PullProgress} from './model.ts';
import {imageExists, type NewImage} from './record.ts';
import type {ResolvedImage} from './resolve.ts';
import type {ImageStore} from './store.ts';

export type IngestOptions = {
	readonly onProgress?: ((progress: PullProgress) => void) | undefined;
	readonly signal?: AbortSignal | undefined;
};

/**
 * The compressed layers stay beside the unpacked ones: push and save hand them out again, byte for byte, and check --repair needs no registry.
 * They cost about a third of the unpacked size; this is the one place that decides it.
 */
const keepCompressedLayers = true;

/** Brings everything that the image needs into the store, whole and durable. The record is for the caller to write, last. */
export async function ingestImage(store: ImageStore, lease: Lease, image: ResolvedImage, fetch: FetchBlob, options: IngestOptions): Promise<NewImage> {
	const layerBlobs = keepCompressedLayers ? image.layers.map(({digest}) => digest) : [];
	const blobs = [...new Set([...image.documents.map(({digest}) => digest), ...layerBlobs])];
	lease.add(
		'layer',
		image.layers.map(({chainId}) => chainId),
	);
	lease.add('blob', blobs);
	// The record says that all layers are there and durable; only what names the image may be new.
	const isKnown = imageExists(store.db, image.id);
	if (!isKnown) checkSpace(store, image);
	const layers = await unpackLayers({root: store.root, helper: store.native.layer}, image.layers, fetch, {
		...(options.onProgress && {onProgress: toPullProgress(options.onProgress)}),
		...(options.signal && {signal: options.signal}),
	});
	if (keepCompressedLayers && !isKnown) await keepBlobs(store, image, fetch, options);
	for (const {bytes, digest} of image.documents) await putBlob(store.root, digest, bytes);
	keepReserve(store.root);
	return {id: image.id, configText: image.configText, config: image.config, layers, blobs};
}

/** A layer that was unpacked from another compression is there, but not as this manifest names it. */
async function keepBlobs({root, native}: ImageStore, {layers}: ResolvedImage, fetch: FetchBlob, {signal}: IngestOptions): Promise<void> {
	for (const layer of layers) {
		if (!hasBlob(root, layer.digest)) await ingestBlob({root, helper: native.layer}, layer, fetch, signal ?? new AbortController().signal);
	}
}

/** A pull that cannot fit should say so before it fills the disk. What is there already is not counted: the unpacked files need at least as much. */
function checkSpace({root, db}: ImageStore, {id, layers}: ResolvedImage): void {
	const isKnown = (chainId: Digest) => db.prepare('SELECT 1 FROM layers WHERE chain_id = ?').get(chainId) !== undefined;
	const needed = layers.reduce((sum, {chainId, size}) => sum + (isKnown(chainId) ? 0 : size), 0);
	const {bavail, bsize} = statfsSync(root);
	if (bavail * bsize >= needed) return;
	throw new EngineError({
		code: 'store.no-space',
		subject: id,
		message: `not enough space in ${root}: the layers need at least ${Math.ceil(needed / 1e6)} MB, and ${Math.floor((bavail * bsize) / 1e6)} MB are free: no space left on device`,
		hint: 'Remove images that nobody uses, or choose another --root.',
	});
}

const states: Readonly<Record<LayerState, 'waiting' | 'downloading' | 'verifying' | 'extracting' | 'done' | 'exists'>> = {
	queued: 'waiting',
	waiting: 'waiting',
	downloading: 'downloading',
	extracting: 'extracting',
	ready: 'verifying',
	done: 'done',
	exists: 'exists',
};

const toPullProgress =
	(onProgress: (progress: PullProgress) => void) =>
	({layer, state, current, total}: LayerProgress): void =>
		onProgress({kind: 'layer', id: shortDigest(layer.digest), state: states[state], current, total});
