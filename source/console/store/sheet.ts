import type {Role} from '../theme/palette.ts';
import {createFilter, type Fields} from './filter.ts';
import type {ListState, Target} from './state.ts';

/** A cell of a table; `sort` where its order is not that of its text. */
export type SheetCell = {readonly text: string; readonly role: Role; readonly sort?: number};

/** A row of a table or of a tree. `lazy`: there are children, to be read when it is opened. */
export type SheetNode = {
	readonly key: string;
	readonly cells: Readonly<Record<string, SheetCell>>;
	readonly children?: readonly SheetNode[];
	readonly lazy?: boolean;
	/** What Enter and the acts on this row are about. */
	readonly target?: Target;
};

export type SheetRow = {readonly node: SheetNode; readonly depth: number; readonly fold: 'open' | 'closed' | undefined};

/** The rows of the tab that is looked at, as they were read. */
export type Sheet = {
	readonly nodes: readonly SheetNode[];
	readonly open: ReadonlySet<string>;
	readonly loaded: boolean;
	/** Said in the lower edge. */
	readonly note: string;
	readonly problem: string | undefined;
};

export const emptySheet: Sheet = {nodes: [], open: new Set(), loaded: false, note: '', problem: undefined};

const hasChildren = ({children, lazy}: SheetNode): boolean => lazy === true || (children !== undefined && children.length > 0);

function flatten(nodes: readonly SheetNode[], open: ReadonlySet<string>, depth: number, rows: SheetRow[]): SheetRow[] {
	for (const node of nodes) {
		const isOpen = open.has(node.key);
		rows.push({node, depth, fold: hasChildren(node) ? (isOpen ? 'open' : 'closed') : undefined});
		if (isOpen && node.children) flatten(node.children, open, depth + 1, rows);
	}
	return rows;
}

const fieldsOf = ({cells}: SheetNode): Fields => ({
	text: Object.values(cells).map(({text}) => text),
	named: Object.fromEntries(Object.entries(cells).map(([name, {text}]) => [name, text])),
	labels: {},
});

/** Rows that match, wherever they are, under the rows that lead to them; one that matches and is open shows all that is in it. */
function flattenMatching(nodes: readonly SheetNode[], open: ReadonlySet<string>, matches: (fields: Fields) => boolean, depth: number): SheetRow[] {
	return nodes.flatMap(node => {
		const found = matches(fieldsOf(node));
		const isOpen = found && open.has(node.key);
		const below = isOpen ? flatten(node.children ?? [], open, depth + 1, []) : flattenMatching(node.children ?? [], open, matches, depth + 1);
		if (below.length === 0 && !found) return [];
		return [{node, depth, fold: hasChildren(node) ? (isOpen || below.length > 0 ? ('open' as const) : ('closed' as const)) : undefined}, ...below];
	});
}

const collator = new Intl.Collator('en', {numeric: true});

function compare(a: SheetCell | undefined, b: SheetCell | undefined): number {
	if (a?.sort !== undefined && b?.sort !== undefined) return b.sort - a.sort;
	return collator.compare(a?.text ?? '', b?.text ?? '');
}

/** What is seen of a sheet, in order. An order is for each level of a tree; without one it is as it was read. */
export function sheetRows({nodes, open}: Sheet, {filter, sort, reverse}: Pick<ListState, 'filter' | 'sort' | 'reverse'>): readonly SheetRow[] {
	const order = (list: readonly SheetNode[]): readonly SheetNode[] => {
		const sorted = sort === '' ? list : list.toSorted((a, b) => compare(a.cells[sort], b.cells[sort]) * (reverse ? -1 : 1));
		return sorted.map(node => (node.children && sort !== '' ? {...node, children: order(node.children)} : node));
	};
	const ordered = order(nodes);
	return filter === '' ? flatten(ordered, open, 0, []) : flattenMatching(ordered, open, createFilter(filter), 0);
}

/** The same tree with other children below one row. */
export function withChildren(nodes: readonly SheetNode[], key: string, children: readonly SheetNode[]): readonly SheetNode[] {
	return nodes.map(node => {
		if (node.key === key) return {...node, lazy: false, children};
		return node.children && key.startsWith(`${node.key}/`) ? {...node, children: withChildren(node.children, key, children)} : node;
	});
}
