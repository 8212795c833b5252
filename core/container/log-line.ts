import type {LogEntry} from './model.ts';

const head = '{"log":"';
const middle = '","stream":"';
const before = '","time":"';
const end = '"}';

/**
 * A line of Docker's json-file. The monitor writes its keys in one order: a line without escapes but the last `\n` is cut, not parsed,
 * which is what makes a million lines cheap. undefined: no entry (half a line after a power loss).
 */
export function parseLogLine(line: string): LogEntry | undefined {
	return cutLine(line) ?? parseLine(line);
}

function cutLine(line: string): LogEntry | undefined {
	if (!line.startsWith(head) || !line.endsWith(end)) return undefined;
	const timeAt = line.lastIndexOf(before);
	// A text that looks like the end of a record has its quotes escaped: the last ones are the record's own.
	const streamAt = timeAt < 0 ? -1 : line.lastIndexOf(middle, timeAt - 1);
	if (streamAt < head.length) return undefined;
	const stream = line.slice(streamAt + middle.length, timeAt);
	if (stream !== 'stdout' && stream !== 'stderr') return undefined;
	const escape = line.indexOf('\\', head.length);
	if (escape >= 0 && escape < streamAt && !(escape === streamAt - 2 && line[escape + 1] === 'n')) return undefined;
	const isWhole = escape === streamAt - 2;
	const text = line.slice(head.length, isWhole ? escape : streamAt);
	return {stream, time: line.slice(timeAt + before.length, -end.length), log: isWhole ? `${text}\n` : text};
}

function parseLine(line: string): LogEntry | undefined {
	try {
		const {log, stream, time, attrs} = JSON.parse(line) as Partial<LogEntry>;
		if (typeof log !== 'string' || typeof time !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return undefined;
		return {stream, time, log, ...(attrs !== undefined && {attrs})};
	} catch {
		return undefined;
	}
}
