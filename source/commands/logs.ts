import {type LogEntry, readLogs} from '../../core/index.ts';
import type {FlagValues} from '../cli/flags.ts';
import {writeRaw} from '../cli/output.ts';
import {parseTime} from '../cli/time-flag.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER',
	description: 'Show the log of a container',
	args: [1, 1],
	flags: [
		{name: 'details', kind: 'bool', help: 'Show what else the log knows of a line'},
		{name: 'follow', short: 'f', kind: 'bool', help: 'Go on as the container writes'},
		{name: 'since', kind: 'string', help: 'Lines since a time (2026-01-31T12:00:00Z) or a duration ago (42m)'},
		{name: 'tail', short: 'n', kind: 'string', default: 'all', help: 'The last so many lines'},
		{name: 'timestamps', short: 't', kind: 'bool', help: 'Show when each line was written'},
		{name: 'tui', kind: 'bool', help: 'In the console, on a terminal'},
		{name: 'until', kind: 'string', help: 'Lines before a time or a duration ago'},
	],
	async run({flags, args: [name = ''], engine}) {
		const options = {
			follow: flags.bool('follow'),
			...(/^\d{1,15}$/.test(flags.text('tail')) && {tail: flags.int('tail')}),
			...(flags.given('since') && {since: timeOf(flags, 'since')}),
			...(flags.given('until') && {until: timeOf(flags, 'until')}),
		};
		const prefix = prefixOf(flags);
		for await (const entries of readLogs(engine(), name, options)) writeEntries(entries, prefix);
		return 0;
	},
};

function timeOf(flags: FlagValues, name: string): Date {
	try {
		return parseTime(flags.text(name));
	} catch (error) {
		throw new Error(`invalid value for "${name}": ${(error as Error).message}`, {cause: error});
	}
}

type Prefix = (entry: LogEntry) => string;

/** What stands before each line; undefined: nothing. */
function prefixOf(flags: FlagValues): Prefix | undefined {
	const [stamps, details] = [flags.bool('timestamps'), flags.bool('details')];
	if (!stamps && !details) return undefined;
	return ({time, attrs}) => `${stamps ? `${nanoseconds(time)} ` : ''}${details ? `${detailsOf(attrs)} ` : ''}`;
}

/** `key=value,key=value`, in the form of a query. */
const detailsOf = (attrs: LogEntry['attrs'] = {}): string =>
	Object.keys(attrs)
		.toSorted()
		.map(key => `${query(key)}=${query(attrs[key] ?? '')}`)
		.join(',');

const query = (text: string): string => encodeURIComponent(text).replace(/%20|[!'()*]/g, found => (found === '%20' ? '+' : `%${found.charCodeAt(0).toString(16).toUpperCase()}`));

/** All nine digits, so that times stand under each other. */
const nanoseconds = (time: string): string => time.replace(/(?:\.(\d+))?Z$/, (_, digits: string | undefined) => `.${(digits ?? '').padEnd(9, '0')}Z`);

/** One write for each run of lines of the same stream. */
function writeEntries(entries: readonly LogEntry[], prefix: Prefix | undefined): void {
	for (let at = 0; at < entries.length; ) {
		const stream = entries[at]?.stream;
		let text = '';
		for (let entry = entries[at]; entry !== undefined && entry.stream === stream; entry = entries[++at]) text += prefix === undefined ? entry.log : prefix(entry) + entry.log;
		writeRaw(stream === 'stderr' ? 2 : 1, Buffer.from(text));
	}
}
