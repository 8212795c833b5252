import {closeSync, openSync, readSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';

/** One second, or one minute, of a container's life. Counters are of that interval. */
export type RingSample = {
	/** Unix seconds. */
	readonly time: number;
	readonly cpuMicros: number;
	readonly throttledMicros: number;
	/** Bytes, without inactive file cache. */
	readonly memory: number;
	/** By kind: memory of programs, cache of files, of the kernel for it, shared (tmpfs, part of the cache). */
	readonly anon: number;
	readonly cache: number;
	readonly kernel: number;
	readonly shmem: number;
	readonly swap: number;
	/** Of all devices. */
	readonly readBytes: number;
	readonly writtenBytes: number;
	/** Those that had I/O; `''` stands for all that have no place of their own. */
	readonly devices: readonly DeviceSample[];
	readonly receivedBytes: number;
	readonly sentBytes: number;
	readonly pids: number;
	readonly oomKill: boolean;
	readonly paused: boolean;
	readonly restarted: boolean;
	/** Percent of the interval. */
	readonly pressure: {readonly cpuSome: number; readonly memorySome: number; readonly memoryFull: number; readonly ioSome: number; readonly ioFull: number};
};

/** `device`: major:minor. */
export type DeviceSample = {readonly device: string; readonly readBytes: number; readonly writtenBytes: number};

export type StatsRing = {
	/** Samples with from <= time <= to, oldest first; `coarse`: one a minute for a day, else one a second for an hour. */
	history(from: number, to: number, grain?: 'fine' | 'coarse'): RingSample[];
	/** The newest sample; undefined before the first. */
	last(): RingSample | undefined;
	/** Unix seconds of the first start of the series. */
	readonly startedAt: number;
	close(): void;
};

const headerSize = 4096;

type Area = {readonly offset: number; readonly slots: number; readonly countAt: number};
type Decode = (data: Buffer, at: number) => RingSample;
type Layout = {readonly size: number; readonly decode: (devices: readonly string[]) => Decode};

const pressureAt = (half: (index: number) => number, from: number): RingSample['pressure'] => ({
	cpuSome: half(from) / 100,
	memorySome: half(from + 1) / 100,
	memoryFull: half(from + 2) / 100,
	ioSome: half(from + 3) / 100,
	ioFull: half(from + 4) / 100,
});

const flagsOf = (flags: number): Pick<RingSample, 'oomKill' | 'paused' | 'restarted'> => ({oomKill: (flags & 1) !== 0, paused: (flags & 2) !== 0, restarted: (flags & 4) !== 0});

/** 11 bits of mantissa, 5 of exponent; past 2^31 JavaScript's shifts end. */
const unpack = (packed: number): number => (packed & 2047) * 2 ** (packed >> 11);

const layouts: Readonly<Record<number, Layout>> = {
	1: {
		size: 56,
		decode: () => (data, at) => {
			const word = (index: number): number => data.readUInt32LE(at + index * 4);
			const half = (index: number): number => data.readUInt16LE(at + 40 + index * 2);
			return {
				time: word(0),
				cpuMicros: word(1),
				throttledMicros: word(2),
				memory: word(3) * 1024,
				anon: 0,
				cache: word(4) * 1024,
				kernel: 0,
				shmem: 0,
				swap: word(5) * 1024,
				readBytes: word(6) * 1024,
				writtenBytes: word(7) * 1024,
				devices: [],
				receivedBytes: word(8) * 1024,
				sentBytes: word(9) * 1024,
				pids: half(0),
				...flagsOf(half(1)),
				pressure: pressureAt(half, 2),
			};
		},
	},
	2: {
		size: 60,
		decode: names => (data, at) => {
			const word = (index: number): number => data.readUInt32LE(at + index * 4);
			const half = (index: number): number => data.readUInt16LE(at + 12 + index * 2);
			const packed = (index: number): number => unpack(half(index));
			const all = names.map((device, index) => ({device, readBytes: packed(15 + index * 2), writtenBytes: packed(16 + index * 2)}));
			const devices = all.filter(({readBytes, writtenBytes}) => readBytes + writtenBytes > 0);
			return {
				time: word(0),
				cpuMicros: word(1),
				throttledMicros: packed(0),
				memory: word(2) * 1024,
				anon: packed(1) * 1024,
				cache: packed(2) * 1024,
				kernel: packed(3) * 1024,
				shmem: packed(4) * 1024,
				swap: packed(5) * 1024,
				readBytes: devices.reduce((sum, {readBytes}) => sum + readBytes, 0),
				writtenBytes: devices.reduce((sum, {writtenBytes}) => sum + writtenBytes, 0),
				devices,
				receivedBytes: packed(6),
				sentBytes: packed(7),
				pids: half(8),
				...flagsOf(half(9)),
				pressure: pressureAt(half, 10),
			};
		},
	},
};

const DEVICES_AT = 48;
const DEVICE_PLACES = 4;

/** Names of the places, read anew each time: a device gets its place at its first I/O. */
function devicesIn(header: Buffer): string[] {
	return Array.from({length: DEVICE_PLACES}, (_, index) => {
		const device = header.readUInt32LE(DEVICES_AT + index * 4);
		return device === 0 ? '' : `${device >>> 20}:${device & 0xf_ffff}`;
	});
}

function readAt(fd: number, offset: number, size: number): Buffer {
	const data = Buffer.alloc(size);
	const got = readSync(fd, data, 0, size, offset);
	return got === size ? data : data.subarray(0, got);
}

/** `head`: the beginning of the file as it was a moment ago, with how much is written and the names of the devices. */
type Source = {readonly fd: number; readonly head: Buffer; readonly size: number; readonly decode: Decode};

const writtenIn = ({head}: Source, {countAt}: Area): number => Number(head.readBigUInt64LE(countAt));

/** Slots `first` to `first + count - 1` of a series that wraps round, in one or two reads. */
function readSlots({fd, size, decode}: Source, {offset, slots}: Area, first: number, count: number): RingSample[] {
	const samples: RingSample[] = [];
	for (let done = 0; done < count; ) {
		const slot = (first + done) % slots;
		const run = Math.min(count - done, slots - slot);
		const data = readAt(fd, offset + slot * size, run * size);
		for (let at = 0; at + size <= data.length; at += size) samples.push(decode(data, at));
		done += run;
	}
	return samples;
}

/** Samples are never later than one a slot, so `from` bounds how far back it is worth reading. */
function readSince(source: Source, area: Area, from: number, step: number): RingSample[] {
	const written = writtenIn(source, area);
	const held = Math.min(written, area.slots);
	const age = Math.ceil((Date.now() / 1000 - from) / step) + 2;
	const count = Math.max(0, Math.min(held, age));
	return readSlots(source, area, written - count, count);
}

/** Undefined when the container has no statistics yet. */
export function openStatsRing(path: string): StatsRing | undefined {
	let fd: number;
	try {
		fd = openSync(path, 'r');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	const header = readAt(fd, 0, 64);
	const layout = header.length === 64 && header.toString('latin1', 0, 8) === 'HWSTATS1' ? layouts[header.readUInt32LE(8)] : undefined;
	if (layout === undefined || header.readUInt32LE(12) !== layout.size) {
		closeSync(fd);
		if (header.length === 0) return undefined;
		throw new EngineError({code: 'monitor.damaged-stats', message: `${path} is not a statistics ring`, subject: path});
	}
	const {size} = layout;
	const source = (): Source => {
		const head = readAt(fd, 0, header.length);
		return {fd, head, size, decode: layout.decode(devicesIn(head))};
	};
	const fine: Area = {offset: headerSize, slots: header.readUInt32LE(16), countAt: 24};
	const coarse: Area = {offset: headerSize + fine.slots * size, slots: header.readUInt32LE(20), countAt: 32};
	return {
		startedAt: Number(header.readBigUInt64LE(40)),
		history(from, to, grain = 'fine') {
			const samples = grain === 'fine' ? readSince(source(), fine, from, 1) : readSince(source(), coarse, from, 60);
			return samples.filter(({time}) => time >= from && time <= to);
		},
		last() {
			const from = source();
			const written = writtenIn(from, fine);
			return written === 0 ? undefined : readSlots(from, fine, (written - 1) % fine.slots, 1)[0];
		},
		close() {
			closeSync(fd);
		},
	};
}
