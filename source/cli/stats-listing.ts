import type {ContainerSummary, StatsSample} from '../../core/index.ts';
import type {Listing} from './format.ts';
import {binarySize, humanSize, shortId} from './units.ts';

/** A container between two readings; without them it does not run, or has not been read twice yet. */
export type StatsRow = {readonly container: ContainerSummary; readonly before?: StatsSample | undefined; readonly now?: StatsSample | undefined; readonly asked: string};

const percent = (value: number): string => `${value.toFixed(2)}%`;

/** Share of one core, as Docker counts: two busy cores are 200 %. */
function cpuPercent({before, now}: StatsRow): number {
	if (before === undefined || now === undefined || now.at <= before.at) return 0;
	return Math.max(0, ((now.cpuMicros - before.cpuMicros) / ((now.at - before.at) * 1000)) * 100);
}

/** The columns of `stats`. */
export function statsListing(noTrunc: boolean): Listing<StatsRow> {
	const id = ({container}: StatsRow): string => (noTrunc ? container.id : shortId(container.id));
	return {
		subject: 'stats',
		table: ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'],
		columns: {
			BlockIO: {header: 'BLOCK I/O', value: ({now}) => `${humanSize(now?.readBytes ?? 0)} / ${humanSize(now?.writeBytes ?? 0)}`},
			CPUPerc: {header: 'CPU %', value: row => percent(cpuPercent(row))},
			Container: {header: 'CONTAINER', value: row => (row.asked === '' ? id(row) : row.asked)},
			ID: {header: 'CONTAINER ID', value: id},
			MemPerc: {header: 'MEM %', value: ({now}) => percent(now === undefined || now.memoryLimit === 0 ? 0 : (now.memory / now.memoryLimit) * 100)},
			MemUsage: {header: 'MEM USAGE / LIMIT', value: ({now}) => `${binarySize(now?.memory ?? 0)} / ${binarySize(now?.memoryLimit ?? 0)}`},
			Name: {header: 'NAME', value: ({container}) => container.name},
			NetIO: {header: 'NET I/O', value: ({now}) => `${humanSize(now?.rxBytes ?? 0)} / ${humanSize(now?.txBytes ?? 0)}`},
			PIDs: {header: 'PIDS', value: ({now}) => String(now?.pids ?? 0)},
		},
	};
}
