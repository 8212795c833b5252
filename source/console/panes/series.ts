import type {HistorySample} from '../store/engine-port.ts';

/** A value a dot; undefined where the container did not run. */
export type Series = ReadonlyArray<number | undefined>;

export type Measure = 'cpu' | 'memory' | 'cache' | 'read' | 'written' | 'received' | 'sent' | 'throttled' | 'cpuPressure' | 'memoryPressure' | 'ioPressure';

const valueOf: Readonly<Record<Measure, (sample: HistorySample) => number>> = {
	cpu: ({cpuMicros}) => cpuMicros / 10_000,
	memory: ({memory}) => memory,
	cache: ({cache}) => cache,
	read: ({readBytes}) => readBytes,
	written: ({writtenBytes}) => writtenBytes,
	received: ({receivedBytes}) => receivedBytes,
	sent: ({sentBytes}) => sentBytes,
	throttled: ({throttledMicros}) => throttledMicros / 10_000,
	cpuPressure: ({pressure}) => pressure.cpuSome,
	memoryPressure: ({pressure}) => pressure.memorySome,
	ioPressure: ({pressure}) => pressure.ioSome,
};

/** Levels are shown by their mean, bursts by their peak: a mean over seconds would hide them. */
const peaks = new Set<Measure>(['read', 'written', 'received', 'sent', 'cpu', 'throttled', 'cpuPressure', 'memoryPressure', 'ioPressure']);

/**
 * The last `minutes` in `points` steps. A step begins at a multiple of its length, not at now: the chart moves once a step, and the
 * values that it has drawn stay what they were.
 */
export function toSeries(
	samples: readonly HistorySample[],
	measure: Measure,
	{minutes, points, now}: {readonly minutes: number; readonly points: number; readonly now: number},
): Series {
	const step = (minutes * 60) / points;
	const first = Math.floor(now / 1000 / step) - points;
	const series: Array<number | undefined> = Array.from({length: points}, () => undefined);
	const counts = Array.from({length: points}, () => 0);
	const read = valueOf[measure];
	// From the newest back: what lies before the chart is not looked at.
	for (let at = samples.length - 1; at >= 0; at--) {
		const sample = samples[at];
		if (sample === undefined || sample.time < first * step) break;
		const value = read(sample);
		// Of short steps a second fills more than one.
		const last = Math.min(points - 1, Math.max(Math.floor(sample.time / step), Math.ceil((sample.time + 1) / step) - 1) - first);
		for (let index = Math.max(0, Math.floor(sample.time / step) - first); index <= last; index++) {
			const before = series[index];
			const count = counts[index] ?? 0;
			series[index] = before === undefined ? value : peaks.has(measure) ? Math.max(before, value) : (before * count + value) / (count + 1);
			counts[index] = count + 1;
		}
	}
	return series;
}

export const peakOf = (...series: readonly Series[]): number => Math.max(0, ...series.flatMap(values => values.filter(value => value !== undefined)));
