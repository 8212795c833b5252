import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {formatBytes, formatPercent, formatRate, formatShortRate} from '../format.ts';
import type {ContainerSummary, HistorySample} from '../store/engine-port.ts';
import type {Rect} from '../store/layout.ts';
import type {LiveStats, Task} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {chartPoints} from '../widgets/line-chart.ts';
import {Lines} from '../widgets/lines.tsx';
import {beside, byteUnit, type ChartBlock, drawChartBlock} from './chart-block.ts';
import {describeFacts} from './facts.ts';
import {type Measure, toSeries} from './series.ts';

export type StatsProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly container: ContainerSummary | undefined;
	readonly live: LiveStats | undefined;
	readonly task: Task | undefined;
	readonly history: readonly HistorySample[];
	readonly minutes: number;
	readonly frozen: boolean;
	/** Fills the screen: shows pressure and devices, too. */
	readonly full: boolean;
	readonly now: number;
};

const scaleWidth = 4;

/** The four charts. Numbers are live, lines are the past as the monitor has kept it. */
function chartBlocks({container, live, history, minutes, now}: StatsProps, width: number): ChartBlock[] {
	const points = chartPoints(width, scaleWidth);
	const series = (measure: Measure) => toSeries(history, measure, {minutes, points, now});
	const sample = live?.sample;
	const limit = sample !== undefined && container?.resources.memory ? ` of ${formatBytes(sample.memoryLimit)}` : '';
	const throttled = live !== undefined && live.throttled >= 0.05 ? [{role: 'warn' as const, label: 'throttled', value: `${formatPercent(live.throttled)}%`}] : [];
	const value = (text: string | undefined): string => text ?? '–';
	const rate = width < 40 ? formatShortRate : formatRate;
	return [
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
				{role: 'memory', label: '', value: value(sample && `${formatBytes(sample.memory)}${limit}`)},
				{role: 'faint', label: 'cache', value: value(sample && formatBytes(sample.memoryCache))},
			],
			series: [series('memory'), series('cache')],
			unit: byteUnit,
			least: 128 * 1024,
		},
		{
			title: 'Block I/O',
			legends: [
				{role: 'read', label: 'r', value: value(live && rate(live.read))},
				{role: 'write', label: 'w', value: value(live && rate(live.written))},
			],
			series: [series('read'), series('written')],
			unit: byteUnit,
			least: 10 * 1024,
		},
		{
			title: 'Network',
			legends: [
				{role: 'receive', label: '↓', value: value(live && rate(live.received))},
				{role: 'send', label: '↑', value: value(live && rate(live.sent))},
			],
			series: [series('received'), series('sent')],
			unit: byteUnit,
			least: 1024,
		},
	];
}

/** Two by two where there is room, else one below the other, as many as fit with three rows at least. */
function arrange(props: StatsProps, width: number, height: number): string[] {
	const {theme} = props;
	const wide = width >= 46;
	const column = wide ? Math.floor((width - 2) / 2) : width;
	const blocks = chartBlocks(props, column);
	const rows = wide ? 2 : Math.max(1, Math.min(4, Math.floor(height / 4)));
	const heights = Array.from({length: rows}, (_, index) => Math.floor(height / rows) + (index < height % rows ? 1 : 0));
	if (wide) {
		return heights.flatMap((blockHeight, row) => {
			const [left, right] = blocks.slice(row * 2, row * 2 + 2).map(block => drawChartBlock(theme, block, column, blockHeight));
			return beside(left ?? [], right ?? [], column, 2);
		});
	}
	return blocks.slice(0, rows).flatMap((block, index) => drawChartBlock(theme, block, column, heights[index] ?? 3));
}

const windowName = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

export const StatsPane = memo((props: StatsProps) => {
	const {theme, rect, focused, container, minutes, frozen, now, task} = props;
	const width = rect.width - 4;
	const right = [frozen ? theme.paint('warn', 'frozen') : '', theme.paint('faint', `last ${windowName(minutes)}`)].filter(text => text !== '').join('  ');
	const spec = {...rect, digit: '3', title: container ? `Stats · ${sanitizeLine(container.name)}` : 'Stats', right, focused};
	if (!container) return <Lines lines={drawFrame(theme, spec, centered(theme, rect.width - 2, rect.height - 2, ['Nothing selected']))} />;
	const facts = describeFacts(theme, container, {live: props.live, task, now, width, lines: rect.height > 11 ? 2 : 1});
	const charts = arrange(props, width, rect.height - 2 - facts.length);
	return (
		<Lines
			lines={drawFrame(
				theme,
				spec,
				[...facts, ...charts].map(line => ` ${line}`),
			)}
		/>
	);
});
