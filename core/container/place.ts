import type {Engine} from '../engine/engine.ts';
import type {LayerStore} from '../layer/model.ts';
import {randomHex} from '../platform/random.ts';
import type {DriverName, SnapshotDriver} from '../snapshot/model.ts';
import {btrfsDriver} from '../snapshot/btrfs.ts';
import {copyDriver} from '../snapshot/copy.ts';
import {fuseDriver, overlayDriver} from '../snapshot/overlay.ts';
import type {ContainerConfig} from './config.ts';

type Places = {readonly root: string; readonly state: string; readonly cgroupParent: string};

/** 64 hex digits, as Docker's. */
export function drawId(): string {
	for (;;) {
		const id = randomHex(32);
		// A short id of digits alone would pass for a number where scripts and YAML take it.
		if (/[a-f]/.test(id.slice(0, 12))) return id;
	}
}

/** What lasts of a container: writable layer, log, exit record. */
export const containerFolder = ({root}: Pick<Places, 'root'>, id: string): string => `${root}/containers/${id}`;

/** The writable layer in that folder, over those of the image. */
export const snapshots = ({root, native, storageDriver}: Pick<Engine, 'root' | 'native' | 'storageDriver'>): SnapshotDriver => drivers[storageDriver]({root, helper: native.layer});

const drivers: Readonly<Record<DriverName, (store: LayerStore) => SnapshotDriver>> = {overlay: overlayDriver, 'fuse-overlayfs': fuseDriver, copy: copyDriver, btrfs: btrfsDriver};

/** What a reboot takes: bundle, plan, status, socket. It is there while the container has a monitor, and until the next start or rm. */
export const liveFolder = ({state}: Pick<Places, 'state'>, id: string): string => `${state}/containers/${id}`;

export const runtimeRoot = ({state}: Pick<Places, 'state'>): string => `${state}/runtime`;

/** Below the store's cgroup, or the one of `--cgroup-parent`, whose path begins at the root of the hierarchy. */
export const cgroupOf = ({cgroupParent}: Pick<Places, 'cgroupParent'>, {id, config}: {readonly id: string; readonly config: Pick<ContainerConfig, 'cgroupParent'>}): string =>
	`${config.cgroupParent ?? cgroupParent}/${id}`;
