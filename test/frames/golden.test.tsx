import {readdirSync} from 'node:fs';
import test from 'ava';
import type {Size} from '../../source/console/store/state.ts';
import type {Capabilities} from '../../source/terminal/capabilities.ts';
import {stripColors, widthOf} from '../../source/terminal/width.ts';
import {drawColored} from './draw.tsx';
import {compact, type Golden, goldenOf, sectionText, sumOf} from './golden.ts';
import {showView, views} from './views.ts';

process.env['TZ'] = 'UTC';

const sizes: readonly Size[] = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 200, rows: 50},
];

const looks = {
	dark: {colors: 3, unicode: true, background: 'dark'},
	light: {colors: 3, unicode: true, background: 'light'},
	basic: {colors: 1, unicode: true, background: 'dark'},
	plain: {colors: 0, unicode: true, background: 'dark'},
	ascii: {colors: 0, unicode: false, background: 'dark'},
} as const satisfies Readonly<Record<string, Capabilities>>;

type Look = keyof typeof looks;
type Screens = Readonly<Record<Look, string>>;

const colored = /\u001B\[[\d;]*(3[0-8]|4[0-8]|9[0-7])(;|m)/;

for (const [name, view] of Object.entries(views)) {
	test(`${name} is what it was, at every size and in every look`, async t => {
		const drawn = new Map<string, Golden>();
		for (const size of sizes) {
			const state = await showView(view, size);
			const screens = Object.fromEntries(Object.entries(looks).map(([look, capabilities]) => [look, drawColored(state, capabilities)])) as Screens;
			const text = stripColors(screens.plain);
			const rows = text.split('\n');
			t.is(rows.length, size.rows);
			t.true(
				rows.every(row => widthOf(row) <= size.columns),
				'one column more and the screen would wrap',
			);
			for (const look of ['dark', 'light', 'basic'] as const) t.is(stripColors(screens[look]), text, `${look} says the same`);
			t.regex(stripColors(screens.ascii), /^[\n -~]*$/);
			for (const look of ['plain', 'ascii'] as const) t.notRegex(screens[look], colored);
			drawn.set(`${size.columns}x${size.rows}`, {text: compact(text), sums: Object.fromEntries(Object.entries(screens).map(([look, screen]) => [look, sumOf(screen)]))});
		}
		const golden = goldenOf(name, drawn);
		for (const [size, now] of drawn) t.is(sectionText(size, now), golden.get(size) ?? '', `${name} at ${size}; HAWSER_UPDATE_FRAMES=1 takes what it is now`);
	});
}

test('no golden frame is of a view that is gone', t => {
	const names = new Set(Object.keys(views).map(name => `${name.replaceAll(' ', '-')}.txt`));
	t.deepEqual(
		readdirSync(new URL('golden/', import.meta.url)).filter(name => !names.has(name)),
		[],
	);
});
