import {blobSize} from '../content/list.ts';
import {DOCUMENT_LIMIT, readBlob, readHead} from '../content/read.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import type {Digest} from '../oci/digest.ts';
import {readManifest, type Manifest} from '../oci/manifest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import type {Database, ImageStore} from './store.ts';

/** The manifest of an image in the store: what push and save hand out again, byte for byte. */
export type StoredManifest = {
	readonly digest: Digest;
	readonly bytes: Buffer;
	readonly mediaType: string;
	readonly config: Descriptor;
	/** Lowest first. */
	readonly layers: readonly Descriptor[];
};

/** Of several (the same content, compressed in two ways) the first whose layers are all here. */
export function manifestOf({db, root}: Pick<ImageStore, 'db' | 'root'>, id: Digest): StoredManifest {
	let missing: Digest | undefined;
	for (const found of manifestsOf({db, root}, id)) {
		const gap = missingLayer(root, found);
		if (!gap) return found;
		missing ??= gap.digest;
	}
	throw new EngineError({
		code: 'image.incomplete',
		subject: id,
		message: missing === undefined ? `the manifest of image ${id} is not in the store` : `layer ${missing} of image ${id} is not in the store as it was transferred`,
		hint: 'Pull or load the image again.',
	});
}

/** One that is not in the store as this manifest names it. */
export const missingLayer = (root: string, {layers}: StoredManifest): Descriptor | undefined => layers.find(layer => blobSize(root, layer.digest) !== layer.size);

/** All that there are, whether their layers are here or not. */
export const manifestsOf = ({db, root}: Pick<ImageStore, 'db' | 'root'>, id: Digest): StoredManifest[] =>
	blobsOf(db, id).flatMap(digest => (digest === id || !mayBeDocument(root, digest) ? [] : (readOwn(root, digest, id) ?? [])));

export const blobsOf = (db: Database, id: Digest): Digest[] =>
	db
		.prepare('SELECT digest FROM image_blobs WHERE image_id = ? ORDER BY digest')
		.all(id)
		.map(row => String(row['digest']) as Digest);

const mayBeDocument = (root: string, digest: Digest): boolean => (blobSize(root, digest) ?? Infinity) <= DOCUMENT_LIMIT && readHead(root, digest, 1).toString() === '{';

function readOwn(root: string, digest: Digest, id: Digest): StoredManifest | undefined {
	const bytes = readBlob(root, digest);
	const document = readIfManifest(bytes, digest);
	return document?.config.digest === id ? {digest, bytes, mediaType: mediaTypeOf(document), config: document.config, layers: document.layers} : undefined;
}

function readIfManifest(bytes: Buffer, digest: Digest): Manifest | undefined {
	try {
		const document = readManifest(bytes, `manifest ${digest}`);
		return document.kind === 'manifest' ? document : undefined;
	} catch (error) {
		// An index, or a small layer that begins like one.
		if (isEngineError(error, 'oci.invalid') || isEngineError(error, 'json.invalid') || isEngineError(error, 'oci.unsupported')) return undefined;
		throw error;
	}
}

/** A manifest need not say what it is; its config does. */
const mediaTypeOf = ({mediaType, config}: Manifest): string => mediaType ?? (config.mediaType === mediaTypes.dockerConfig ? mediaTypes.dockerManifest : mediaTypes.ociManifest);

/** Bytes of an image's blobs: what a pull of it transfers. */
export const contentSize = ({db, root}: Pick<ImageStore, 'db' | 'root'>, id: Digest): number => blobsOf(db, id).reduce((sum, digest) => sum + (blobSize(root, digest) ?? 0), 0);
