import {compressBlob} from '../content/compress.ts';
import {putBlob} from '../content/put.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {digestOf, type Digest} from '../oci/digest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {transaction} from '../state/database.ts';
import type {Lease} from './lease.ts';
import {manifestOf, manifestsOf, missingLayer, type StoredManifest} from './manifest.ts';
import type {ImageStore} from './store.ts';

const plainTypes: ReadonlySet<string> = new Set(['application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.image.rootfs.diff.tar']);
const gzipType = 'application/vnd.oci.image.layer.v1.tar+gzip';

const isPlain = ({mediaType}: Descriptor): boolean => plainTypes.has(mediaType);

/**
 * The manifest under which an image goes to a registry. What came out of `docker save` has plain tars for layers: three times the bytes. They
 * are compressed once, and kept with a manifest of their own, so that the next push has them.
 */
export async function manifestToPush(store: ImageStore, lease: Lease, id: Digest): Promise<StoredManifest> {
	const found = manifestsOf(store, id).find(manifest => !manifest.layers.some(isPlain) && !missingLayer(store.root, manifest));
	return found ?? (await compressLayers(store, lease, id, manifestOf(store, id)));
}

async function compressLayers(store: ImageStore, lease: Lease, id: Digest, plain: StoredManifest): Promise<StoredManifest> {
	const pin = (digest: Digest) => lease.add('blob', [digest]);
	const layers = await Promise.all(
		plain.layers.map(async layer =>
			isPlain(layer) ? {mediaType: gzipType, ...(await compressBlob(store.root, layer.digest, pin))} : {mediaType: layer.mediaType, digest: layer.digest, size: layer.size},
		),
	);
	const config = {mediaType: mediaTypes.ociConfig, digest: id, size: plain.config.size};
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers}));
	const digest = digestOf(bytes);
	pin(digest);
	await putBlob(store.root, digest, bytes);
	transaction(store.db, () => {
		const insert = store.db.prepare('INSERT OR IGNORE INTO image_blobs (image_id, digest) SELECT id, ? FROM images WHERE id = ?');
		for (const blob of [digest, ...layers.map(layer => layer.digest)]) insert.run(blob, id);
	});
	return {digest, bytes, mediaType: mediaTypes.ociManifest, config, layers};
}
