import type {HistorySample, HostSample} from './engine-port.ts';
import type {HostLoad, LiveStats} from './state.ts';

export const trendLength = 8;

/** The newest second that the monitor has counted. `before` itself where there is none since; `past` is what a row that comes into sight begins with. */
export function toLive(second: HistorySample, before: LiveStats | undefined, past: readonly number[] = []): LiveStats {
	if (before?.second.time === second.time) return before;
	const cpu = second.cpuMicros / 10_000;
	return {second, cpu, throttled: second.throttledMicros / 10_000, trend: [...(before?.trend ?? past), cpu].slice(-trendLength)};
}

const rate = (now: number, before: number, seconds: number): number => (seconds > 0 && now >= before ? (now - before) / seconds : 0);

export function toHostLoad(sample: HostSample, before: HostLoad | undefined): HostLoad {
	const last = before?.sample;
	const total = last ? sample.cpuTotalMicros - last.cpuTotalMicros : 0;
	const seconds = last ? (sample.at - last.at) / 1000 : 0;
	return {
		sample,
		cpu: last && total > 0 ? ((sample.cpuBusyMicros - last.cpuBusyMicros) / total) * 100 : 0,
		read: last ? rate(sample.readBytes, last.readBytes, seconds) : 0,
		written: last ? rate(sample.writeBytes, last.writeBytes, seconds) : 0,
	};
}

type Reader<Reading> = {read(): Reading | undefined; close(): void};

/** Readers of what is looked at: opened at the first reading, closed when it is not wanted any more. */
export type Readers<Reading> = {read(ids: readonly string[]): ReadonlyMap<string, Reading>; close(): void};

export function createReaders<Reading>(openReader: (id: string) => Reader<Reading>, onGone: (id: string) => void): Readers<Reading> {
	const open = new Map<string, Reader<Reading>>();

	function drop(id: string): void {
		open.get(id)?.close();
		open.delete(id);
	}

	function readOne(id: string): Reading | undefined {
		try {
			let reader = open.get(id);
			if (!reader) open.set(id, (reader = openReader(id)));
			return reader.read();
		} catch {
			// It ended or was removed between the list and now: the event of that is on its way.
			return undefined;
		}
	}

	return {
		read(ids) {
			const wanted = new Set(ids);
			for (const id of open.keys()) if (!wanted.has(id)) drop(id);
			const readings = new Map<string, Reading>();
			for (const id of ids) {
				const reading = readOne(id);
				if (reading !== undefined) readings.set(id, reading);
				else {
					drop(id);
					onGone(id);
				}
			}
			return readings;
		},
		close() {
			for (const id of open.keys()) drop(id);
		},
	};
}
