import {memo} from 'react';
import {Box} from 'ink';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {truncate} from '../../terminal/width.ts';
import type {Rect} from '../store/layout.ts';
import {listHeight} from '../store/layout.ts';
import type {Sheet, SheetRow} from '../store/sheet.ts';
import type {ListState} from '../store/state.ts';
import type {TabSpec} from '../tabs/tab.ts';
import type {Theme} from '../theme/theme.ts';
import {fitColumns} from '../widgets/columns.ts';
import {centered, drawFrame, edgeOf, frameBottom, frameTop} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {type Cell, type Row, RowTable} from '../widgets/row-table.tsx';
import {listFooter, listTitle} from './list-title.ts';

export type SheetProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly spec: TabSpec;
	readonly title: string;
	readonly sheet: Sheet;
	readonly rows: readonly SheetRow[];
	readonly list: ListState;
	readonly marks: ReadonlySet<string>;
};

const foldMarks = {open: '▾ ', closed: '▸ '} as const;

/** A tree shows in its first column how deep a row lies. */
function cellsOf({node, depth, fold}: SheetRow, first: string, isTree: boolean, marked: boolean): Record<string, Cell> {
	const entries = Object.entries(node.cells).map(([name, {text, role}]): [string, Cell] => {
		const lead = name === first && isTree ? `${'  '.repeat(depth)}${fold ? foldMarks[fold] : '  '}` : '';
		return [name, {text: lead + sanitizeLine(text), role}];
	});
	return {...Object.fromEntries(entries), mark: {text: marked ? '▌' : '', role: 'key'}};
}

function toRows({rows, list, rect, focused, spec, marks}: SheetProps): Row[] {
	const first = spec.columns?.[0]?.name ?? '';
	const isTree = rows.some(({fold, depth}) => fold !== undefined || depth > 0);
	return rows.slice(list.top, list.top + listHeight(rect)).map(row => ({
		key: row.node.key,
		cells: cellsOf(row, first, isTree, marks.has(row.node.key)),
		ground: row.node.key !== list.selected ? 'plain' : focused ? 'selected' : 'marked',
	}));
}

const markColumn = {name: 'mark', title: '', width: 1, keep: 1000} as const;

function emptyWords({sheet, list, spec}: SheetProps): string[] {
	if (!sheet.loaded) return ['Reading…'];
	if (sheet.problem !== undefined) return [sanitizeLine(sheet.problem), 'Ctrl-r tries again'];
	if (list.filter !== '') return [`Nothing matches “${list.filter}”`, 'Esc clears the filter'];
	return [spec.empty ?? 'There is nothing here'];
}

/** Any table or tree that fills the screen. */
export const SheetView = memo((props: SheetProps) => {
	const {theme, rect, focused, spec, title, sheet, rows, list, marks} = props;
	const frame = {
		...rect,
		title: listTitle(title, list),
		right:
			sheet.problem !== undefined && rows.length > 0 ? theme.paint('bad', truncate(sanitizeLine(sheet.problem), Math.floor(rect.width / 2))) : theme.paint('faint', sheet.note),
		footer: listFooter(theme, list, rows.length, marks.size),
		focused,
	};
	if (rows.length === 0) return <Lines lines={drawFrame(theme, frame, centered(theme, rect.width - 2, rect.height - 2, emptyWords(props)))} />;
	const columns = [...(marks.size > 0 ? [markColumn] : []), ...(spec.columns ?? [])];
	return (
		<Box flexDirection="column">
			<Lines lines={[frameTop(theme, frame)]} />
			<RowTable theme={theme} columns={fitColumns(columns, rect.width - 4)} rows={toRows(props)} width={rect.width} height={listHeight(rect)} edge={edgeOf(theme, focused)} />
			<Lines lines={[frameBottom(theme, frame)]} />
		</Box>
	);
});
