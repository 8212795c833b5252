import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {gzipSync} from 'node:zlib';
import type {ExecutionContext} from 'ava';
import {chainIds} from '../../core/layer/chain.ts';
import type {FetchBlob, LayerStore, WantedLayer} from '../../core/layer/model.ts';
import {digestOf} from '../../core/oci/digest.ts';
import {helper} from '../native/layer-world.ts';

export type TestLayer = WantedLayer & {readonly blob: Buffer};

export function layerStore(t: ExecutionContext): LayerStore {
	const root = mkdtempSync(`${process.env['HAWSER_TEST_FOLDER'] ?? tmpdir()}/hawser-store-`);
	t.teardown(() => rmSync(root, {recursive: true, force: true}));
	return {root, helper};
}

/** Layers of an image, lowest first, as a manifest would name them. */
export function layersOf(...tars: readonly Buffer[]): TestLayer[] {
	const diffIds = tars.map(layer => digestOf(layer));
	const chain = chainIds(diffIds);
	return tars.map((layer, index) => {
		const blob = gzipSync(layer, {level: 1});
		return {blob, digest: digestOf(blob), size: blob.length, diffId: diffIds[index] ?? digestOf(''), chainId: chain[index] ?? digestOf('')};
	});
}

export type Source = {readonly fetch: FetchBlob; readonly asked: Array<readonly [digest: string, offset: number]>};

/** A registry in memory that remembers what it was asked for. */
export function sourceOf(layers: readonly TestLayer[], {chunk = 65_536, before = async () => {}}: {chunk?: number; before?: (offset: number) => Promise<void>} = {}): Source {
	const asked: Array<readonly [string, number]> = [];
	return {
		asked,
		async *fetch({digest}, offset) {
			const blob = layers.find(layer => layer.digest === digest)?.blob ?? Buffer.alloc(0);
			asked.push([digest, offset]);
			for (let at = offset; at < blob.length; at += chunk) {
				await before(at);
				yield blob.subarray(at, at + chunk);
			}
		},
	};
}

/** Bytes that gzip cannot make small. */
export function noise(length: number, seed = 'noise'): Buffer {
	const parts: Buffer[] = [];
	let last = createHash('sha512').update(seed).digest();
	for (let size = 0; size < length; size += 64) {
		parts.push(last);
		last = createHash('sha512').update(last).digest();
	}
	return Buffer.concat(parts, length);
}
