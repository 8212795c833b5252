import type {RunConfig} from '../oci/config.ts';
import type {Digest} from '../oci/digest.ts';

/** A line of `images`. One per tag; an untagged image has one with `<none>`. */
export type ImageSummary = {
	/** sha256 of the config: Docker's image ID. */
	readonly id: Digest;
	readonly repository: string;
	readonly tag: string;
	/** Manifest digest, where the image came from a registry. */
	readonly digest?: Digest | undefined;
	readonly createdAt: string;
	/** Bytes of all unpacked layers. */
	readonly size: number;
	readonly containers: number;
	readonly labels: Readonly<Record<string, string>>;
	readonly architecture: string;
	readonly os: string;
};

/** An image ready to run. */
export type Image = {
	readonly id: Digest;
	readonly architecture: string;
	readonly os: string;
	readonly createdAt: string;
	readonly config: RunConfig;
	readonly diffIds: readonly Digest[];
	/** Chain-ids, lowest first: the folders under ROOT/layers. */
	readonly chainIds: readonly Digest[];
	readonly size: number;
	readonly repoTags: readonly string[];
	readonly repoDigests: readonly string[];
};

/** Progress of a pull or load; every layer is named by its short digest. */
export type PullProgress =
	| {readonly kind: 'resolved'; readonly reference: string; readonly from: string; readonly layers: ReadonlyArray<{readonly id: string; readonly size: number}>}
	| {
			readonly kind: 'layer';
			readonly id: string;
			readonly state: 'waiting' | 'downloading' | 'verifying' | 'extracting' | 'done' | 'exists';
			readonly current: number;
			readonly total: number;
	  }
	| {readonly kind: 'retry'; readonly id: string; readonly reason: string; readonly inSeconds: number}
	| {readonly kind: 'done'; readonly digest: Digest; readonly reference: string; readonly changed: boolean};

export type PushProgress =
	| {readonly kind: 'repository' /** `docker.io/library/app` */; readonly name: string}
	| {
			readonly kind: 'layer';
			/** The short diff-id, as `docker push` shows it. */
			readonly id: string;
			readonly state: 'preparing' | 'waiting' | 'pushing' | 'pushed' | 'exists' | 'mounted';
			readonly current: number;
			readonly total: number;
			/** Where it was mounted from. */
			readonly from?: string;
	  }
	| {readonly kind: 'retry'; readonly reason: string; readonly inSeconds: number}
	| {readonly kind: 'tag'; readonly tag: string; readonly digest: Digest; readonly size: number};
