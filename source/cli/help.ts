import {flagHead} from './flag-head.ts';
import type {Flag} from './flags.ts';
import type {Verb, VerbEntry} from './verb.ts';
import {groups, verbs} from './verbs.ts';

const DEFAULT_WIDTH = 80;
/** A line may be this much longer rather than break before a short last word. */
const SLOP = 5;

function showDefault({default: value, kind}: Flag): string {
	if (value === undefined || value === '' || value === 'false' || value === '0') return '';
	return ` (default ${kind === 'string' ? JSON.stringify(value) : value})`;
}

function wrapLine(text: string, width: number): string[] {
	if (text.length < width + SLOP) return [text];
	const at = text.slice(0, width).lastIndexOf(' ');
	return at <= 0 ? [text] : [text.slice(0, at), ...wrapLine(text.slice(at + 1), width)];
}

/** Flags under each other, their texts wrapped in a column of their own. */
export function flagHelp(flags: readonly Flag[], width = DEFAULT_WIDTH): string {
	const shown = flags.filter(flag => flag.hidden !== true).toSorted((a, b) => (a.name < b.name ? -1 : 1));
	const indent = Math.max(...shown.map(flag => flagHead(flag).length)) + 3;
	const room = Math.max(24, width - 1 - indent - SLOP);
	return shown
		.map(
			flag =>
				flagHead(flag).padEnd(indent) +
				`${flag.help}${showDefault(flag)}`
					.split('\n')
					.flatMap(line => wrapLine(line, room))
					.join(`\n${' '.repeat(indent)}`),
		)
		.join('\n');
}

const usageOf = (path: string, verb: Verb): string => `Usage:  ${path}${verb.usage === '' ? '' : ` ${verb.usage}`}`;
export const usageLine = usageOf;

export function verbHelp(entry: VerbEntry, path: string, verb: Verb): string {
	const parts = [usageOf(path, verb), verb.description];
	if (entry.paths.length > 1) parts.push(`Aliases:\n  ${entry.paths.map(name => `hawser ${name}`).join(', ')}`);
	if (verb.flags.some(flag => flag.hidden !== true)) parts.push(`Options:\n${flagHelp(verb.flags, terminalWidth())}`);
	return `${parts.join('\n\n')}\n`;
}

const terminalWidth = (): number => (process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH);

type Line = readonly [name: string, summary: string];

const block = (title: string, lines: readonly Line[]): string => {
	const width = Math.max(11, ...lines.map(([name]) => name.length + 1));
	return `${title}:\n${lines.map(([name, summary]) => `  ${name.padEnd(width)} ${summary}`).join('\n')}`;
};

const visible = verbs.filter(entry => entry.hidden !== true);
const topName = (entry: VerbEntry): string | undefined => entry.paths.find(path => !path.includes(' '));
const byName = (a: Line, b: Line): number => (a[0] < b[0] ? -1 : 1);

export function rootHelp(globals: readonly Flag[]): string {
	const top = visible.flatMap(entry => (topName(entry) === undefined ? [] : [{entry, line: [topName(entry) ?? '', entry.summary] as Line}]));
	return `${[
		'Usage:  hawser [OPTIONS] COMMAND\n        hawser                      (on a terminal: the console)',
		'Containers without a daemon, and a console to watch and steer them',
		block(
			'Common Commands',
			top.filter(({entry}) => entry.common).map(({line}) => line),
		),
		block('Management Commands', Object.entries(groups)),
		block(
			'Commands',
			top
				.filter(({entry}) => !entry.common)
				.map(({line}) => line)
				.toSorted(byName),
		),
		`Global Options:\n${flagHelp(globals)}`,
		"Run 'hawser COMMAND --help' for more information on a command.",
	].join('\n\n')}\n`;
}

export function groupHelp(group: string): string {
	const lines = visible.flatMap(entry => {
		const path = entry.paths.find(name => name.startsWith(`${group} `));
		return path === undefined ? [] : [[path.slice(group.length + 1), entry.summary] as Line];
	});
	return `${[`Usage:  hawser ${group} COMMAND`, groups[group] ?? '', block('Commands', lines.toSorted(byName)), `Run 'hawser ${group} COMMAND --help' for more information on a command.`].join('\n\n')}\n`;
}
