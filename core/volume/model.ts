/** Volumes as records, and the mounts that a container asks for. */

export type Volume = {
	readonly name: string;
	/** Made for one container, by image or by `-v /path`: `volume prune` takes it. */
	readonly anonymous: boolean;
	readonly labels: Readonly<Record<string, string>>;
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
};

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
	/** The volume was made for this container: `rm -v` and `--rm` take it along. */
	readonly anonymous: boolean;
};

export type VolumeStore = {
	transaction<T>(work: () => T): T;
	volumes(): Volume[];
	volume(name: string): Volume | undefined;
	insertVolume(volume: Volume): void;
	deleteVolume(name: string): void;
};
