/** Volumes as records, and the mounts that a container asks for. */

export type Volume = {
	readonly name: string;
	/** Made for one container, by image or by `-v /path`: `volume prune` takes it. */
	readonly anonymous: boolean;
	readonly labels: Readonly<Record<string, string>>;
	/** `type`, `device` and `o` of the driver local; empty: a folder of the store. */
	readonly options: Readonly<Record<string, string>>;
	readonly created: string;
};

/** `-v`, `--mount` and `--tmpfs`, parsed. */
export type MountSpec = {
	readonly type: 'bind' | 'volume' | 'tmpfs';
	/** A host path, a volume's name, or '' for an anonymous volume and for tmpfs. */
	readonly source: string;
	readonly target: string;
	readonly readOnly: boolean;
	/** Further options as Docker names them: rprivate, z, nocopy, bind-create-src, bind-recursive=…, tmpfs-size=…, volume-label=… */
	readonly options: readonly string[];
	readonly asked?: Asked;
};

/** How it was asked for, as inspect repeats it: the words of `-v` or `--tmpfs`, or the fields of `--mount`. */
export type Asked = {readonly bind: string} | {readonly tmpfs: string} | {readonly mount: Readonly<Record<string, unknown>>};

/** A mount that has its volume and its host path: what the container's record keeps. */
export type MountPoint = {
	readonly type: 'bind' | 'volume' | 'tmpfs';
	/** The volume's name. */
	readonly name?: string;
	/** The path on the host; '' for tmpfs. */
	readonly source: string;
	readonly target: string;
	readonly readOnly: boolean;
	readonly options: readonly string[];
	/** Of a volume with options: what is mounted in the place of its folder. */
	readonly device?: VolumeDevice;
	/** The volume was made for this container: `rm -v` and `--rm` take it along. */
	readonly anonymous: boolean;
	readonly asked?: Asked;
};

/** A file system as mount(8) names it; `options` without those that are only ours. */
export type VolumeDevice = {readonly type: string; readonly source: string; readonly options: readonly string[]};

export type VolumeStore = {
	transaction<T>(work: () => T): T;
	volumes(): Volume[];
	volume(name: string): Volume | undefined;
	insertVolume(volume: Volume): void;
	deleteVolume(name: string): void;
};
