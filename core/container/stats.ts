import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {hasErrno} from '../errors/codes.ts';
import {cgroupFolder, cgroupLayout} from '../platform/cgroup.ts';
import {readIfThere} from '../platform/files.ts';
import {readPressure} from '../platform/pressure.ts';
import {type Counters, limitOf, numberIn, openCounters, valueOf} from './counters.ts';
import {isRunning, readLive} from './live.ts';
import type {StatsSample} from './model.ts';
import type {StatsReader} from './options.ts';
import {cgroupOf} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';

/** For a series of readings. A container that was restarted meanwhile is opened anew. */
export function openStats(engine: Engine, ref: string): StatsReader {
	const record = findRecord(engine.db, ref);
	let opened = open(engine, record);
	const reopen = (): StatsSample | undefined => {
		opened?.counters.close();
		opened = open(engine, record);
		return opened && readOnce(opened);
	};
	return {
		read() {
			return (opened && readOnce(opened)) ?? reopen();
		},
		close() {
			opened?.counters.close();
			opened = undefined;
		},
	};
}

type Opened = {readonly counters: Counters; readonly cpus: number; readonly host: number};

function open(engine: Engine, record: ContainerRecord): Opened | undefined {
	const live = readLive(engine, record.id);
	if (!isRunning(live) || live.pid === 0) return undefined;
	const cgroup = cgroupOf(engine, record);
	const net = record.config.network === 'host' ? undefined : `/proc/${live.pid}/net/dev`;
	const counters = openCounters({...(cgroupLayout().version === 2 ? unifiedFiles(cgroup) : legacyFiles(cgroup)), net});
	return {counters, cpus: cpuCount(record.config.resources.cpusetCpus), host: hostMemory()};
}

/** `0-2,5` */
function cpuCount(set: string | undefined): number {
	const host = process.getBuiltinModule('node:os').availableParallelism();
	if (set === undefined || set === '') return host;
	const counts = set.split(',').map(part => {
		const [first = 0, last = first] = part.split('-').map(Number);
		return last - first + 1;
	});
	return Math.min(
		host,
		counts.reduce((sum, count) => sum + count, 0),
	);
}

const hostMemory = (): number => Number(/^MemTotal:\s+(\d+)/m.exec(readIfThere('/proc/meminfo') ?? '')?.[1] ?? 0) * 1024;

const within = (cgroup: string, controller: string, file: string): string | undefined => {
	const folder = cgroupFolder(cgroup, controller);
	return folder === undefined ? undefined : `${folder}/${file}`;
};

const unifiedFiles = (cgroup: string): Record<string, string | undefined> =>
	Object.fromEntries(
		[
			'cpu.stat',
			'memory.current',
			'memory.stat',
			'memory.swap.current',
			'memory.max',
			'memory.events',
			'io.stat',
			'pids.current',
			'pids.max',
			'cpu.pressure',
			'memory.pressure',
			'io.pressure',
		].map(name => [name, within(cgroup, '', name)]),
	);

const legacyFiles = (cgroup: string): Record<string, string | undefined> =>
	Object.fromEntries(
		[
			['cpuacct', 'cpuacct.usage'],
			['cpuacct', 'cpuacct.stat'],
			['cpu', 'cpu.stat'],
			['memory', 'memory.usage_in_bytes'],
			['memory', 'memory.stat'],
			['memory', 'memory.memsw.usage_in_bytes'],
			['memory', 'memory.limit_in_bytes'],
			['memory', 'memory.oom_control'],
			['blkio', 'blkio.throttle.io_service_bytes_recursive'],
			['pids', 'pids.current'],
			['pids', 'pids.max'],
		].map(([controller = '', file = '']) => [file, within(cgroup, controller, file)]),
	);

/** undefined: the cgroup is gone. */
function readOnce({counters, cpus, host}: Opened): StatsSample | undefined {
	try {
		const sample = cgroupLayout().version === 2 ? readUnified(counters) : readLegacy(counters);
		return {at: Date.now(), ...sample, memoryLimit: sample.memoryLimit === 0 ? host : Math.min(sample.memoryLimit, host), onlineCpus: cpus, ...readNetwork(counters)};
	} catch (error) {
		if (hasErrno(error, 'ENODEV', 'ENOENT', 'ESRCH', 'EBADF')) return undefined;
		throw error instanceof EngineError ? error : new EngineError({code: 'container.stats', message: 'cannot read the statistics of a container', cause: error});
	}
}

type CgroupSample = Omit<StatsSample, 'at' | 'onlineCpus' | 'rxBytes' | 'txBytes'>;

