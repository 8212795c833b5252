/** `some avg10=1.23 …`: the share of time over the last ten seconds, in percent. */
export const pressureOf = (text: string, kind: 'some' | 'full'): number => Number(new RegExp(`^${kind} avg10=([0-9.]+)`, 'm').exec(text)?.[1] ?? 0);

export type Pressure = {readonly cpuSome: number; readonly memorySome: number; readonly memoryFull: number; readonly ioSome: number; readonly ioFull: number};

/** undefined where the kernel does not measure it. */
export function readPressure(read: (subject: 'cpu' | 'memory' | 'io') => string): Pressure | undefined {
	const [cpu, memory, io] = [read('cpu'), read('memory'), read('io')];
	if (cpu === '' && memory === '' && io === '') return undefined;
	return {
		cpuSome: pressureOf(cpu, 'some'),
		memorySome: pressureOf(memory, 'some'),
		memoryFull: pressureOf(memory, 'full'),
		ioSome: pressureOf(io, 'some'),
		ioFull: pressureOf(io, 'full'),
	};
}
