import type {Digest} from '../oci/digest.ts';

/** What a container's root is. `lower`: the image's layers, topmost first, and the points below them. */
export type Mountable = Overlay | Plain;

/** An overlay, which the runtime mounts inside the container's own mount namespace. */
export type Overlay = {
	readonly kind: 'overlay';
	readonly lower: readonly string[];
	/** What the container writes; and overlayfs's scratch folder beside it, on the same file system. */
	readonly upper: string;
	readonly work: string;
	/** The program that serves it; absent: the kernel's overlayfs does. */
	readonly fuse?: string;
};

/** A folder that holds the whole root, the container's alone. */
export type Plain = {readonly kind: 'plain'; readonly lower: readonly string[]; readonly tree: string};

/** What a container has added and changed. */
export type SnapshotUsage = {readonly bytes: number; readonly inodes: number};

export const driverNames = ['overlay', 'fuse-overlayfs', 'copy', 'btrfs'] as const;

export type DriverName = (typeof driverNames)[number];

/** Whether a container is layers over each other, and no folder that has all. */
export const isStacked = (driver: DriverName): boolean => driver === 'overlay' || driver === 'fuse-overlayfs';

/** Scripts know overlay by this name. */
export const shownName = (driver: DriverName): string => (driver === 'overlay' ? 'overlay2' : driver);

/**
 * Writable layers over the unpacked layers of an image. `id` is the container's, `chainIds` the image's, lowest first.
 *
 * prepare → (mount, write, unmount, any number of times) → remove. prepare() of an id that is there gives it back with what was written;
 * remove() of one that is not there is no error; both may be done again after a crash at any point. What is below is shared and never changed.
 */
export type SnapshotDriver = {
	readonly name: DriverName;
	prepare(id: string, chainIds: readonly Digest[]): Promise<Mountable>;
	/** As prepare() gave it, without changing anything on the disk. */
	mountable(id: string, chainIds: readonly Digest[]): Mountable;
	usage(id: string, chainIds: readonly Digest[]): Promise<SnapshotUsage>;
	remove(id: string): Promise<void>;
};
