import type {EnginePort, HostSample, StatsReader, StatsSample} from './engine-port.ts';
import type {HostLoad, LiveStats} from './state.ts';

export const trendLength = 8;

const rate = (now: number, before: number, seconds: number): number => (seconds > 0 && now >= before ? (now - before) / seconds : 0);

/** Two readings of one container as rates. The first alone says levels only. */
export function toLive(sample: StatsSample, before: LiveStats | undefined, past: readonly number[] = []): LiveStats {
	const last = before?.sample;
	// Counters that went back belong to a new life.
	const seconds = last && sample.cpuMicros >= last.cpuMicros ? (sample.at - last.at) / 1000 : 0;
	const per = (pick: (from: StatsSample) => number): number => (last ? rate(pick(sample), pick(last), seconds) : 0);
	const cpu = per(({cpuMicros}) => cpuMicros) / 10_000;
	return {
		sample,
		cpu,
		throttled: per(({throttledMicros}) => throttledMicros) / 10_000,
		read: per(({readBytes}) => readBytes),
		written: per(({writeBytes}) => writeBytes),
		received: per(({rxBytes}) => rxBytes),
		sent: per(({txBytes}) => txBytes),
		trend: before ? [...before.trend, cpu].slice(-trendLength) : past.slice(-trendLength),
	};
}

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

/** Readers of the containers that are looked at: opened at the first reading, closed when they are not wanted any more. */
export type Readers = {read(ids: readonly string[]): ReadonlyMap<string, StatsSample>; close(): void};

export function createReaders(engine: EnginePort, onGone: (id: string) => void): Readers {
	const open = new Map<string, StatsReader>();

	function drop(id: string): void {
		open.get(id)?.close();
		open.delete(id);
	}

	function readOne(id: string): StatsSample | undefined {
		try {
			let reader = open.get(id);
			if (!reader) open.set(id, (reader = engine.openStats(id)));
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
			const samples = new Map<string, StatsSample>();
			for (const id of ids) {
				const sample = readOne(id);
				if (sample) samples.set(id, sample);
				else {
					drop(id);
					onGone(id);
				}
			}
			return samples;
		},
		close() {
			for (const id of open.keys()) drop(id);
		},
	};
}
