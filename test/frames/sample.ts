import type {ContainerSummary, EngineEvent, HistorySample, HostSample, ImageSummary, LogEntry, StatsSample} from '../../source/console/store/engine-port.ts';
import {initialState} from '../../source/console/store/initial.ts';
import {toLive} from '../../source/console/store/live.ts';
import {reduce} from '../../source/console/store/reduce.ts';
import type {LiveStats, Size, State} from '../../source/console/store/state.ts';

/** One moment in the life of a host, made up: the same in every test and picture. */
export const now = Date.UTC(2026, 10, 21, 12, 40, 7);

const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
const hex = (seed: number): string => Array.from({length: 64}, (_, index) => ((seed * 7919 + index * 104_729 + ((index * seed) % 13)) % 16).toString(16)).join('');
const mib = 2 ** 20;

export function sampleContainer(values: Partial<ContainerSummary> & {readonly name: string}, seed = 1): ContainerSummary {
	return {
		id: hex(seed),
		image: 'busybox:latest',
		imageId: `sha256:${hex(99)}`,
		command: 'sh -c load',
		createdAt: ago(7200),
		status: 'running',
		startedAt: ago(180),
		oomKilled: false,
		restartCount: 0,
		pid: 4000 + seed,
		ports: [],
		networks: {bridge: {ip: `172.17.0.${seed + 1}`}},
		mounts: [],
		labels: {},
		cgroup: `/hawser/${hex(seed)}`,
		resources: {},
		tty: false,
		...values,
	};
}

export const sampleContainers: readonly ContainerSummary[] = [
	sampleContainer(
		{
			name: 'web',
			image: 'nginx:1.27',
			command: 'nginx -g daemon off;',
			ports: [{protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80}],
			labels: {tier: 'front'},
			startedAt: ago(4000),
		},
		1,
	),
	sampleContainer({name: 'logger', labels: {tier: 'back'}}, 2),
	sampleContainer({name: 'job', resources: {memory: 64 * mib, nanoCpus: 5e8, pidsLimit: 100}, labels: {tier: 'back'}}, 3),
	sampleContainer({name: 'cache', image: 'redis:7', status: 'paused', startedAt: ago(90_000)}, 4),
	sampleContainer({name: 'migrate', status: 'exited', exitCode: 0, startedAt: ago(800), finishedAt: ago(610), pid: 0, networks: {}}, 5),
	sampleContainer(
		{
			name: 'worker',
			image: 'registry.example.org/team/worker-with-a-long-name:2026.11',
			status: 'exited',
			exitCode: 137,
			oomKilled: true,
			startedAt: ago(600),
			finishedAt: ago(95),
			pid: 0,
			networks: {},
		},
		6,
	),
];

export const sampleImages: readonly ImageSummary[] = (
	[
		['nginx', '1.27', 192, 1, 400],
		['redis', '7', 117, 1, 900],
		['busybox', 'latest', 4, 3, 1200],
		['<none>', '<none>', 81, 0, 2000],
	] as const
).map(
	([repository, tag, size, containers, hours], index): ImageSummary => ({
		id: `sha256:${hex(50 + index)}` as ImageSummary['id'],
		repository,
		tag,
		createdAt: ago(hours * 3600),
		size: size * mib,
		containers,
		labels: {},
		architecture: 'amd64',
		os: 'linux',
	}),
);

const wave = (second: number, period: number, low: number, high: number): number => low + ((high - low) * (1 + Math.sin((second / period) * 2 * Math.PI))) / 2;

const sampleSecond: HistorySample = {
	time: Math.floor(now / 1000),
	cpuMicros: 0,
	throttledMicros: 0,
	memory: 0,
	anon: 0,
	cache: 0,
	kernel: mib,
	shmem: 0,
	swap: 0,
	readBytes: 0,
	writtenBytes: 0,
	devices: [],
	receivedBytes: 0,
	sentBytes: 0,
	pids: 3,
	oomKill: false,
	paused: false,
	restarted: false,
	pressure: {cpuSome: 0, memorySome: 0, memoryFull: 0, ioSome: 0, ioFull: 0},
};

export const sampleHistory: readonly HistorySample[] = Array.from(
	{length: 260},
	(_, index): HistorySample => ({
		...sampleSecond,
		time: sampleSecond.time - 259 + index,
		cpuMicros: wave(index, 60, 20_000, 430_000),
		memory: wave(index, 90, 12, 34) * mib,
		anon: wave(index, 90, 9, 28) * mib,
		cache: wave(index, 200, 3, 6) * mib,
		readBytes: index % 50 < 4 ? 3 * mib : 0,
		writtenBytes: index % 30 < 10 ? 7 * mib : 0,
		receivedBytes: wave(index, 40, 0, 9000),
		sentBytes: wave(index, 40, 0, 42_000),
	}),
);

