import {readFileSync, readdirSync} from 'node:fs';
import {median, type Result} from '../measure.ts';

const privateKiB = (pid: string): number | undefined => {
	try {
		const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
		return [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0);
	} catch {
		return undefined;
	}
};

const processesNamed = (name: string): string[] =>
	readdirSync('/proc').filter(pid => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
		} catch {
			return false;
		}
	});

/** Private memory that one running container adds outside itself: its monitor, conmon or shim. Run with containers up. */
export function benchMemory(): Result {
	const watchers = {hawser: 'hawser-monitor', podman: 'conmon', docker: 'containerd-shim'};
	const figures = Object.entries(watchers).flatMap(([name, comm]) => {
		const sizes = processesNamed(comm).flatMap(pid => privateKiB(pid) ?? []);
		return sizes.length > 0 ? [[name, median(sizes)] as const] : [];
	});
	return {title: 'private memory of a container’s monitor', unit: 'KiB', figures: Object.fromEntries(figures), goal: '≤ 512 KiB'};
}
