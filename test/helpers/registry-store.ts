import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {imageTables} from '../../core/image/tables.ts';
import {insertImage} from '../../core/image/record.ts';
import type {ImageStore} from '../../core/image/store.ts';
import {chainIds} from '../../core/layer/chain.ts';
import {readImageConfig} from '../../core/oci/config.ts';
import {parseDigest, type Digest} from '../../core/oci/digest.ts';
import {openDatabase, transaction} from '../../core/state/database.ts';
import {containerTables} from '../../core/state/tables.ts';
import type {DriverName} from '../../core/snapshot/model.ts';
import type {MadeImage} from './registry-image.ts';

export type TestStore = ImageStore & {readonly storageDriver: DriverName; close(): void};

/** A store of its own on this machine's disk, with the records of images and containers. */
export function makeStore(parent = tmpdir()): TestStore {
	const base = mkdtempSync(join(parent, 'hawser-test-images-'));
	const [root, state] = [join(base, 'root'), join(base, 'run')];
	mkdirSync(root, {mode: 0o700});
	mkdirSync(state, {mode: 0o700});
	const db = openDatabase(join(root, 'hawser.db'), [containerTables, imageTables]);
	return {
		root,
		state,
		native: {layer: fileURLToPath(new URL('../../dist/hawser-layer', import.meta.url))},
		storageDriver: 'overlay',
		db,
		close() {
			db.close();
			rmSync(base, {recursive: true, force: true});
		},
	};
}

/** The record alone, as if the image had been stored. */
export function recordImage({db}: ImageStore, {config, manifest, layers}: MadeImage, sizes: readonly number[] = [1000]): Digest {
	const parsed = readImageConfig(config.bytes, 'the config');
	const chain = chainIds(parsed.diffIds);
	transaction(db, () =>
		insertImage(db, {
			id: config.digest,
			config: parsed,
			configText: config.bytes.toString(),
			layers: parsed.diffIds.map((diffId, index) => ({diffId, chainId: chain[index] ?? diffId, size: sizes[index] ?? 0})),
			blobs: [manifest.digest, config.digest, ...layers.map(({digest}) => digest)],
		}),
	);
	return config.digest;
}

export function recordContainer({db}: ImageStore, name: string, imageId: Digest): string {
	const id = parseDigest(`sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`).slice(7);
	db.prepare('INSERT INTO containers (id, name, created_at, image, image_id, spec) VALUES (?, ?, ?, ?, ?, ?)').run(id, name, '2024-01-01T00:00:00Z', imageId, imageId, '{}');
	return id;
}
