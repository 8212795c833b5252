import {sanitizeLine} from '../terminal/sanitize.ts';
import {printControl} from './output.ts';
import type {ItemProgress, ProgressView} from './progress-lines.ts';
import {humanSize} from './units.ts';

const FRAME_MS = 100;
const BAR = 50;

/** The clean-cut line of one item, never wider than the terminal: a wrapped line could not be drawn over. */
export function itemLine({id, words, bar}: ItemProgress, columns: number): string {
	const head = `${id}: ${words}`;
	if (!bar || bar.total <= 0) return head.slice(0, columns);
	const sizes = `${humanSize(bar.current, 4).padStart(7)}/${humanSize(bar.total, 4)}`;
	const room = Math.min(BAR, columns - head.length - sizes.length - 5);
	if (room < 5) return `${head} ${sizes.trimStart()}`.slice(0, columns);
	const filled = Math.min(room, Math.floor((bar.current / bar.total) * room));
	return `${head} [${'='.repeat(Math.max(0, filled - 1))}${filled > 0 ? '>' : ''}${' '.repeat(room - filled)}]  ${sizes}`.slice(0, columns);
}

/** For a terminal: a line per item, drawn over at most ten times a second. */
export function barsProgress(descriptor: number): ProgressView {
	const items = new Map<string, ItemProgress>();
	let drawn = 0;
	let timer: NodeJS.Timeout | undefined;
	let frameAt = 0;
	const draw = (): void => {
		timer = undefined;
		frameAt = Date.now();
		const {columns, rows} = windowSize(descriptor);
		// More items than rows: the last ones, since lines above the screen cannot be reached.
		const lines = [...items.values()].slice(-Math.max(1, rows - 2)).map(item => sanitizeLine(itemLine(item, columns - 1)));
		printControl(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map(line => `\r\u001b[2K${line}\n`).join('')}`, descriptor);
		drawn = lines.length;
	};
	const flush = (): void => {
		clearTimeout(timer);
		if (timer !== undefined) draw();
	};
	return {
		item(progress) {
			items.set(progress.id, progress);
			timer ??= setTimeout(draw, Math.max(0, frameAt + FRAME_MS - Date.now()));
		},
		say(line) {
			flush();
			printControl(`${sanitizeLine(line)}\n`, descriptor);
			// What comes next is drawn below this line, and what is above it stays.
			drawn = 0;
			items.clear();
		},
		close: flush,
	};
}

function windowSize(descriptor: number): {columns: number; rows: number} {
	const stream = descriptor === 2 ? process.stderr : process.stdout;
	return {columns: stream.columns || 80, rows: stream.rows || 24};
}
