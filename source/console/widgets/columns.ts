/** A column of a table. Columns with a lower `keep` go first when there is no room; those with `grow` share what is left. */
export type ColumnSpec = {
	readonly name: string;
	readonly title: string;
	readonly width: number;
	readonly grow?: number;
	readonly align?: 'left' | 'right' /** A long text keeps both its ends. */;
	readonly middle?: boolean;
	readonly keep: number;
};
export type FittedColumn = ColumnSpec & {readonly fitted: number};

const sum = (columns: readonly ColumnSpec[], of: (column: ColumnSpec) => number): number => columns.reduce((total, column) => total + of(column), 0);

/** The columns that fit `width` with one blank between them, and their widths. */
export function fitColumns(columns: readonly ColumnSpec[], width: number): FittedColumn[] {
	let kept = [...columns];
	const needed = (): number => sum(kept, column => column.width) + Math.max(0, kept.length - 1);
	while (kept.length > 1 && needed() > width) {
		const least = Math.min(...kept.map(({keep}) => keep));
		kept = kept.filter(({keep}) => keep !== least);
	}
	const spare = Math.max(0, width - needed());
	const shares = sum(kept, ({grow = 0}) => grow);
	let given = 0;
	const fitted = kept.map(column => {
		const extra = shares === 0 ? 0 : Math.floor((spare * (column.grow ?? 0)) / shares);
		given += extra;
		return {...column, fitted: column.width + extra};
	});
	const growing = fitted.findIndex(({grow = 0}) => grow > 0);
	const first = fitted[growing];
	if (first) fitted[growing] = {...first, fitted: first.fitted + spare - given};
	return fitted;
}
