import {memo, type ReactNode} from 'react';
import {Box} from 'ink';
import inkTable from 'ink-table';
import {fit, truncateMiddle} from '../../terminal/width.ts';
import type {Ground, Role, Theme} from '../theme/theme.ts';
import type {FittedColumn} from './columns.ts';
import {Line} from './lines.tsx';

const Table = inkTable.default;

export type Cell = {readonly text: string; readonly role: Role};
export type Row = {readonly key: string; readonly cells: Readonly<Record<string, Cell>>; readonly ground: Ground};

export type RowTableProps = {
	readonly theme: Theme;
	readonly columns: readonly FittedColumn[];
	/** Those that are seen, in order. */
	readonly rows: readonly Row[];
	readonly width: number;
	readonly height: number;
	/** Drawn at both ends of each line. */
	readonly edge: string;
};

type LineProps = {readonly key: string; readonly columns: Array<{readonly key: string; readonly column: 'line'; readonly width: number}>; readonly data: {readonly line: string}};
type DrawLine = (props: LineProps) => ReactNode;

// A line whose text is the same is not drawn again, whatever happens around it.
const DrawnLine = memo(({draw, text}: {readonly draw: DrawLine; readonly text: string}) =>
	draw({key: 'line', columns: [{key: 'line', column: 'line', width: text.length}], data: {line: text}}),
);

const LineText = ({children}: {readonly children?: ReactNode}) => <Line text={typeof children === 'string' ? children : ''} />;
const NoSkeleton = () => null;

const headingOf = ({theme, columns}: RowTableProps): string => columns.map(({title, fitted, align}) => theme.paint('faint', fit(title, fitted, align))).join(' ');

function rowText({theme, columns}: RowTableProps, {cells, ground}: Row): string {
	const gap = theme.paint('text', ' ', ground);
	return columns
		.map(({name, fitted, align, middle}) => {
			const {text, role} = cells[name] ?? {text: '', role: 'text' as const};
			return theme.paint(role, fit(middle ? truncateMiddle(text, fitted) : text, fitted, align), ground);
		})
		.join(gap);
}

/**
 * ink-table builds the lines; the fitting of columns, the window of rows and the keys are ours. Each line is one text: a cell of its
 * own for each column would triple what a frame costs.
 */
class Rows extends Table<{line: string}> {
	declare props: {data: Array<{line: string}>; table: RowTableProps};

	override getConfig() {
		return {...super.getConfig(), columns: ['line' as const], padding: 0, header: LineText, cell: LineText, skeleton: NoSkeleton};
	}

	override render() {
		const {table} = this.props;
		const {rows, height, width, edge, theme} = table;
		const inside = (text: string, ground: Ground = 'plain'): string => theme.line(edge + theme.paint('text', ' ', ground) + text + theme.paint('text', ' ', ground) + edge);
		const blank = theme.line(edge + ' '.repeat(Math.max(0, width - 2)) + edge);
		return (
			<Box flexDirection="column">
				<DrawnLine draw={this.heading} text={inside(headingOf(table))} />
				{rows.map(row => (
					<DrawnLine key={row.key} draw={this.data} text={inside(rowText(table, row), row.ground)} />
				))}
				{Array.from({length: Math.max(0, height - rows.length)}, (_, index) => (
					<DrawnLine key={`blank ${index}`} draw={this.data} text={blank} />
				))}
			</Box>
		);
	}
}

export const RowTable = (props: RowTableProps) => <Rows data={[]} table={props} />;
