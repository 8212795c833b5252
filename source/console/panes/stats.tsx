import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {formatBytes, formatPercent, formatRate, formatShortRate} from '../format.ts';
import type {ContainerSummary, HistorySample, StatsSample} from '../store/engine-port.ts';
import type {Rect} from '../store/layout.ts';
import type {LiveStats, Task} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {chartPoints} from '../widgets/line-chart.ts';
import {Lines} from '../widgets/lines.tsx';
import {truncate} from '../../terminal/width.ts';
import {beside, byteUnit, type ChartBlock, drawChartBlock} from './chart-block.ts';
import {describeFacts} from './facts.ts';
import {type Measure, type Series, toSeries} from './series.ts';
import {drawTimeMarks, type TimeMark} from './time-marks.ts';

export type StatsProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly container: ContainerSummary | undefined;
	readonly live: LiveStats | undefined;
	/** Totals, limits and pressure, as the kernel counts them. */
	readonly counters: StatsSample | undefined;
	readonly task: Task | undefined;
	readonly history: readonly HistorySample[];
	readonly minutes: number;
	readonly frozen: boolean;
	/** Fills the screen: shows pressure and devices, too. */
	readonly full: boolean;
	/** What happened, and the time of the log line that is looked at. */
	readonly marks: readonly TimeMark[];
	readonly now: number;
};

const scaleWidth = 4;

/** The four charts. Numbers are live, lines are the past as the monitor has kept it. */
function chartBlocks({container, live, counters, history, minutes, now, full}: StatsProps, width: number): ChartBlock[] {
	const points = chartPoints(width, scaleWidth);
	const series = (measure: Measure) => toSeries(history, measure, {minutes, points, now});
	const second = live?.second;
	const limit = container?.resources.memory ? ` of ${formatBytes(container.resources.memory)}` : '';
	const throttled = live !== undefined && live.throttled >= 0.05 ? [{role: 'warn' as const, label: 'throttled', value: `${formatPercent(live.throttled)}%`}] : [];
	const value = (text: string | undefined): string => text ?? '–';
	const rate = width < 40 ? formatShortRate : formatRate;
	const blocks: ChartBlock[] = [
		{
			title: 'CPU',
			legends: [{role: 'cpu', label: '', value: value(live && `${formatPercent(live.cpu)}%`)}, ...throttled],
			series: [series('cpu')],
			unit: () => ({size: 1, name: '% of a core'}),
			least: 10,
		},
		{
			title: 'Memory',
			legends: [
				{role: 'memory', label: '', value: value(second && `${formatBytes(second.memory)}${limit}`)},
				{role: 'faint', label: 'cache', value: value(second && formatBytes(second.cache))},
			],
			series: [series('memory'), series('cache')],
			unit: byteUnit,
			least: 128 * 1024,
		},
		{
			title: 'Block I/O',
			legends: [
				{role: 'read', label: 'r', value: value(second && rate(second.readBytes))},
				{role: 'write', label: 'w', value: value(second && rate(second.writtenBytes))},
			],
			series: [series('read'), series('written')],
			unit: byteUnit,
			least: 10 * 1024,
		},
		{
			title: 'Network',
			legends: [
				{role: 'receive', label: '↓', value: value(second && rate(second.receivedBytes))},
				{role: 'send', label: '↑', value: value(second && rate(second.sentBytes))},
			],
			series: [series('received'), series('sent')],
			unit: byteUnit,
			least: 1024,
		},
	];
	return full ? [...blocks, ...hardship(live, counters, series)] : blocks;
}

