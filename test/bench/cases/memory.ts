import {readFileSync, readdirSync} from 'node:fs';
import {median, type Result} from '../measure.ts';

/** Empty for a process that has just gone. */
function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

const privateKiB = (pid: string): number => [...read(`/proc/${pid}/smaps_rollup`).matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0);

/** Pids by command line: a container's own, so that what has two processes for one (our monitor and its keeper) counts both. */
function processesNamed(name: string): Map<string, string[]> {
	const pids = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && read(`/proc/${pid}/comm`).trim() === name);
	return Map.groupBy(pids, pid => read(`/proc/${pid}/cmdline`));
}

/** Private memory that one running container adds outside itself: its monitor, conmon or shim. Run with containers up. */
export function benchMemory(): Result {
	const watchers = {hawser: 'hawser-monitor', podman: 'conmon', docker: 'containerd-shim'};
	const figures = Object.entries(watchers).flatMap(([name, comm]) => {
		const sizes = [...processesNamed(comm).values()].map(pids => pids.reduce((sum, pid) => sum + privateKiB(pid), 0));
		return sizes.length > 0 ? [[name, median(sizes)] as const] : [];
	});
	return {title: 'private memory of a container’s monitor', unit: 'KiB', figures: Object.fromEntries(figures), goal: '≤ 512 KiB'};
}
