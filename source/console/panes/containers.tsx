import {memo} from 'react';
import {Box} from 'ink';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {formatAge, formatPercent, formatShortBytes} from '../format.ts';
import type {Rect} from '../store/layout.ts';
import {listHeight} from '../store/layout.ts';
import {isLive} from '../store/select.ts';
import type {ContainerSummary} from '../store/engine-port.ts';
import type {ListState, LiveStats, Settings, Task} from '../store/state.ts';
import {stateMarks} from '../theme/symbols.ts';
import type {Role, Theme} from '../theme/theme.ts';
import {type ColumnSpec, type FittedColumn, fitColumns} from '../widgets/columns.ts';
import {centered, drawFrame, edgeOf, frameBottom, frameTop} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {type Cell, type Row, RowTable} from '../widgets/row-table.tsx';
import {drawSparkline} from '../widgets/sparkline.ts';
import {listFooter, listTitle} from './list-title.ts';
import {taskWords} from './task-words.ts';

export const trendWidth = 8;

const columns: readonly ColumnSpec[] = [
	{name: 'mark', title: '', width: 1, keep: 100},
	{name: 'name', middle: true, title: 'NAME', width: 10, grow: 3, keep: 100},
	{name: 'status', title: 'STATUS', width: 17, keep: 90},
	{name: 'cpu', title: 'CPU%', width: 5, align: 'right', keep: 80},
	{name: 'trend', title: '', width: trendWidth, keep: 60},
	{name: 'memory', title: 'MEM', width: 6, align: 'right', keep: 70},
	{name: 'image', middle: true, title: 'IMAGE', width: 16, grow: 2, keep: 50},
	{name: 'ports', title: 'PORTS', width: 16, keep: 40},
	{name: 'network', title: 'NET RX/TX', width: 13, align: 'right', keep: 30},
	{name: 'io', title: 'I/O R/W', width: 13, align: 'right', keep: 29},
	{name: 'pids', title: 'PIDS', width: 5, align: 'right', keep: 20},
	{name: 'id', title: 'ID', width: 12, keep: 10},
];

export function describeStatus(container: ContainerSummary, now: number): string {
	const {status, startedAt, finishedAt, createdAt, exitCode, health} = container;
	const up = formatAge(startedAt, now);
	switch (status) {
		case 'running':
			return `Up ${up}${health === undefined ? '' : health === 'healthy' ? ' ✔' : health === 'unhealthy' ? ' ✘' : ' …'}`;
		case 'paused':
			return `Paused ${up}`;
		case 'exited':
			return `Exited (${exitCode ?? '?'}) ${formatAge(finishedAt, now)}`;
		case 'created':
			return `Created ${formatAge(createdAt, now)}`;
		default:
			return status.slice(0, 1).toUpperCase() + status.slice(1);
	}
}

const loadRole = (cpu: number): Role => (cpu >= 80 ? 'bad' : cpu >= 40 ? 'warn' : 'text');

const ports = ({ports: published}: ContainerSummary): string =>
	published
		.filter(({hostPort}) => hostPort !== undefined)
		.map(({hostPort, containerPort, protocol}) => `${hostPort}→${containerPort}${protocol === 'tcp' ? '' : `/${protocol}`}`)
		.join(' ');

function statusCell(container: ContainerSummary, task: Task | undefined, now: number): Cell {
	if (task) return {text: taskWords(task, now), role: 'busy'};
	const failed = container.status === 'exited' && (container.exitCode ?? 0) !== 0;
	return {text: describeStatus(container, now), role: failed ? 'warn' : isLive(container) ? 'muted' : 'faint'};
}

type Moment = {
	readonly stats: LiveStats | undefined;
	readonly task: Task | undefined;
	readonly now: number;
	readonly marked: boolean /** Processors that a percent is of. */;
	readonly share: number;
};

