import {sanitizeLine} from '../../terminal/sanitize.ts';
import {sanitizeLog} from '../../terminal/sanitize-log.ts';
import {fit, padColored, sliceColumns, stripColors, truncateMiddle} from '../../terminal/width.ts';
import type {LogBuffer, LogLine} from '../store/log-buffer.ts';
import {logTextWidth, logWindow, type LogRow, nameWidth, timeWidth} from '../store/log-window.ts';
import {matcherOf} from '../store/matcher.ts';
import type {LogLook} from '../store/state.ts';
import type {Role, Theme} from '../theme/theme.ts';
import {paintJson} from './json.ts';

type Shown = {readonly key: string; readonly lines: readonly string[]};

const shownBefore = new WeakMap<LogLine, Shown>();

/** JSON laid out, one value a line; undefined where the line is none. */
function layOut(theme: Theme, text: string): string[] | undefined {
	const begin = text.indexOf('{');
	if (begin === -1 || text.length > 64 * 1024) return undefined;
	try {
		const value: unknown = JSON.parse(text.slice(begin));
		const lines = JSON.stringify(value, undefined, 2).split('\n').slice(0, 200);
		const lead = text.slice(0, begin).trim();
		return [...(lead === '' ? [] : [lead]), ...lines.map(line => paintJson(theme, sanitizeLine(line)))];
	} catch {
		return undefined;
	}
}

/** Only what is looked at is made fit to be seen, once. */
function show(theme: Theme, entry: LogLine, pretty: boolean): readonly string[] {
	const key = `${theme.name} ${theme.logColors} ${pretty}`;
	const before = shownBefore.get(entry);
	if (before?.key === key) return before.lines;
	const text = sanitizeLog(entry.log, theme.logColors);
	const lines = (pretty ? layOut(theme, stripColors(text)) : undefined) ?? [text];
	shownBefore.set(entry, {key, lines});
	return lines;
}

/** Marks every place where the words stand; such a line loses its own colours. */
export function highlight(theme: Theme, text: string, search: string, current: boolean): string {
	const plain = stripColors(text);
	const {pattern} = matcherOf(search);
	if (pattern) pattern.lastIndex = 0;
	const role: Role = current ? 'strong' : 'text';
	let shown = '';
	let from = 0;
	for (const {index, 0: words} of pattern === undefined ? [] : plain.matchAll(pattern)) {
		if (words === '') continue;
		shown += theme.paint(role, plain.slice(from, index)) + theme.paint('match', words);
		from = index + words.length;
	}
	return shown === '' ? text : shown + theme.paint(role, plain.slice(from));
}

const two = (value: number): string => String(value).padStart(2, '0');

const clockOf = (time: string): string => {
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return ' '.repeat(timeWidth);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')} `;
};

/** Each of several merged logs has a colour of its own. */
const sourceRoles: readonly Role[] = ['cpu', 'memory', 'read', 'write', 'receive', 'send', 'key', 'busy'];
const roleOfSource = (name: string): Role => sourceRoles[Array.from(name).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % sourceRoles.length] ?? 'text';

function drawRuler(theme: Theme, width: number): string {
	return theme.paint('warn', '─'.repeat(width));
}

type Drawing = {readonly look: LogLook; readonly width: number; readonly merged: boolean; readonly range: readonly [number, number] | undefined};

function drawRow(theme: Theme, row: LogRow, {look, width, merged, range}: Drawing): string {
	if (!row.entry) return drawRuler(theme, width);
	const {stream, from = '', time} = row.entry;
	const inRange = range !== undefined && row.line >= range[0] && row.line <= range[1];
	const mark = inRange ? theme.paint('key', '▌') : stream === 'stderr' ? theme.paint('bad', '▏') : ' ';
	const name = merged ? (row.continued ? ' '.repeat(nameWidth) : `${theme.paint(roleOfSource(from), fit(truncateMiddle(sanitizeLine(from), nameWidth - 1), nameWidth - 1))} `) : '';
	const clock = look.times ? theme.paint('faint', row.continued ? ' '.repeat(timeWidth) : clockOf(time)) : '';
	const text = look.search === '' ? row.text : highlight(theme, row.text, look.search, row.line === look.match);
	return padColored(mark + name + clock + sliceColumns(text, look.wrap ? 0 : look.left, logTextWidth(width, look, merged)), width);
}

/** The rows of a log that fit, ready to be drawn. */
export function drawLog(theme: Theme, log: LogBuffer, look: LogLook, width: number, height: number): string[] {
	const {rows} = logWindow(log, look, {width, height}, entry => show(theme, entry, look.pretty));
	const here = look.match ?? look.top ?? log.first + log.entries.length - 1;
	const range = look.range === undefined ? undefined : ([Math.min(look.range, here), Math.max(look.range, here)] as const);
	return rows.map(row => drawRow(theme, row, {look, width, merged: log.ids.length > 1, range}));
}
