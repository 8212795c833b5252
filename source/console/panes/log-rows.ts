import {sanitizeLog} from '../../terminal/sanitize-log.ts';
import {padColored, sliceColumns, stripColors} from '../../terminal/width.ts';
import type {LogEntry} from '../store/engine-port.ts';
import type {LogBuffer} from '../store/log-buffer.ts';
import {logTextWidth, logWindow, type LogRow, timeWidth} from '../store/log-window.ts';
import type {LogLook} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';

const shownBefore = new WeakMap<LogEntry, {readonly colors: string; readonly text: string}>();

/** Only what is looked at is made fit to be seen, once. */
function show(entry: LogEntry, colors: Theme['logColors']): string {
	const before = shownBefore.get(entry);
	if (before?.colors === colors) return before.text;
	const text = sanitizeLog(entry.log, colors);
	shownBefore.set(entry, {colors, text});
	return text;
}

/** Marks every place where the words stand; such a line loses its own colours. */
export function highlight(theme: Theme, text: string, search: string, current: boolean): string {
	const plain = stripColors(text);
	const lower = plain.toLowerCase();
	const wanted = search.toLowerCase();
	let shown = '';
	let from = 0;
	for (let at = lower.indexOf(wanted); at !== -1 && wanted !== ''; at = lower.indexOf(wanted, from)) {
		shown += theme.paint(current ? 'strong' : 'text', plain.slice(from, at)) + theme.paint('match', plain.slice(at, at + wanted.length));
		from = at + wanted.length;
	}
	return shown === '' ? text : shown + theme.paint(current ? 'strong' : 'text', plain.slice(from));
}

const clockOf = (time: string): string => {
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return ' '.repeat(timeWidth);
	const two = (value: number): string => String(value).padStart(2, '0');
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')} `;
};

function drawRow(theme: Theme, row: LogRow, look: LogLook, width: number): string {
	const mark = row.entry.stream === 'stderr' ? theme.paint('bad', '▏') : ' ';
	const time = look.times ? theme.paint('faint', row.continued ? ' '.repeat(timeWidth) : clockOf(row.entry.time)) : '';
	const text = look.search === '' ? row.text : highlight(theme, row.text, look.search, row.line === look.match);
	return padColored(mark + time + sliceColumns(text, look.wrap ? 0 : look.left, logTextWidth(width, look)), width);
}

/** The rows of a log that fit, ready to be drawn. */
export function drawLog(theme: Theme, log: LogBuffer, look: LogLook, width: number, height: number): string[] {
	const {rows} = logWindow(log, look, {width, height}, entry => show(entry, theme.logColors));
	return rows.map(row => drawRow(theme, row, look, width));
}
