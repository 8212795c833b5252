import type {Digest} from '../oci/digest.ts';

/** What a container's root is mounted from; the runtime mounts it, inside the container's own mount namespace. */
export type Mountable = {
	/** Lower folders of the overlay, topmost first. */
	readonly lower: readonly string[];
	/** What the container writes; and overlayfs's scratch folder beside it, on the same file system. */
	readonly upper: string;
	readonly work: string;
};

/** What a writable layer takes up. */
export type SnapshotUsage = {readonly bytes: number; readonly inodes: number};

/**
 * Writable layers over the unpacked layers of an image. `id` is the container's, `chainIds` the image's, lowest first.
 *
 * prepare → (mount, write, unmount, any number of times) → remove. prepare() of an id that is there gives it back with what was written;
 * remove() of one that is not there is no error; both may be done again after a crash at any point. What is below is shared and never changed.
 */
export type SnapshotDriver = {
	readonly name: 'overlay' | 'copy';
	prepare(id: string, chainIds: readonly Digest[]): Promise<Mountable>;
	/** As prepare() gave it, without changing anything on the disk. */
	mountable(id: string, chainIds: readonly Digest[]): Mountable;
	usage(id: string): Promise<SnapshotUsage>;
	remove(id: string): Promise<void>;
};
