import test from 'ava';
import {reduce} from '../../source/console/store/reduce.ts';
import type {Page, State} from '../../source/console/store/state.ts';
import {stripColors, widthOf} from '../../source/terminal/width.ts';
import {drawColored, drawScreen} from './draw.tsx';
import {sampleContainers, sampleState} from './sample.ts';

process.env['TZ'] = 'UTC';

const sizes = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
] as const;

/** Every frame is exactly as wide and high as the terminal at most: one row more and the screen would scroll. */
function checkFrame(t: {is(a: unknown, b: unknown): void; true(value: boolean): void}, state: State, screen: string): void {
	const rows = screen.split('\n');
	t.is(rows.length, state.size.rows);
	t.true(rows.every(row => widthOf(row) <= state.size.columns));
}

const logsOf = (state: State): Page => ({kind: 'container', tab: 'logs', target: {kind: 'container', id: state.lists.containers.selected ?? '', name: 'web'}});

for (const size of sizes) {
	const name = `${size.columns}x${size.rows}`;
	const views: Readonly<Record<string, (state: State) => State>> = {
		'home screen': state => state,
		statistics: state => reduce(state, {type: 'focused', pane: 'stats'}),
		logs: state => reduce(state, {type: 'focused', pane: 'logs'}),
		images: state => reduce(state, {type: 'focused', pane: 'images'}),
		'zoomed containers': state => reduce(state, {type: 'zoomed', on: true}),
		'full log with times': state =>
			[
				{type: 'opened' as const, page: logsOf(state), view: 'log' as const},
				{type: 'log-look' as const, look: {times: true, search: 'orders'}},
			].reduce(reduce, state),
		help: state => reduce(state, {type: 'overlay', overlay: {kind: 'help', top: 0}}),
		palette: state => reduce(state, {type: 'overlay', overlay: {kind: 'palette', text: 'st', index: 0}}),
	};
	for (const [view, show] of Object.entries(views)) {
		test(`${view} at ${name}`, t => {
			const state = show(sampleState(size));
			const screen = drawScreen(state);
			checkFrame(t, state, screen);
			t.snapshot(screen);
		});
	}
}

const home = sampleState({columns: 120, rows: 40});

test('a question names the thing, and its focus is on No', t => {
	const [web] = sampleContainers;
	const state = reduce(home, {
		type: 'overlay',
		overlay: {
			kind: 'confirm',
			verb: 'stop',
			question: 'Stop web?',
			details: ['It gets its stop signal.'],
			targets: [{kind: 'container', id: web?.id ?? '', name: 'web'}],
			focus: 'no',
			typed: '',
		},
	});
	const screen = drawColored(state, {colors: 3, unicode: true, background: 'dark'});
	t.true(stripColors(screen).includes('Stop web?'));
	t.snapshot(screen.split('\n').slice(15, 26).join('\n'));
});

for (const [name, capabilities] of Object.entries({
	'true colour, dark': {colors: 3, unicode: true, background: 'dark'},
	'true colour, light': {colors: 3, unicode: true, background: 'light'},
	'256 colours': {colors: 2, unicode: true, background: 'dark'},
	'16 colours': {colors: 1, unicode: true, background: 'dark'},
	'no colour': {colors: 0, unicode: true, background: 'dark'},
	'ASCII only': {colors: 0, unicode: false, background: 'dark'},
} as const)) {
	test(`home screen in ${name}`, t => {
		const screen = drawColored(sampleState({columns: 100, rows: 28}), capabilities);
		if (!capabilities.unicode) t.regex(screen, /^[\n\u001B -~]*$/);
		if (capabilities.colors === 0) t.notRegex(screen, /\u001B\[[\d;]*(3[0-8]|4[0-8]|9[0-7])(;|m)/);
		t.snapshot(screen);
	});
}

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
