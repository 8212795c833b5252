import {EventEmitter} from 'node:events';
import test from 'ava';
import xterm from '@xterm/headless';
import type {Frame} from '../../../source/terminal/frame.ts';
import {createPainter} from '../../../source/terminal/painter.ts';

const columns = 24;
const rows = 6;

/** A terminal behind a line that may be slow. */
function createLine() {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const sent: string[] = [];
	const output = Object.assign(new EventEmitter(), {
		columns,
		rows,
		writableNeedDrain: false,
		write(data: string) {
			sent.push(data);
			terminal.write(data);
			return true;
		},
	});
	const painter = createPainter(output as unknown as NodeJS.WriteStream);
	const screen = async (): Promise<string[]> => {
		await new Promise<void>(resolve => terminal.write('', resolve));
		return Array.from({length: rows}, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true).trimEnd() ?? '');
	};
	return {painter, output, sent, screen};
}

const plain = (frame: Frame): string[] => frame.map(segments => segments.reduce((row, {x, text}) => row.padEnd(x).slice(0, x) + text + row.slice(x + text.length), '').trimEnd());

test('only what changed is sent', async t => {
	const {painter, sent, screen} = createLine();
	painter.open();
	painter.paint([
		[
			{x: 0, text: 'cpu 0.1'},
			{x: 12, text: 'web'},
		],
	]);
	sent.length = 0;
	painter.paint([
		[
			{x: 0, text: 'cpu 0.2'},
			{x: 12, text: 'web'},
		],
	]);
	t.is(sent.join('').replaceAll(/\u001B\[\?2026[hl]/g, ''), '\u001B[1;7H2');
	sent.length = 0;
	painter.paint([
		[
			{x: 0, text: 'cpu 0.2'},
			{x: 12, text: 'web'},
		],
	]);
	t.deepEqual(sent, []);
	t.is((await screen())[0], 'cpu 0.2     web');
});

test('any way of frames ends with the last of them on the screen, wide characters and overlays and all', async t => {
	let seed = 7;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
		return seed % below;
	};
	const words = ['abc', '数据', 'x', '   ', '──', 'longer text', '界', '⣿⣿', 'e\u0301'];
	const {painter, screen} = createLine();
	painter.open();
	for (let round = 0; round < 400; round++) {
		const frame: Frame = Array.from({length: rows}, () =>
			Array.from({length: 1 + random(3)}, (_, part) => ({x: part * 7 + random(3), text: `\u001B[3${random(8)}m${words[random(words.length)]}\u001B[0m`})),
		);
		painter.paint(frame);
		if (round % 50 === 49) {
			const seen = await screen();
			painter.redraw();
			t.deepEqual(await screen(), seen, `round ${round}`);
		}
	}
});

test('an overlay hides what is below it, and gives it back', async t => {
	const {painter, screen} = createLine();
	const below: Frame = [[{x: 0, text: 'aaaa数据bbbb'}]];
	painter.open();
	painter.paint(below);
	painter.paint([
		[
			{x: 0, text: 'aaaa数据bbbb'},
			{x: 5, text: '|box|'},
		],
	]);
	t.is((await screen())[0], 'aaaa |box|bb');
	painter.paint(below);
	t.is((await screen())[0], 'aaaa数据bbbb');
	t.deepEqual(plain([[{x: 1, text: 'x'}]]), [' x']);
});

test('a slow reader gets the newest frame, not a queue of old ones', async t => {
	const {painter, output, sent, screen} = createLine();
	painter.open();
	painter.paint([[{x: 0, text: 'first'}]]);
	output.writableNeedDrain = true;
	sent.length = 0;
	for (let round = 0; round < 1000; round++) painter.paint([[{x: 0, text: `frame ${round}`}]]);
	t.deepEqual(sent, []);
	output.writableNeedDrain = false;
	output.emit('drain');
	t.is(sent.length, 1);
	t.is((await screen())[0], 'frame 999');
});
