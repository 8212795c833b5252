import type {Digest} from '../oci/digest.ts';

/** A layer to have unpacked: what the manifest says of the blob, and the config of its content. */
export type WantedLayer = {
	/** Of the blob, as transferred. */
	readonly digest: Digest;
	readonly size: number;
	/** Of the tar inside. */
	readonly diffId: Digest;
	/** Its name in the store: chainIds() makes it. */
	readonly chainId: Digest;
};

export type UnpackedLayer = {
	readonly chainId: Digest;
	readonly diffId: Digest;
	/** Bytes of all its files: what `images` counts. */
	readonly size: number;
	/** False: it was there already, or another process made it meanwhile. */
	readonly fresh: boolean;
};

/** What one layer is doing: `waiting` for another process that has it in hand, `ready` when only the common sync is missing. */
export type LayerState = 'queued' | 'waiting' | 'downloading' | 'extracting' | 'ready' | 'done' | 'exists';

/** `current` of `total` bytes of the blob are through; called at most ten times a second for each layer, and at each change of state. */
export type LayerProgress = {readonly layer: WantedLayer; readonly state: LayerState; readonly current: number; readonly total: number};

/**
 * Gives the bytes of a blob from `offset` on, to the end. Called at most once for a layer, and not at all when the store has the blob.
 * What it throws ends the unpacking of all; the bytes that came are kept for the next try.
 */
export type FetchBlob = (layer: WantedLayer, offset: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export type LayerStore = {
	/** ROOT */
	readonly root: string;
	/** Path of hawser-layer. */
	readonly helper: string;
};
