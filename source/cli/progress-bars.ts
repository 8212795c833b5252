import type {PullProgress} from '../../core/index.ts';
import {sanitizeLine} from '../terminal/sanitize.ts';
import {printControl} from './output.ts';
import {doneLines, headLine, layerWords, type ProgressView} from './progress-lines.ts';
import {humanSize} from './units.ts';

type Layer = Extract<PullProgress, {kind: 'layer'}>;

const FRAME_MS = 100;
const BAR = 50;

/** The clean-cut line of one layer, never wider than the terminal: a wrapped line could not be drawn over. */
export function layerLine({id, state, current, total}: Layer, columns: number): string {
	const head = `${id}: ${layerWords[state]}`;
	if ((state !== 'downloading' && state !== 'extracting') || total <= 0) return head.slice(0, columns);
	const sizes = `${humanSize(current, 4).padStart(7)}/${humanSize(total, 4)}`;
	const room = Math.min(BAR, columns - head.length - sizes.length - 5);
	if (room < 5) return `${head} ${sizes.trimStart()}`.slice(0, columns);
	const filled = Math.min(room, Math.floor((current / total) * room));
	return `${head} [${'='.repeat(Math.max(0, filled - 1))}${filled > 0 ? '>' : ''}${' '.repeat(room - filled)}]  ${sizes}`.slice(0, columns);
}

/** For a terminal: a line per layer, drawn over at most ten times a second. */
export function barsProgress(descriptor: number): ProgressView {
	const layers = new Map<string, Layer>();
	let drawn = 0;
	let timer: NodeJS.Timeout | undefined;
	let frameAt = 0;
	const draw = (): void => {
		timer = undefined;
		frameAt = Date.now();
		const {columns, rows} = windowSize(descriptor);
		// More layers than rows: the last ones, since lines above the screen cannot be reached.
		const lines = [...layers.values()].slice(-Math.max(1, rows - 2)).map(layer => sanitizeLine(layerLine(layer, columns - 1)));
		printControl(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map(line => `\r\u001b[2K${line}\n`).join('')}`, descriptor);
		drawn = lines.length;
	};
	const flush = (): void => {
		clearTimeout(timer);
		if (timer !== undefined) draw();
	};
	const say = (lines: readonly string[]): void => {
		flush();
		printControl(lines.map(line => `${sanitizeLine(line)}\n`).join(''), descriptor);
		drawn = 0;
	};
	return {
		show(progress) {
			if (progress.kind === 'resolved') return say([headLine(progress)]);
			if (progress.kind === 'done') return say(doneLines(progress));
			if (progress.kind === 'retry') return say([`${progress.id}: Retrying in ${progress.inSeconds} seconds: ${progress.reason}`]);
			layers.set(progress.id, progress);
			timer ??= setTimeout(draw, Math.max(0, frameAt + FRAME_MS - Date.now()));
		},
		close: flush,
	};
}

function windowSize(descriptor: number): {columns: number; rows: number} {
	const stream = descriptor === 2 ? process.stderr : process.stdout;
	return {columns: stream.columns || 80, rows: stream.rows || 24};
}
