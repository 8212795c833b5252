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
	readonly cache: number;
	readonly swap: number;
	readonly readBytes: number;
	readonly writtenBytes: number;
	readonly receivedBytes: number;
	readonly sentBytes: number;
	readonly pids: number;
	readonly oomKill: boolean;
	readonly paused: boolean;
	readonly restarted: boolean;
	/** Percent of the interval. */
	readonly pressure: {readonly cpuSome: number; readonly memorySome: number; readonly memoryFull: number; readonly ioSome: number; readonly ioFull: number};
};

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
const sampleSize = 56;

type Area = {readonly offset: number; readonly slots: number; readonly countAt: number};

function decodeSample(data: Buffer, at: number): RingSample {
	const word = (index: number): number => data.readUInt32LE(at + index * 4);
	const half = (index: number): number => data.readUInt16LE(at + 40 + index * 2);
	const flags = half(1);
	return {
		time: word(0),
		cpuMicros: word(1),
		throttledMicros: word(2),
		memory: word(3) * 1024,
		cache: word(4) * 1024,
		swap: word(5) * 1024,
		readBytes: word(6) * 1024,
		writtenBytes: word(7) * 1024,
		receivedBytes: word(8) * 1024,
		sentBytes: word(9) * 1024,
		pids: half(0),
		oomKill: (flags & 1) !== 0,
		paused: (flags & 2) !== 0,
		restarted: (flags & 4) !== 0,
		pressure: {cpuSome: half(2) / 100, memorySome: half(3) / 100, memoryFull: half(4) / 100, ioSome: half(5) / 100, ioFull: half(6) / 100},
	};
}

function readAt(fd: number, offset: number, size: number): Buffer {
	const data = Buffer.alloc(size);
	const got = readSync(fd, data, 0, size, offset);
	return got === size ? data : data.subarray(0, got);
}

/** Slots `first` to `first + count - 1` of a series that wraps round, in one or two reads. */
function readSlots(fd: number, {offset, slots}: Area, first: number, count: number): RingSample[] {
	const samples: RingSample[] = [];
	for (let done = 0; done < count; ) {
		const slot = (first + done) % slots;
		const run = Math.min(count - done, slots - slot);
		const data = readAt(fd, offset + slot * sampleSize, run * sampleSize);
		for (let at = 0; at + sampleSize <= data.length; at += sampleSize) samples.push(decodeSample(data, at));
		done += run;
	}
	return samples;
}

/** Samples are never later than one a slot, so `from` bounds how far back it is worth reading. */
function readSince(fd: number, area: Area, from: number, step: number): RingSample[] {
	const written = Number(readAt(fd, area.countAt, 8).readBigUInt64LE(0));
	const held = Math.min(written, area.slots);
	const age = Math.ceil((Date.now() / 1000 - from) / step) + 2;
	const count = Math.max(0, Math.min(held, age));
	return readSlots(fd, area, written - count, count);
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
	if (header.length < 64 || header.toString('latin1', 0, 8) !== 'HWSTATS1' || header.readUInt32LE(8) !== 1 || header.readUInt32LE(12) !== sampleSize) {
		closeSync(fd);
		if (header.length === 0) return undefined;
		throw new EngineError({code: 'monitor.damaged-stats', message: `${path} is not a statistics ring`, subject: path});
	}
	const fine: Area = {offset: headerSize, slots: header.readUInt32LE(16), countAt: 24};
	const coarse: Area = {offset: headerSize + fine.slots * sampleSize, slots: header.readUInt32LE(20), countAt: 32};
	return {
		startedAt: Number(header.readBigUInt64LE(40)),
		history(from, to, grain = 'fine') {
			const samples = grain === 'fine' ? readSince(fd, fine, from, 1) : readSince(fd, coarse, from, 60);
			return samples.filter(({time}) => time >= from && time <= to);
		},
		last() {
			const written = Number(readAt(fd, fine.countAt, 8).readBigUInt64LE(0));
			return written === 0 ? undefined : readSlots(fd, fine, (written - 1) % fine.slots, 1)[0];
		},
		close() {
			closeSync(fd);
		},
	};
}
