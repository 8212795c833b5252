import {readIfThere} from './files.ts';
import {type Pressure, readPressure} from './pressure.ts';

/** What the console's status line shows of the host; counters are totals since boot. */
export type HostSample = {
	readonly at: number;
	readonly cpus: number;
	readonly cpuBusyMicros: number;
	readonly cpuTotalMicros: number;
	readonly memoryTotal: number;
	readonly memoryAvailable: number;
	readonly swapTotal: number;
	readonly swapFree: number;
	readonly readBytes: number;
	readonly writeBytes: number;
	readonly load: readonly [number, number, number];
	readonly uptimeSeconds: number;
	readonly pressure?: Pressure;
};

const TICK_MICROS = 10_000;
const SECTOR = 512;

const read = (path: string): string => readIfThere(path) ?? '';

export function hostStats(): HostSample {
	const stat = read('/proc/stat');
	const memory = read('/proc/meminfo');
	const kib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
	const [one = 0, five = 0, fifteen = 0] = read('/proc/loadavg').split(' ').map(Number);
	const pressure = readPressure(subject => read(`/proc/pressure/${subject}`));
	return {
		at: Date.now(),
		cpus: stat.match(/^cpu\d+ /gm)?.length ?? 1,
		...cpuTimes(stat),
		memoryTotal: kib('MemTotal'),
		memoryAvailable: kib('MemAvailable'),
		swapTotal: kib('SwapTotal'),
		swapFree: kib('SwapFree'),
		...diskBytes(read('/proc/diskstats')),
		load: [one, five, fifteen],
		uptimeSeconds: Number(read('/proc/uptime').split(' ')[0] ?? 0),
		...(pressure && {pressure}),
	};
}

function cpuTimes(stat: string): {cpuBusyMicros: number; cpuTotalMicros: number} {
	// user nice system idle iowait irq softirq steal; guest time is within user.
	const times = stat.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
	const total = times.reduce((sum, time) => sum + time, 0);
	const idle = (times[3] ?? 0) + (times[4] ?? 0);
	return {cpuBusyMicros: (total - idle) * TICK_MICROS, cpuTotalMicros: total * TICK_MICROS};
}

/** Whole disks only: what a partition or a mapped device does is counted in the disk below it. */
function diskBytes(diskstats: string): {readBytes: number; writeBytes: number} {
	let [readBytes, writeBytes] = [0, 0];
	for (const line of diskstats.split('\n')) {
		const fields = line.trim().split(/\s+/);
		if (!/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|hd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(fields[2] ?? '')) continue;
		readBytes += Number(fields[5]) * SECTOR;
		writeBytes += Number(fields[9]) * SECTOR;
	}
	return {readBytes, writeBytes};
}