function readUnified({read}: Counters): CgroupSample {
	const cpu = read('cpu.stat');
	const memory = read('memory.stat');
	const current = numberIn(read('memory.current'));
	const pressure = readPressure(subject => read(`${subject}.pressure`));
	return {
		cpuMicros: valueOf(cpu, 'usage_usec'),
		cpuUserMicros: valueOf(cpu, 'user_usec'),
		cpuSystemMicros: valueOf(cpu, 'system_usec'),
		throttledMicros: valueOf(cpu, 'throttled_usec'),
		memory: Math.max(0, current - valueOf(memory, 'inactive_file')),
		memoryCache: valueOf(memory, 'file'),
		memorySwap: numberIn(read('memory.swap.current')),
		memoryLimit: limitOf(read('memory.max')),
		...sumDevices(unifiedDevices(read('io.stat'))),
		pids: numberIn(read('pids.current')),
		pidsLimit: limitOf(read('pids.max')),
		oomKills: valueOf(read('memory.events'), 'oom_kill'),
		...(pressure && {pressure}),
	};
}

/** cpuacct.stat counts in hundredths of a second. */
const TICK_MICROS = 10_000;

function readLegacy({read}: Counters): CgroupSample {
	const memory = read('memory.stat');
	const usage = numberIn(read('memory.usage_in_bytes'));
	const both = numberIn(read('memory.memsw.usage_in_bytes'));
	const times = read('cpuacct.stat');
	return {
		cpuMicros: Math.round(numberIn(read('cpuacct.usage')) / 1000),
		cpuUserMicros: valueOf(times, 'user') * TICK_MICROS,
		cpuSystemMicros: valueOf(times, 'system') * TICK_MICROS,
		throttledMicros: Math.round(valueOf(read('cpu.stat'), 'throttled_time') / 1000),
		memory: Math.max(0, usage - valueOf(memory, 'total_inactive_file')),
		memoryCache: valueOf(memory, 'total_cache'),
		memorySwap: Math.max(0, both - usage),
		memoryLimit: limitOf(read('memory.limit_in_bytes')),
		...sumDevices(legacyDevices(read('blkio.throttle.io_service_bytes_recursive'))),
		pids: numberIn(read('pids.current')),
		pidsLimit: limitOf(read('pids.max')),
		oomKills: valueOf(read('memory.oom_control'), 'oom_kill'),
	};
}

type Devices = StatsSample['devices'];

const sumDevices = (devices: Devices): Pick<StatsSample, 'readBytes' | 'writeBytes' | 'devices'> => ({
	readBytes: devices.reduce((sum, {readBytes}) => sum + readBytes, 0),
	writeBytes: devices.reduce((sum, {writeBytes}) => sum + writeBytes, 0),
	devices,
});

/** `8:0 rbytes=1 wbytes=2 …` */
const unifiedDevices = (text: string): Devices =>
	text.split('\n').flatMap(line => {
		const device = line.slice(0, Math.max(line.indexOf(' '), 0));
		if (device === '') return [];
		return [{device, readBytes: Number(/rbytes=(\d+)/.exec(line)?.[1] ?? 0), writeBytes: Number(/wbytes=(\d+)/.exec(line)?.[1] ?? 0)}];
	});

/** `8:0 Read 1`, `8:0 Write 2`, … */
function legacyDevices(text: string): Devices {
	const devices = new Map<string, {device: string; readBytes: number; writeBytes: number}>();
	for (const line of text.split('\n')) {
		const [device = '', kind = '', bytes = ''] = line.split(' ');
		if (kind !== 'Read' && kind !== 'Write') continue;
		const entry = devices.get(device) ?? {device, readBytes: 0, writeBytes: 0};
		if (kind === 'Read') entry.readBytes = Number(bytes);
		else entry.writeBytes = Number(bytes);
		devices.set(device, entry);
	}
	return [...devices.values()];
}

/** All interfaces of the container's namespace but its loopback. */
function readNetwork({read}: Counters): Pick<StatsSample, 'rxBytes' | 'txBytes'> {
	let [rxBytes, txBytes] = [0, 0];
	for (const line of read('net').split('\n').slice(2)) {
		const colon = line.indexOf(':');
		if (colon < 0 || line.slice(0, colon).trim() === 'lo') continue;
		const fields = line
			.slice(colon + 1)
			.trim()
			.split(/\s+/);
		rxBytes += Number(fields[0]);
		txBytes += Number(fields[8]);
	}
	return {rxBytes, txBytes};
}
