import type {Mount} from './spec.ts';

/** What every container has, as Docker mounts it. */
function baseMounts({privileged, shmSize, ipc, writableCgroups = false, deviceOptions = []}: MountPlan): Mount[] {
	const readOnly = privileged ? [] : ['ro'];
	return [
		{destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev']},
		{destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', ...deviceOptions, 'strictatime', 'mode=755', 'size=65536k']},
		{destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
		{destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', ...readOnly]},
		{destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime', ...(writableCgroups ? [] : readOnly)]},
		// The queues are those of the ipc namespace that the container is in.
		{destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev']},
		...sharedMemory(ipc, shmSize),
	];
}

function sharedMemory(ipc: string, size: number): Mount[] {
	if (ipc === 'none') return [];
	if (ipc === 'host') return [bind('/dev/shm', '/dev/shm')];
	// Another container's is found by the runtime: its source has no name on the host.
	if (ipc.startsWith('container:')) return [bind('/dev/shm', '/dev/shm', ['bind', 'nosuid', 'noexec', 'nodev'])];
	return [{destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`]}];
}

export const bind = (source: string, destination: string, options: readonly string[] = ['rbind', 'rprivate']): Mount => ({destination, type: 'bind', source, options});

export type MountPlan = {
	readonly privileged: boolean;
	readonly shmSize: number;
	readonly ipc: string;
	readonly writableCgroups?: boolean;
	/** Of /dev, beside its own. */
	readonly deviceOptions?: readonly string[];
	/** /etc/hosts and its like. */
	readonly files: readonly Mount[];
	/** Volumes, binds and tmpfs of the user. */
	readonly asked: readonly Mount[];
};

/** A mount of the user's in the place of one of ours wins; fewer steps in the path come first, so that none hides another. */
export function planMounts(plan: MountPlan): Mount[] {
	const taken = new Set(plan.asked.map(({destination}) => destination));
	const own = [...baseMounts(plan), ...plan.files].filter(({destination}) => !taken.has(destination));
	const depth = ({destination}: Mount): number => destination.split('/').filter(Boolean).length;
	return [...own, ...[...plan.asked].sort((a, b) => depth(a) - depth(b))];
}
