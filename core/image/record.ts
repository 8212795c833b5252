import {readImageConfig, type ImageConfig} from '../oci/config.ts';
import {parseDigest, type Digest} from '../oci/digest.ts';
import {chainIds} from '../layer/chain.ts';
import {NEVER, nowText} from '../platform/time.ts';
import {familiarName, repositoryName, type Reference} from '../reference/reference.ts';
import type {Image} from './model.ts';
import type {Database} from './store.ts';

/** What is written when everything that the image needs is on the disk. */
export type NewImage = {
	readonly id: Digest;
	/** The config's own bytes: the id is their hash. */
	readonly configText: string;
	readonly config: ImageConfig;
	/** Lowest first. */
	readonly layers: ReadonlyArray<{readonly chainId: Digest; readonly diffId: Digest; readonly size: number}>;
	/** Config, manifests and compressed layers, as far as they are kept. */
	readonly blobs: readonly Digest[];
};

type Row = Readonly<Record<string, unknown>>;

/** Within a transaction. */
export function insertImage(db: Database, image: NewImage): void {
	const {id, config, layers} = image;
	const size = layers.reduce((sum, layer) => sum + layer.size, 0);
	const insertLayer = db.prepare('INSERT OR IGNORE INTO layers (chain_id, diff_id, size) VALUES (?, ?, ?)');
	for (const {chainId, diffId, size: layerSize} of layers) insertLayer.run(chainId, diffId, layerSize);
	const {os, architecture, variant = ''} = config.platform;
	const added = db
		.prepare('INSERT OR IGNORE INTO images (id, config, created_at, stored_at, os, architecture, variant, size, labels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
		.run(id, image.configText, config.created ?? NEVER, nowText(), os, architecture, variant, size, JSON.stringify(config.config.Labels ?? {}));
	const insertBlob = db.prepare('INSERT OR IGNORE INTO image_blobs (image_id, digest) VALUES (?, ?)');
	for (const digest of image.blobs) insertBlob.run(id, digest);
	if (added.changes === 0) return;
	const link = db.prepare('INSERT INTO image_layers (image_id, position, chain_id) VALUES (?, ?, ?)');
	layers.forEach(({chainId}, position) => link.run(id, position, chainId));
}

/** The image that had the tag before, when it was another. */
export function setTag(db: Database, reference: Reference, id: Digest): Digest | undefined {
	const before = taggedImage(db, reference);
	db.prepare('INSERT OR REPLACE INTO image_tags (repository, tag, image_id, tagged_at) VALUES (?, ?, ?, ?)').run(
		repositoryName(reference),
		reference.tag ?? 'latest',
		id,
		nowText(),
	);
	return before === id ? undefined : before;
}

export const addDigest = (db: Database, reference: Reference, digest: Digest, id: Digest): void =>
	void db.prepare('INSERT OR IGNORE INTO image_digests (repository, digest, image_id) VALUES (?, ?, ?)').run(repositoryName(reference), digest, id);

export const imageExists = (db: Database, id: Digest): boolean => db.prepare('SELECT 1 FROM images WHERE id = ?').get(id) !== undefined;

export function taggedImage(db: Database, reference: Reference): Digest | undefined {
	const found = db.prepare('SELECT image_id FROM image_tags WHERE repository = ? AND tag = ?').get(repositoryName(reference), reference.tag ?? 'latest');
	return found && toDigest(found['image_id']);
}

export const tagsOfRepository = (db: Database, reference: Reference): string[] =>
	db
		.prepare('SELECT tag FROM image_tags WHERE repository = ? ORDER BY tag')
		.all(repositoryName(reference))
		.map(row => String(row['tag']));

/** Images that were pulled under this digest: several when it is an index of several platforms. */
export const imagesOfDigest = (db: Database, reference: Reference): Digest[] =>
	reference.digest === undefined
		? []
		: db
				.prepare('SELECT image_id FROM image_digests WHERE repository = ? AND digest = ?')
				.all(repositoryName(reference), reference.digest)
				.map(row => toDigest(row['image_id']));

/** What the records hold was checked when it was written; a damaged database is found here. */
const toDigest = (value: unknown): Digest => parseDigest(String(value));

/** `docker.io/library/busybox` as people write it. */
export function familiarRepository(repository: string): string {
	const slash = repository.indexOf('/');
	return familiarName({domain: repository.slice(0, slash), path: repository.slice(slash + 1)});
}

export const repoTagsOf = (db: Database, id: Digest): string[] =>
	db
		.prepare('SELECT repository, tag FROM image_tags WHERE image_id = ?')
		.all(id)
		.map(row => `${familiarRepository(String(row['repository']))}:${String(row['tag'])}`)
		.sort();

export const repoDigestsOf = (db: Database, id: Digest): string[] =>
	db
		.prepare('SELECT repository, digest FROM image_digests WHERE image_id = ?')
		.all(id)
		.map(row => `${familiarRepository(String(row['repository']))}@${String(row['digest'])}`)
		.sort();

export function imageRow(db: Database, id: Digest): Row | undefined {
	return db.prepare('SELECT * FROM images WHERE id = ?').get(id);
}

/** The config as it was checked when it was stored. */
export const configOf = (row: Row): ImageConfig => readImageConfig(Buffer.from(String(row['config'])), `the config of ${String(row['id'])}`);

export function toImage(db: Database, row: Row): Image {
	const id = toDigest(row['id']);
	const {config, diffIds} = configOf(row);
	return {
		id,
		architecture: String(row['architecture']),
		os: String(row['os']),
		createdAt: String(row['created_at']),
		config,
		diffIds,
		chainIds: chainIds(diffIds),
		size: Number(row['size']),
		repoTags: repoTagsOf(db, id),
		repoDigests: repoDigestsOf(db, id),
	};
}
