import {alignColumns} from './columns.ts';
import type {Listing} from './format.ts';
import {compileTemplate, type Template, type TemplateOptions} from './template/evaluator.ts';
import type {Value} from './template/values.ts';

type Row = Record<string, Value>;

/** In headings these change nothing: `{{upper .Names}}` stands over `NAMES`. */
const same = (value: Value): Value => value;
const headerFunctions: TemplateOptions['functions'] = {json: same, split: same, join: same, title: same, lower: same, upper: same, truncate: same, pad: same};

/** `json`, a template, or `table` and a template. */
export function renderTemplate<T>(listing: Listing<T>, items: readonly T[], format: string): string {
	const isTable = format.startsWith('table');
	const source = (format === 'raw' && listing.raw !== undefined ? listing.raw : format === 'json' ? '{{json .}}' : isTable ? format.slice('table'.length) : format)
		.trim()
		.replaceAll('\\t', '\t')
		.replaceAll('\\n', '\n');
	const render = compileTemplate(source, {subject: listing.subject});
	if (items.length === 0 && !isTable) checkFields(listing, source);
	const lines = items.map(item => render(rowOf(listing, item)));
	if (!isTable) return lines.map(line => `${line}\n`).join('');
	return alignColumns([compileTemplate(source, {functions: headerFunctions ?? {}})(headingsOf(listing)), ...lines, ''].join('\n'));
}

/** A name that no row has is a mistake, also while there is no row. */
function checkFields<T>(listing: Listing<T>, source: string): void {
	try {
		compileTemplate(source, {subject: listing.subject, functions: headerFunctions ?? {}})(headingsOf(listing));
	} catch (error) {
		// A heading is text where a row may have a number or a list: other complaints say nothing of the template.
		if (/can't evaluate field \w+ in type (?!string)/.test((error as Error).message)) throw error;
	}
}

function rowOf<T>({columns, methods = {}}: Listing<T>, item: T): Row {
	const row: Row = {toJSON: () => jsonOf(columns, item)};
	for (const [name, {value}] of Object.entries(columns)) row[name] = () => value(item);
	for (const [name, {value}] of Object.entries(methods)) row[name] = (argument: Value) => value(item, String(argument));
	return row;
}

const jsonOf = <T>(columns: Listing<T>['columns'], item: T): Row =>
	Object.fromEntries(
		Object.keys(columns)
			.toSorted()
			.map(name => [name, (columns[name]?.json ?? columns[name]?.value)?.(item)]),
	);

function headingsOf<T>({columns, methods = {}}: Listing<T>): Row {
	const row: Row = {toJSON: () => 'JSON'};
	for (const [name, {header}] of Object.entries(columns)) row[name] = header;
	for (const [name, {header}] of Object.entries(methods)) row[name] = (argument: Value) => header(String(argument));
	return row;
}

/** One object by a template of the user's: `version`, `info`, `inspect`. */
export const compileObject = (format: string): Template => compileTemplate(format);
