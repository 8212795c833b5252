import Line, {type Series} from 'blessed-contrib/lib/widget/charts/line.js';

/** What a run of cells belongs to: a line by its index, or the frame of the chart. */
export type ChartPart = number | 'axis' | 'label';
export type ChartRun = {readonly part: ChartPart; readonly text: string};

/** `values` from left to right; undefined where nothing is known. At most eight series are told apart. */
export type ChartOptions = {
	readonly width: number;
	readonly height: number;
	readonly series: ReadonlyArray<ReadonlyArray<number | undefined>>;
	readonly maximum: number;
	/** How many steps the scale has. */
	readonly steps: number;
};

// The canvas knows eight colour names; they only mark here what a cell belongs to.
const seriesColors = ['red', 'green', 'yellow', 'blue', 'magenta'] as const;
const partOfColor: Readonly<Record<string, ChartPart>> = {'31': 0, '32': 1, '33': 2, '34': 3, '35': 4, '36': 'axis', '37': 'label'};

/** The widget keeps six columns and two rows to itself, and draws two rows of labels under its base line, which are cut off. */
const margin = {columns: 6, rows: 2, labels: 2};

/** Dots to the right of the scale: how many values a chart of this width can tell apart. */
export const chartPoints = (width: number, scaleWidth: number): number => Math.max(2, (width - scaleWidth - 1) * 2);

function parseRow(row: string): ChartRun[] {
	const runs: ChartRun[] = [];
	let part: ChartPart = 'label';
	for (const [, code, character] of row.matchAll(/\u001B\[(\d+)m|([^\u001B])/g)) {
		if (code !== undefined) {
			part = partOfColor[code] ?? part;
			continue;
		}
		const last = runs.at(-1);
		const text = character ?? '';
		// A blank has no colour: it goes on with what stands before it.
		if (last && (last.part === part || text === ' ')) runs[runs.length - 1] = {part: last.part, text: last.text + text};
		else runs.push({part, text});
	}
	return runs;
}

/** Lines that come up from nothing cross the base line: it stays straight. */
const straightBase = (runs: readonly ChartRun[]): ChartRun[] => [
	{
		part: 'axis',
		text: runs
			.map(({text}) => text)
			.join('')
			.replace(/\S/g, '⠒')
			.replace('⠒', '⠓'),
	},
];

/** Numbers of a scale stand under each other by their last digit. */
function alignLabel(runs: readonly ChartRun[]): ChartRun[] {
	const [first, ...others] = runs;
	return first?.part === 'label' ? [{part: 'label', text: `${first.text.trim().padStart(first.text.length - 1)} `}, ...others] : [...runs];
}

/** The chart as rows of runs, exactly `height` rows of `width` columns. */
export function drawLineChart({width, height, series, maximum, steps}: ChartOptions): ChartRun[][] {
	const line = new Line({
		width: width + margin.columns,
		height: height + margin.rows + margin.labels,
		minY: 0,
		maxY: maximum,
		numYLabels: steps,
		xPadding: 8,
		xLabelPadding: 1,
		showLegend: false,
		style: {text: 'white', baseline: 'cyan'},
	});
	line.emit('attach');
	// Far below the base line, where nothing is drawn.
	const nothing = -maximum * 2;
	// The widget draws three dots too high, above its own canvas: the highest values would vanish.
	const shrink = 1 - 3 / Math.max(4, height * 4 - 3);
	line.setData(
		series.map(
			(values, index): Series => ({
				title: String(index),
				x: values.map(() => ' '),
				y: values.map(value => (value === undefined ? nothing : Math.max(0, Math.min(maximum, value)) * shrink)),
				style: {line: seriesColors[index % seriesColors.length] ?? 'red'},
			}),
		),
	);
	const rows = line.ctx._canvas.frame().split('\n').slice(0, height).map(parseRow);
	return [...rows.slice(0, -1).map(alignLabel), straightBase(rows.at(-1) ?? [])];
}

/** The next of 1, 2, 5 times a power of `base` that is not below `value`: a scale that is read at a glance and rarely changes. */
export function niceMaximum(value: number, least: number): number {
	const wanted = Math.max(value, least);
	const power = 10 ** Math.floor(Math.log10(wanted));
	return ([1, 2, 5, 10].find(step => step * power >= wanted) ?? 10) * power;
}
