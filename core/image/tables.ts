/**
 * Records of images. A row in `images` says that everything under it is complete and durable: its layers under ROOT/layers, its
 * blobs under ROOT/content. It is written last, and taken away before anything that it needs.
 */
export const imageTables = `
CREATE TABLE images (
	id TEXT PRIMARY KEY,
	config TEXT NOT NULL,
	created_at TEXT NOT NULL,
	stored_at TEXT NOT NULL,
	os TEXT NOT NULL,
	architecture TEXT NOT NULL,
	variant TEXT NOT NULL,
	size INTEGER NOT NULL,
	labels TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE layers (
	chain_id TEXT PRIMARY KEY,
	diff_id TEXT NOT NULL,
	size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE image_layers (
	image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	chain_id TEXT NOT NULL REFERENCES layers (chain_id),
	PRIMARY KEY (image_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layers_by_chain ON image_layers (chain_id);

CREATE TABLE image_blobs (
	image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
	digest TEXT NOT NULL,
	PRIMARY KEY (image_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_blobs_by_digest ON image_blobs (digest);

CREATE TABLE image_tags (
	repository TEXT NOT NULL,
	tag TEXT NOT NULL,
	image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
	tagged_at TEXT NOT NULL,
	PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_tags_by_image ON image_tags (image_id);

CREATE TABLE image_digests (
	repository TEXT NOT NULL,
	digest TEXT NOT NULL,
	image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
	PRIMARY KEY (repository, digest, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_digests_by_image ON image_digests (image_id);

CREATE TABLE leases (
	holder TEXT NOT NULL,
	kind TEXT NOT NULL,
	key TEXT NOT NULL,
	PRIMARY KEY (kind, key, holder)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_holder ON leases (holder);
`;
