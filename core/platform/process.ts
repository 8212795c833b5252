import {readdirSync} from 'node:fs';
import {readIfThere} from './files.ts';

/** Field 22 of /proc/PID/stat: with the pid it names one process for as long as the host is up; 0 when there is none. */
export function startTimeOf(pid: number): number {
	const stat = pid > 0 ? readIfThere(`/proc/${pid}/stat`) : undefined;
	if (stat === undefined) return 0;
	// The name in brackets may hold anything: count from its last bracket. A zombie has ended.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields[0] === 'Z' || fields[0] === 'X' ? 0 : Number(fields[19] ?? 0);
}

export const isAlive = (pid: number, startTime: number): boolean => startTime > 0 && startTimeOf(pid) === startTime;

let own: number | undefined;

/** Of this process. */
export const ownStartTime = (): number => (own ??= startTimeOf(process.pid));

let boot: string | undefined;

/** New at each start of the host. */
export const bootId = (): string => (boot ??= readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '');

/** pid of a live process with this name and this last argument. Looks at all there are: for rare cases. */
export function findProcess(name: string, argument: string): number | undefined {
	for (const entry of readdirSync('/proc')) {
		if (!/^\d+$/.test(entry)) continue;
		const words = readIfThere(`/proc/${entry}/cmdline`)?.split('\0') ?? [];
		if (words[0]?.endsWith(name) === true && words.at(-2) === argument && startTimeOf(Number(entry)) > 0) return Number(entry);
	}
	return undefined;
}
