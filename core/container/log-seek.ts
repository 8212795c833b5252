import {closeSync, fstatSync, readSync} from 'node:fs';
import {type LogFile, seekFile, seekLines} from './log-file.ts';
import {parseLogLine} from './log-line.ts';

const CHUNK = 64 * 1024;
const NEWLINE = 10;

/** The first whole line that begins after `from`, as its place and its time; undefined where there is none before `end`. */
function nextLine({fd}: LogFile, from: number, end: number): {readonly at: number; readonly after: number; readonly time: string} | undefined {
	const parts: Buffer[] = [];
	for (let at = from; at < end; at += CHUNK) {
		const part = Buffer.allocUnsafe(CHUNK);
		parts.push(part.subarray(0, readSync(fd, part, 0, CHUNK, at)));
		const data = Buffer.concat(parts);
		const begin = from === 0 ? 0 : data.indexOf(NEWLINE) + 1;
		const close = from === 0 || begin > 0 ? data.indexOf(NEWLINE, begin) : -1;
		if (close >= 0) return {at: from + begin, after: from + close + 1, time: parseLogLine(data.toString('utf8', begin, close))?.time ?? ''};
	}
	return undefined;
}

/** Where the first line stands that was written at or after `time`; lines lie in the order of their times. */
function placeOf(file: LogFile, time: string): number {
	const {size} = fstatSync(file.fd);
	let [low, high] = [0, size];
	while (high - low > CHUNK) {
		const middle = Math.floor((low + high) / 2);
		const line = nextLine(file, middle, high);
		if (line === undefined || line.time >= time) high = middle;
		else low = line.after;
	}
	for (let line = nextLine(file, Math.max(0, low - 1), size); line; line = nextLine(file, line.after - 1, size)) {
		if (line.time >= time) return line.at;
		low = line.after;
	}
	return low;
}

/**
 * Sets the offsets so that `lead` lines at least are read before the first that was written at or after `time`. A plain file is halved until
 * the place is found; a compressed one can only be read from its beginning. Gives the files from there on.
 */
export async function seekTime(files: readonly LogFile[], time: string, lead: number): Promise<LogFile[]> {
	let at = files.length - 1;
	const isLater = (file: LogFile | undefined): boolean => file !== undefined && file.origin === undefined && (nextLine(file, 0, fstatSync(file.fd).size)?.time ?? '~') >= time;
	while (at > 0 && isLater(files[at])) at--;
	const file = files[at];
	if (file?.origin === undefined && file) {
		let left = seekLines(file, lead, placeOf(file, time));
		while (left > 0 && at > 0) left = await seekFile(files[--at] as LogFile, left);
	}
	for (const {fd} of files.slice(0, Math.max(0, at))) closeSync(fd);
	return files.slice(Math.max(0, at));
}
