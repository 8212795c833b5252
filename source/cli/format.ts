import {alignColumns} from './columns.ts';

/** A column of a list: its heading, and its value for a row. */
export type Column<T> = {
	readonly header: string;
	readonly value: (item: T) => unknown;
	/** Where JSON says it in another way. */
	readonly json?: (item: T) => unknown;
};

export type Listing<T> = {
	/** What a sentence calls a row. */
	readonly subject: string;
	/** By the name that templates use. */
	readonly columns: Readonly<Record<string, Column<T>>>;
	/** Methods with an argument, such as `.Label "key"`; they are no part of the JSON. */
	readonly methods?: Readonly<Record<string, {readonly header: (argument: string) => string; readonly value: (item: T, argument: string) => unknown}>>;
	/** The template that Docker calls `raw`. */
	readonly raw?: string;
	/** Names of the columns of the plain table. */
	readonly table: readonly string[];
};

/** Renders a list as Docker's `--format` says; '' and `table`: the plain table. */
export async function renderList<T>(listing: Listing<T>, items: readonly T[], format: string): Promise<string> {
	if (format === '' || format === 'table') return renderTable(listing, items, listing.table);
	return (await import('./format-template.ts')).renderTemplate(listing, items, format);
}

/** The whole table in one go: this is the way of a plain `ps`. */
export function renderTable<T>({columns}: Listing<T>, items: readonly T[], names: readonly string[]): string {
	const lines = [names.map(name => columns[name]?.header ?? name), ...items.map(item => names.map(name => oneLine(columns[name]?.value(item))))];
	return `${alignColumns(lines.map(cells => cells.join('\t')).join('\n'))}\n`;
}

/** A tab or newline from outside would break the table. */
const oneLine = (value: unknown): string => (typeof value === 'string' ? value.replace(/[\t\n]/g, ' ') : value === undefined || value === null ? '' : JSON.stringify(value));
