import type {Flag} from './flags.ts';

export const formatFlag: Flag = {
	name: 'format',
	kind: 'string',
	help: "How to print each line:\n'table':            columns with headings (default)\n'table TEMPLATE':   columns made by a Go template\n'json':             one JSON object a line\n'TEMPLATE':         a Go template",
};

/** For verbs that print one object, and have a short form for it. */
export const objectFormatFlag: Flag = {name: 'format', short: 'f', kind: 'string', help: "How to print it:\n'json':             as JSON\n'TEMPLATE':         a Go template"};

export const filterFlag = (help: string): Flag => ({name: 'filter', short: 'f', kind: 'filter', help});
export const noTruncFlag: Flag = {name: 'no-trunc', kind: 'bool', help: "Don't truncate output"};