/** What a container had to wait for, where the kernel tells. */
function hardship(live: LiveStats | undefined, counters: StatsSample | undefined, series: (measure: Measure) => Series): ChartBlock[] {
	const pressure = counters?.pressure;
	const value = (of: number | undefined): string => (of === undefined ? '–' : `${formatPercent(of)}%`);
	return [
		{
			title: 'Waiting for',
			legends: [
				{role: 'cpu', label: 'cpu', value: value(pressure?.cpuSome)},
				{role: 'memory', label: 'memory', value: value(pressure?.memorySome)},
				{role: 'write', label: 'io', value: value(pressure?.ioSome)},
			],
			series: [series('cpuPressure'), series('memoryPressure'), series('ioPressure')],
			unit: () => ({size: 1, name: '% of the time'}),
			least: 10,
		},
		{
			title: 'Held back',
			legends: [
				{role: 'warn', label: 'throttled', value: value(live?.throttled)},
				{role: 'faint', label: 'OOM kills', value: counters ? String(counters.oomKills) : '–'},
				{role: 'faint', label: 'swap', value: live ? formatBytes(live.second.swap) : '–'},
			],
			series: [series('throttled')],
			unit: () => ({size: 1, name: '% of a core'}),
			least: 10,
		},
	];
}

const devicesShown = 4;

/** Block I/O of each device: of the last second, and since the start. */
function deviceLines(theme: Theme, {live, counters}: StatsProps, width: number): string[] {
	const rates = new Map(live?.second.devices.map(rate => [rate.device, rate]));
	const totals = counters?.devices.filter(({readBytes, writeBytes}) => readBytes + writeBytes > 0) ?? [];
	return totals.slice(0, devicesShown).map(({device, readBytes, writeBytes}) => {
		const {readBytes: read = 0, writtenBytes: written = 0} = rates.get(device) ?? {};
		const now = `${device.padEnd(7)} r ${formatRate(read).padStart(11)}  w ${formatRate(written).padStart(11)}`;
		return theme.paint('text', truncate(now, width)) + theme.paint('faint', truncate(`   in all r ${formatBytes(readBytes)}  w ${formatBytes(writeBytes)}`, width - now.length));
	});
}

type Place = {readonly column: number; readonly columns: number};

const placeOf = (width: number): Place => (width >= 46 ? {column: Math.floor((width - 2) / 2), columns: 2} : {column: width, columns: 1});

/** Two by two where there is room, else one below the other, as many as fit with three rows at least. */
function arrange(props: StatsProps, width: number, height: number): string[] {
	const {theme} = props;
	const {column, columns} = placeOf(width);
	const blocks = chartBlocks(props, column);
	const rows = Math.max(1, Math.min(Math.ceil(blocks.length / columns), Math.floor(height / 4)));
	const heights = Array.from({length: rows}, (_, index) => Math.floor(height / rows) + (index < height % rows ? 1 : 0));
	return heights.flatMap((blockHeight, row) => {
		const [left = [], right = []] = blocks.slice(row * columns, (row + 1) * columns).map(block => drawChartBlock(theme, block, column, blockHeight));
		return columns === 1 ? left : beside(left, right, column, 2);
	});
}

function marksLine({theme, marks, minutes, now}: StatsProps, width: number): string {
	const {column, columns} = placeOf(width);
	const line = drawTimeMarks(theme, marks, column, {scaleWidth, minutes, now});
	return columns === 1 ? line : (beside([line], [line], column, 2)[0] ?? '');
}

const windowName = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

export const StatsPane = memo((props: StatsProps) => {
	const {theme, rect, focused, container, minutes, frozen, now, task} = props;
	const width = rect.width - 4;
	const right = [frozen ? theme.paint('warn', 'frozen') : '', theme.paint('faint', `last ${windowName(minutes)}`)].filter(text => text !== '').join('  ');
	const spec = {...rect, digit: '3', title: container ? `Stats · ${sanitizeLine(container.name)}` : 'Stats', right, focused};
	if (!container) return <Lines lines={drawFrame(theme, spec, centered(theme, rect.width - 2, rect.height - 2, ['Nothing selected']))} />;
	const facts = describeFacts(theme, container, {live: props.live, counters: props.counters, task, now, width, lines: rect.height > 11 ? 2 : 1});
	const devices = props.full ? deviceLines(theme, props, width) : [];
	const marks = rect.height > 13 ? [marksLine(props, width)] : [];
	const charts = arrange(props, width, rect.height - 2 - facts.length - devices.length - marks.length);
	return (
		<Lines
			lines={drawFrame(
				theme,
				spec,
				[...facts, ...devices, ...charts, ...marks].map(line => ` ${line}`),
			)}
		/>
	);
});
