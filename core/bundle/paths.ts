import {readdirSync} from 'node:fs';
import {defaultsFor} from './hardening.ts';

/** Files of /proc and /sys that tell of the host or reach into it: the union of Docker's and Podman's lists. */
const masked = [
	'/proc/acpi',
	'/proc/asound',
	'/proc/interrupts',
	'/proc/kcore',
	'/proc/keys',
	'/proc/latency_stats',
	'/proc/sched_debug',
	'/proc/scsi',
	'/proc/timer_list',
	'/proc/timer_stats',
	'/sys/dev/block',
	'/sys/devices/virtual/powercap',
	'/sys/firmware',
];

const readOnly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

let found: readonly string[] | undefined;

/** With the processors' throttle counters, by which neighbours can be watched. Listed anew in each process: processors come and go. */
export function maskedPaths(hardened = false): readonly string[] {
	found ??= [...masked, ...throttleFolders()];
	return [...found, ...defaultsFor(hardened).masked];
}

export const readonlyPaths = (hardened = false): readonly string[] => [...readOnly, ...defaultsFor(hardened).readOnly];

function throttleFolders(): string[] {
	const folder = '/sys/devices/system/cpu';
	try {
		return readdirSync(folder)
			.filter(name => /^cpu\d+$/.test(name))
			.map(name => `${folder}/${name}/thermal_throttle`);
	} catch {
		return [];
	}
}
