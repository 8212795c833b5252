import {existsSync} from 'node:fs';
import {readIfThere} from './files.ts';

/** Where cgroup files lie. `unified`: pure v2; `hybrid`: v1 controllers with an empty v2 beside them. */
export type CgroupLayout = {
	readonly version: 1 | 2;
	readonly unified: string | undefined;
	/** v1: controller → mount point. */
	readonly controllers: ReadonlyMap<string, string>;
	/** Of every hierarchy, those too that have a name and no controller (systemd's). */
	readonly mounts: readonly string[];
};

const names = new Set(['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio', 'devices', 'freezer', 'net_cls', 'net_prio', 'perf_event', 'hugetlb', 'rdma', 'misc']);

let layout: CgroupLayout | undefined;

/** Read once: a host does not change it while it is up. */
export const cgroupLayout = (): CgroupLayout => (layout ??= parseMounts(readIfThere('/proc/self/mounts') ?? ''));

export function parseMounts(mounts: string): CgroupLayout {
	const controllers = new Map<string, string>();
	const all: string[] = [];
	let unified: string | undefined;
	for (const line of mounts.split('\n')) {
		const [, target = '', type = '', options = ''] = line.split(' ');
		if (type === 'cgroup' || type === 'cgroup2') all.push(target);
		if (type === 'cgroup2') unified ??= target;
		else if (type === 'cgroup') for (const option of options.split(',')) if (names.has(option) && !controllers.has(option)) controllers.set(option, target);
	}
	return {version: controllers.size === 0 ? 2 : 1, unified, controllers, mounts: all};
}

/** The folder of `path` for one controller; v2 has one for all. */
export function cgroupFolder(path: string, controller: string): string | undefined {
	const {version, unified, controllers} = cgroupLayout();
	const mount = version === 2 ? unified : controllers.get(controller);
	return mount === undefined ? undefined : `${mount}${path}`;
}

/** Of the processes in it; none when it is gone. */
export function cgroupPids(path: string): number[] {
	for (const controller of ['pids', 'memory', 'cpu', 'freezer', 'devices']) {
		const folder = cgroupFolder(path, controller);
		if (folder !== undefined && existsSync(folder)) return (readIfThere(`${folder}/cgroup.procs`) ?? '').split('\n').filter(Boolean).map(Number);
	}
	return [];
}
