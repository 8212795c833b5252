import test from 'ava';
import {reduce} from '../../source/console/store/reduce.ts';
import type {State} from '../../source/console/store/state.ts';
import {stripColors, widthOf} from '../../source/terminal/width.ts';
import {drawColored, drawScreen} from './draw.tsx';
import {sampleContainers, sampleState} from './sample.ts';

process.env['TZ'] = 'UTC';

/** Every frame is exactly as wide and high as the terminal at most: one row more and the screen would scroll. */
function checkFrame(t: {is(a: unknown, b: unknown): void; true(value: boolean): void}, state: State, screen: string): void {
	const rows = screen.split('\n');
	t.is(rows.length, state.size.rows);
	t.true(rows.every(row => widthOf(row) <= state.size.columns));
}

const home = sampleState({columns: 120, rows: 40});

test('a terminal of 20x5 is told what is needed, in one sentence that fits', t => {
	const state = reduce(home, {type: 'resized', size: {columns: 20, rows: 5}});
	const rows = drawScreen(state).split('\n');
	t.true(rows.length <= 5);
	t.true(rows.every(row => row.length <= 20));
	t.is(rows.join(' ').replaceAll(/\s+/g, ' ').trim(), 'Hawser needs 60x15, this is 20x5: enlarge it, or q quits');
});

test('what a container calls itself and writes cannot leave its place', t => {
	const evil = 'a\u001B]0;title\u0007\u001B[2J\u202Eevil\u009B31m\r\nb';
	const [first, ...others] = sampleContainers;
	const id = first?.id ?? '';
	const hostile = [
		{type: 'lists' as const, containers: [{...first, name: evil, image: evil, command: evil} as (typeof sampleContainers)[number], ...others]},
		{type: 'log' as const, id, entries: [{stream: 'stdout' as const, time: 'x', log: `${evil}\u001B[31mred\u001B[0m \u001B[8mhidden \u001B[6n\n`}]},
	].reduce(reduce, home);
	const screen = drawColored(hostile, {colors: 3, unicode: true, background: 'dark'});
	const withoutColours = stripColors(screen);
	t.notRegex(withoutColours, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
	t.true(withoutColours.includes('<U+202E>'));
	t.true(screen.includes('\u001B[31mred'));
	checkFrame(t, hostile, withoutColours);
});

test('wide characters keep the columns in place', t => {
	const [first, ...others] = sampleContainers;
	const wide = reduce(home, {type: 'lists', containers: [{...first, name: '数据库-主要-服务器-備份'} as (typeof sampleContainers)[number], ...others]});
	const rows = drawScreen(wide).split('\n');
	t.true(rows.some(row => row.includes('数据库')));
	const right = rows.slice(1, -1).map(row => widthOf(row));
	t.deepEqual([...new Set(right)], [120]);
});
