import {putBlob} from '../content/put.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {chainIds} from '../layer/chain.ts';
import type {FetchBlob, WantedLayer} from '../layer/model.ts';
import {EMPTY_LAYER, type MadeLayer} from '../layer/pack.ts';
import {unpackLayers} from '../layer/unpack.ts';
import {type HistoryEntry, readImageConfig, type RunConfig} from '../oci/config.ts';
import {type Digest, digestOf} from '../oci/digest.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {mediaTypes} from '../oci/media-types.ts';
import type {Platform} from '../oci/platform.ts';
import type {Reference} from '../reference/reference.ts';
import {transaction} from '../state/database.ts';
import type {Lease} from './lease.ts';
import {manifestOf} from './manifest.ts';
import type {Image} from './model.ts';
import {configOf, imageRow, insertImage, type NewImage, setTag} from './record.ts';
import type {ImageStore} from './store.ts';

/** An image that is made here: one more layer, when it holds anything, over those of another image or of none. */
export type ImageDraft = {
	readonly parent?: Image;
	readonly layer: MadeLayer;
	readonly platform: Platform;
	readonly config: RunConfig;
	readonly created: string;
	readonly author?: string;
	readonly comment?: string;
	readonly createdBy?: string;
};

/** Writes config and manifest, unpacks the layer, then the record with its name, last. What is passed has its blob pinned by the lease. */
export async function makeImage(store: ImageStore, lease: Lease, draft: ImageDraft, name?: Reference): Promise<Digest> {
	const isEmpty = draft.layer.diffId === EMPTY_LAYER && draft.parent !== undefined;
	const layers = [...parentLayers(store, draft.parent), ...(isEmpty ? [] : [draft.layer])];
	const chain = chainIds(layers.map(({diffId}) => diffId));
	const wanted = layers.map((layer, index): WantedLayer & Partial<MadeLayer> => ({...layer, chainId: chain[index] as Digest}));
	lease.add('layer', chain);
	const unpacked = await unpackLayers({root: store.root, helper: store.native.layer}, wanted, refuseToFetch);
	const configText = JSON.stringify(configDocument(store, draft, wanted, isEmpty));
	const id = digestOf(configText);
	const manifest = manifestDocument(id, configText, layers);
	const documents = [configText, ...(manifest === undefined ? [] : [manifest])].map(text => ({digest: digestOf(text), bytes: Buffer.from(text)}));
	const blobs = [...new Set([...documents.map(({digest}) => digest), ...layers.flatMap(({mediaType, digest}) => (mediaType === undefined ? [] : [digest]))])];
	lease.add('blob', blobs);
	for (const {digest, bytes} of documents) await putBlob(store.root, digest, bytes);
	const image: NewImage = {id, configText, config: readImageConfig(Buffer.from(configText), 'the new image'), layers: unpacked, blobs};
	transaction(store.db, () => {
		lease.drop();
		insertImage(store.db, image);
		if (name !== undefined) setTag(store.db, name, id);
	});
	return id;
}

type ParentLayer = {readonly digest: Digest; readonly size: number; readonly diffId: Digest; readonly mediaType?: string};

/** An image that came without its manifest has layers that are only known unpacked. */
function parentLayers(store: ImageStore, parent: Image | undefined): ParentLayer[] {
	if (parent === undefined) return [];
	const layers = layersOf(store, parent.id);
	return parent.diffIds.map((diffId, index) => ({digest: diffId, size: 0, ...layers?.[index], diffId}));
}

function layersOf(store: ImageStore, id: Digest): readonly Descriptor[] | undefined {
	try {
		return manifestOf(store, id).layers;
	} catch (error) {
		if (isEngineError(error, 'image.incomplete')) return undefined;
		throw error;
	}
}

const refuseToFetch: FetchBlob = ({diffId}) => {
	throw new EngineError({code: 'layer.not-found', subject: diffId, message: `layer ${diffId} of the parent image is not in the store`, hint: 'Pull the image again.'});
};

function configDocument(store: ImageStore, draft: ImageDraft, layers: readonly WantedLayer[], isEmpty: boolean): Record<string, unknown> {
	const {parent, platform, config, created, author, comment, createdBy} = draft;
	const row = parent && imageRow(store.db, parent.id);
	const step = {created, ...(createdBy !== undefined && {created_by: createdBy}), ...(author !== undefined && {author}), ...(comment !== undefined && {comment})};
	return {
		architecture: platform.architecture,
		...(platform.variant !== undefined && {variant: platform.variant}),
		os: platform.os,
		created,
		...(author !== undefined && {author}),
		...(comment !== undefined && {comment}),
		config,
		history: [...(row ? configOf(row).history.map(historyDocument) : []), {...step, ...(isEmpty && {empty_layer: true})}],
		rootfs: {type: 'layers', diff_ids: layers.map(({diffId}) => diffId)},
	};
}

const historyDocument = ({created, createdBy, author, comment, emptyLayer}: HistoryEntry): Record<string, unknown> => ({
	...(created !== undefined && {created}),
	...(createdBy !== undefined && {created_by: createdBy}),
	...(author !== undefined && {author}),
	...(comment !== undefined && {comment}),
	...(emptyLayer && {empty_layer: true}),
});

function manifestDocument(id: Digest, configText: string, layers: readonly ParentLayer[]): string | undefined {
	if (layers.some(({mediaType}) => mediaType === undefined)) return undefined;
	return JSON.stringify({
		schemaVersion: 2,
		mediaType: mediaTypes.ociManifest,
		config: {mediaType: mediaTypes.ociConfig, digest: id, size: Buffer.byteLength(configText)},
		layers: layers.map(({mediaType, digest, size}) => ({mediaType, digest, size})),
	});
}