function cellsOf(container: ContainerSummary, {stats, task, now, marked, share}: Moment): Record<string, Cell> {
	const {mark, role} = marked ? {mark: '▌', role: 'key' as const} : task ? {mark: '◐', role: 'busy' as const} : stateMarks[container.status];
	const live = isLive(container) && stats !== undefined;
	const cells: Record<string, Cell> = {
		mark: {text: mark, role},
		name: {text: sanitizeLine(container.name), role: isLive(container) ? 'strong' : 'muted'},
		status: statusCell(container, task, now),
		image: {text: sanitizeLine(container.image), role: 'muted'},
		ports: {text: ports(container), role: 'muted'},
		id: {text: container.id.slice(0, 12), role: 'faint'},
	};
	if (!live) return cells;
	const {second} = stats;
	const limit = container.resources.memory ?? 0;
	return {
		...cells,
		cpu: {text: formatPercent(stats.cpu / share), role: loadRole(stats.cpu)},
		trend: {text: drawSparkline(stats.trend, trendWidth, 100), role: 'cpu'},
		memory: {text: formatShortBytes(second.memory), role: limit > 0 && second.memory / limit > 0.9 ? 'bad' : 'text'},
		network: {text: `${formatShortBytes(second.receivedBytes)}/${formatShortBytes(second.sentBytes)}`, role: 'muted'},
		io: {text: `${formatShortBytes(second.readBytes)}/${formatShortBytes(second.writtenBytes)}`, role: 'muted'},
		pids: {text: String(second.pids), role: 'muted'},
	};
}

export type ContainersProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly loaded: boolean;
	readonly containers: readonly ContainerSummary[];
	readonly total: number;
	readonly showStopped: boolean;
	readonly list: ListState;
	readonly stats: ReadonlyMap<string, LiveStats>;
	readonly tasks: ReadonlyMap<string, Task>;
	/** Columns that were put away. */
	readonly hidden: readonly string[];
	readonly settings: Settings;
	/** Processors of the host. */
	readonly host: number;
	readonly now: number;
};

function toRows({containers, list, stats, tasks, now, focused, rect, settings, host}: ContainersProps): Row[] {
	const share = settings.cpuOf === 'host' ? host : 1;
	return containers.slice(list.top, list.top + listHeight(rect)).map(container => ({
		key: container.id,
		cells: cellsOf(container, {stats: stats.get(container.id), task: tasks.get(container.id), now, marked: list.marks.has(container.id), share}),
		ground: container.id !== list.selected ? 'plain' : focused ? 'selected' : 'marked',
	}));
}

type Fitted = {readonly width: number; readonly hidden: readonly string[]; readonly fitted: readonly FittedColumn[]};
let fittedFor: Fitted | undefined;
const fittedColumns = (width: number, hidden: readonly string[]): readonly FittedColumn[] => {
	if (fittedFor?.width !== width || fittedFor.hidden !== hidden)
		fittedFor = {
			width,
			hidden,
			fitted: fitColumns(
				columns.filter(({name}) => !hidden.includes(name)),
				width,
			),
		};
	return fittedFor.fitted;
};

function emptyWords({loaded, total, list, showStopped}: ContainersProps): string[] {
	if (!loaded) return ['Reading the containers…'];
	if (list.filter !== '') return [`Nothing matches “${list.filter}”`, 'Esc clears the filter'];
	if (total > 0 && !showStopped) return ['No container runs', 'a shows the stopped ones'];
	return ['No containers yet', 'hawser run -d --name web IMAGE', 'makes one; it appears here by itself'];
}

export const ContainersPane = memo((props: ContainersProps) => {
	const {theme, rect, focused, containers, list, total, showStopped} = props;
	const hidden = total - containers.length;
	const spec = {
		...rect,
		digit: '1',
		title: listTitle('Containers', list),
		right: hidden > 0 ? theme.paint('faint', `${hidden} ${showStopped ? 'filtered' : 'hidden'}`) : '',
		footer: listFooter(theme, list, containers.length, list.marks.size),
		focused,
	};
	if (containers.length === 0) return <Lines lines={drawFrame(theme, spec, centered(theme, rect.width - 2, rect.height - 2, emptyWords(props)))} />;
	return (
		<Box flexDirection="column">
			<Lines lines={[frameTop(theme, spec)]} />
			<RowTable
				theme={theme}
				columns={fittedColumns(rect.width - 4, props.hidden)}
				rows={toRows(props)}
				width={rect.width}
				height={listHeight(rect)}
				edge={edgeOf(theme, focused)}
			/>
			<Lines lines={[frameBottom(theme, spec)]} />
		</Box>
	);
});
