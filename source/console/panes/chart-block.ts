import {fit, widthOf} from '../../terminal/width.ts';
import type {Role, Theme} from '../theme/theme.ts';
import {type ChartPart, drawLineChart, niceMaximum} from '../widgets/line-chart.ts';
import {peakOf, type Series} from './series.ts';

export type Legend = {readonly role: Role; readonly label: string; readonly value: string};

export type ChartBlock = {
	readonly title: string;
	readonly legends: readonly Legend[];
	readonly series: readonly Series[];
	/** What one unit of the scale is worth: 1 for percents, 2^20 for MiB. */
	readonly unit: (peak: number) => {readonly size: number; readonly name: string};
	/** The scale never ends below. */
	readonly least: number;
};

export const byteUnit = (peak: number): {readonly size: number; readonly name: string} => {
	const index = Math.max(0, Math.min(3, Math.floor(Math.log2(Math.max(peak, 1)) / 10)));
	return {size: 1024 ** index, name: ['B', 'KiB', 'MiB', 'GiB'][index] ?? 'B'};
};

function heading(theme: Theme, {title, legends}: ChartBlock, unit: string, width: number): string {
	const parts = legends.map(({role, label, value}) => ({role, text: label === '' ? value : `${label} ${value}`}));
	let line = theme.paint('title', title);
	let used = widthOf(title);
	for (const {role, text} of parts) {
		if (used + text.length + 2 > width) break;
		line += `  ${theme.paint(role, text)}`;
		used += text.length + 2;
	}
	const scale = used + unit.length + 3 <= width ? theme.paint('faint', unit.padStart(width - used)) : ' '.repeat(Math.max(0, width - used));
	return line + scale;
}

const roleOf = (part: ChartPart, legends: readonly Legend[]): Role => (part === 'axis' ? 'border' : part === 'label' ? 'faint' : (legends[part]?.role ?? 'text'));

/** As many steps as there is room for, at whole numbers. */
const scaleSteps = (maximum: number, rows: number): number =>
	[5, 4, 2].find(steps => steps * 2 <= rows && Number.isInteger(maximum / steps)) ?? (maximum >= 2 && rows >= 3 ? 2 : 1);

type Drawn = {readonly key: string; readonly rows: readonly string[]};
const drawnBefore = new Map<string, Drawn>();

/** A heading and a chart, `height` rows of `width` columns. What has not changed is not drawn again. */
export function drawChartBlock(theme: Theme, block: ChartBlock, width: number, height: number): string[] {
	const peak = peakOf(...block.series);
	const unit = block.unit(Math.max(peak, block.least));
	const maximum = niceMaximum(peak / unit.size, block.least / unit.size);
	const head = heading(theme, block, unit.name, width);
	if (height < 3) return [head];
	const key = JSON.stringify([theme.name, theme.logColors, width, height, maximum, block.series]);
	let drawn = drawnBefore.get(block.title);
	if (drawn?.key !== key) {
		const scaled = block.series.map(values => values.map(value => (value === undefined ? undefined : value / unit.size)));
		const rows = drawLineChart({width, height: height - 1, series: scaled, maximum, steps: scaleSteps(maximum, height - 2)});
		drawn = {key, rows: rows.map(runs => runs.map(({part, text}) => theme.paint(roleOf(part, block.legends), text)).join(''))};
		drawnBefore.set(block.title, drawn);
	}
	return [head, ...drawn.rows];
}

/** Two blocks side by side. */
export const beside = (left: readonly string[], right: readonly string[], width: number, gap: number): string[] =>
	Array.from({length: Math.max(left.length, right.length)}, (_, index) => {
		const text = left[index] ?? '';
		return text + ' '.repeat(Math.max(0, width - widthOf(text)) + gap) + (right[index] ?? '');
	});

export const blankLine = (width: number): string => fit('', width);
