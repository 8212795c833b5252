import type {Readable} from 'node:stream';
import {chmodSync, existsSync, renameSync, rmSync} from 'node:fs';
import {makeFolders, syncFolder} from '../content/durable.ts';
import {randomHex} from '../platform/random.ts';
import {blobFolder, blobPath} from '../content/path.ts';
import {messageOf} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {algorithmOf, type Digest, parseDigest} from '../oci/digest.ts';
import {syncStore} from './commit.ts';
import {startKeep, startPack, type UnpackHelper} from './helper.ts';
import type {LayerStore} from './model.ts';
import {stagingFolder} from './path.ts';

/** A layer that was made here: its blob is in the store, durably. */
export type MadeLayer = {readonly digest: Digest; readonly size: number; readonly diffId: Digest; readonly mediaType: string};

/** Called with the digest before anybody could see the blob, so that nobody collects it. */
export type Pin = (digest: Digest) => void;

const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** Diff-id of a tar with nothing in it: such a layer is left out. */
export const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/** Packs what the arguments of hawser-layer pack (docs/formats.md) name, and puts it among the blobs, gzipped. */
export const packLayer = (store: LayerStore, view: readonly string[], pin: Pin): Promise<MadeLayer> =>
	make(store, pin, `${layerType}+gzip`, staging => startPack(store, staging, ['--layer', '--compress', 'gzip', ...view]));

/** Takes a tar as it is: from a file, with `-` from our own input, or from a stream. */
export const keepLayer = (store: LayerStore, input: string | Readable, pin: Pin): Promise<MadeLayer> =>
	make(store, pin, layerType, staging => {
		if (typeof input === 'string') return startKeep(store, staging, input);
		const helper = startKeep(store, staging, '-', 'pipe');
		// Cut off, it must not pass for whole.
		input.on('error', () => void helper.kill()).pipe(helper.input);
		return helper;
	});

async function make(store: LayerStore, pin: Pin, mediaType: string, start: (staging: string) => UnpackHelper): Promise<MadeLayer> {
	const staging = `${stagingFolder(store.root)}/made-${randomHex(8)}`;
	makeFolders(stagingFolder(store.root));
	const helper = start(staging);
	try {
		const fields = await helper.result.catch(error => {
			throw new EngineError({code: 'layer.not-made', message: messageOf(error), cause: error});
		});
		const made = {digest: parseDigest(fields.get('digest') ?? ''), size: Number(fields.get('size')), diffId: parseDigest(fields.get('diff-id') ?? ''), mediaType};
		pin(made.digest);
		await publish(store, `${staging}/blob`, made.digest);
		return made;
	} finally {
		await helper.release();
		rmSync(staging, {recursive: true, force: true});
	}
}

async function publish(store: LayerStore, from: string, digest: Digest): Promise<void> {
	const path = blobPath(store.root, digest);
	if (existsSync(path)) return;
	const folder = blobFolder(store.root, algorithmOf(digest));
	makeFolders(folder);
	await syncStore(store);
	chmodSync(from, 0o444);
	renameSync(from, path);
	syncFolder(folder);
}