export function sampleStats(values: Partial<StatsSample> = {}): StatsSample {
	return {
		at: now,
		cpuMicros: 1e8,
		cpuUserMicros: 7e7,
		cpuSystemMicros: 3e7,
		throttledMicros: 0,
		onlineCpus: 2,
		memory: 12 * mib,
		memoryCache: 5 * mib,
		memorySwap: 0,
		memoryLimit: 8192 * mib,
		readBytes: 0,
		writeBytes: 0,
		devices: [],
		rxBytes: 0,
		txBytes: 0,
		pids: 3,
		pidsLimit: 0,
		oomKills: 0,
		...values,
	};
}

function statsOf(cpu: number, values: Partial<HistorySample>): LiveStats {
	const second: HistorySample = {...sampleSecond, cpuMicros: cpu * 10_000, memory: 12 * mib, cache: 5 * mib, ...values};
	return {...toLive(second, undefined), trend: Array.from({length: 8}, (_, index) => wave(index, 8, cpu / 3, cpu * 1.4))};
}

const host: HostSample = {
	at: now,
	cpus: 2,
	cpuBusyMicros: 0,
	cpuTotalMicros: 1,
	memoryTotal: 7.8 * 1024 * mib,
	memoryAvailable: 4.6 * 1024 * mib,
	swapTotal: 0,
	swapFree: 0,
	readBytes: 0,
	writeBytes: 0,
	load: [0.42, 0.3, 0.2],
	uptimeSeconds: 90_000,
	pressure: {cpuSome: 1.2, memorySome: 0, memoryFull: 0, ioSome: 0.4, ioFull: 0.1},
};

const words = ['GET /index.html 200', 'GET /api/orders 200', 'POST /api/orders 201', 'GET /favicon.ico 404'];

export const sampleLog: readonly LogEntry[] = Array.from(
	{length: 60},
	(_, index): LogEntry => ({
		stream: index % 9 === 8 ? 'stderr' : 'stdout',
		time: ago(60 - index),
		log: index % 9 === 8 ? `\u001B[31merror\u001B[0m upstream timed out after ${index} ms\n` : `10.0.0.${index} - ${words[index % words.length]} ${index * 13} B\n`,
	}),
);

/** The home screen at a size, with everything on it. */
export function sampleState(size: Size): State {
	const [web, logger, job, cache] = sampleContainers.map(({id}) => id);
	const stats = new Map([
		[web ?? '', statsOf(3.4, {memory: 21 * mib, receivedBytes: 9000, sentBytes: 42_000})],
		[logger ?? '', statsOf(12, {memory: 2.3 * mib, writtenBytes: 70_000})],
		[job ?? '', statsOf(87.5, {memory: 61 * mib, writtenBytes: 7 * mib, readBytes: 2 * mib, pids: 12, throttledMicros: 30_000})],
		[cache ?? '', statsOf(0, {memory: 9 * mib})],
	]);
	const start: State = {...initialState('lighthouse', size, now), host: {sample: host, cpu: 23.4, read: 0, written: 1.2 * mib}, stats};
	return [
		{type: 'lists' as const, containers: sampleContainers, images: sampleImages},
		{type: 'selected' as const, list: 'containers' as const, id: web ?? ''},
		{type: 'tick' as const, now, counters: {id: web ?? '', sample: sampleStats({memory: 21 * mib})}},
		{type: 'history' as const, id: web ?? '', samples: sampleHistory},
		{type: 'log-opened' as const, ids: [web ?? ''], asked: 2000},
		{type: 'log' as const, id: web ?? '', entries: sampleLog},
	].reduce(reduce, start);
}

const event = (seconds: number, name: string, Action: string, attributes: Readonly<Record<string, string>> = {}): EngineEvent => {
	const container = sampleContainers.find(found => found.name === name);
	const time = Math.floor(now / 1000) - seconds;
	return {
		Type: 'container',
		Action,
		Actor: {ID: container?.id ?? '', Attributes: {name, image: container?.image ?? '', ...attributes}},
		scope: 'local',
		time,
		timeNano: time * 1e9,
	};
};

/** Oldest first, as they are watched. */
export const sampleEvents: readonly EngineEvent[] = [
	event(4000, 'web', 'create'),
	event(4000, 'web', 'start'),
	event(600, 'worker', 'start'),
	event(110, 'worker', 'kill', {signal: '15'}),
	event(96, 'worker', 'oom'),
	event(95, 'worker', 'die', {exitCode: '137'}),
	event(40, 'web', 'exec_create: sh -c date'),
];
