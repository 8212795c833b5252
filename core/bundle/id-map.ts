import type {ContainerConfig} from '../container/config.ts';
import type {IdMapping, Mount, Namespace} from './spec.ts';

/** Ids of the host that stand for a container's 0 to size-1. */
export type IdMap = {readonly uid: number; readonly gid: number; readonly size: number};

type Mapped = Pick<ContainerConfig, 'idMap'>;

/** With the ids of another container's the namespace is that one's, too. */
export const userNamespace = ({idMap}: Mapped, {pid, ipc}: {readonly pid?: number; readonly ipc?: number}): Namespace[] => {
	const donor = pid ?? ipc;
	return idMap === undefined ? [] : [{type: 'user', ...(donor !== undefined && {path: `/proc/${donor}/ns/user`})}];
};

export const mappings = ({idMap}: Mapped): {uidMappings?: readonly IdMapping[]; gidMappings?: readonly IdMapping[]} =>
	idMap === undefined ? {} : {uidMappings: [{containerID: 0, hostID: idMap.uid, size: idMap.size}], gidMappings: [{containerID: 0, hostID: idMap.gid, size: idMap.size}]};

/** Kernel file systems have no owners to map. */
const unmapped = new Set(['/dev/shm', '/dev/mqueue']);

/** What is bound from the host keeps its owners on the disk, and shows the container's. */
export const mapMounts = ({idMap}: Mapped, mounts: readonly Mount[]): Mount[] =>
	mounts.map(mount => (idMap === undefined || mount.type !== 'bind' || unmapped.has(mount.destination) ? mount : {...mount, options: [...(mount.options ?? []), 'idmap']}));
