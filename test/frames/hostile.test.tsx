import test from 'ava';
import type {Change} from '../../source/console/store/change.ts';
import {reduce} from '../../source/console/store/reduce.ts';
import type {Page, State} from '../../source/console/store/state.ts';
import {toTree} from '../../source/console/tabs/inspect.ts';
import {widthOf} from '../../source/terminal/width.ts';
import {drawColored} from './draw.tsx';
import {sampleContainers, sampleState} from './sample.ts';

/** How many of the ten thousand are drawn: a sample in each run, all where somebody asks for it. */
const count = Number(process.env['HAWSER_HOSTILE_STRINGS'] ?? 120);

const parts = [
	'\u001B[2J',
	'\u001B]0;t\u0007',
	'\u001B]52;c;eA==\u0007',
	'\u001BP+q\u001B\\',
	'\u001B[?1049h',
	'\u001B[6n',
	'\u009B31m',
	'\u0007',
	'\u0008',
	'\r',
	'\n',
	'\t',
	'\u0000',
	'\u202E',
	'\u200B',
	'\uD800',
	'\uFEFF',
	'数',
	'e\u0301',
	'\u{1F469}\u200D\u{1F680}',
	'<b>',
	'[::]',
	'{red}',
	'%s',
	'a',
	' ',
	'"',
	'─',
	'│',
];

let seed = 11;
const random = (below: number): number => {
	seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
	return seed % below;
};
const hostile = (): string => Array.from({length: 1 + random(14)}, () => parts[random(parts.length)]).join('');

function withHostile(state: State, words: string): State[] {
	const [web] = sampleContainers;
	if (!web) return [];
	const named = {...web, name: words, image: words, command: words, note: words, labels: {[words]: words}};
	const target = {kind: 'container' as const, id: web.id, name: words};
	const page = (tab: Page['tab']): Page => ({kind: 'container', tab, target});
	const lists: Change = {type: 'lists', containers: [named, ...sampleContainers.slice(1)]};
	const event = {
		Type: 'container' as const,
		Action: `exec_create: ${words}`,
		Actor: {ID: web.id, Attributes: {name: words, image: words}},
		scope: 'local' as const,
		time: 1,
		timeNano: 1,
	};
	const ways: ReadonlyArray<readonly Change[]> = [
		[
			lists,
			{type: 'log', id: web.id, entries: [{stream: 'stderr', time: words, log: `${words}\n`}]},
			{type: 'message', message: {kind: 'error', text: words, until: Number.POSITIVE_INFINITY}},
		],
		[lists, {type: 'task', id: web.id, task: {verb: 'stopping', subject: words, startedAt: 0, phase: `Stopping ${words}`}}],
		[lists, {type: 'opened', page: page('inspect'), view: 'sheet'}, {type: 'sheet', page: page('inspect'), ...toTree({[words]: words, list: [words]})}],
		[lists, {type: 'opened', page: page('history'), view: 'sheet'}, {type: 'events', events: [event]}],
		[lists, {type: 'opened', page: page('files'), view: 'sheet'}, {type: 'sheet-problem', page: page('files'), problem: words}],
		[
			lists,
			{type: 'overlay', overlay: {kind: 'confirm', verb: 'remove', question: `Remove ${words}?`, details: [words], targets: [target], focus: 'no', typed: words, expect: words}},
		],
		[lists, {type: 'overlay', overlay: {kind: 'menu', purpose: 'copy', title: words, items: [{value: words, label: 'name', hint: 'x'}], index: 0}}],
		[
			lists,
			{
				type: 'overlay',
				overlay: {kind: 'form', purpose: 'limits', title: words, fields: [{name: 'memory', label: 'Memory', hint: '', value: words, before: ''}], index: 0, target},
			},
		],
	];
	return ways.map(changes => changes.reduce(reduce, state));
}

test(`${count} hostile strings in every place leave nothing but text and colours, and no row too wide`, t => {
	const state = sampleState({columns: 100, rows: 30});
	for (let round = 0; round < count; round++) {
		const words = hostile();
		for (const shown of withHostile(state, words)) {
			const screen = drawColored(shown, {colors: 3, unicode: true, background: 'dark'});
			const rest = screen.replaceAll(/\u001B\[[\d;]*m/g, '');
			// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
			if (/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u200B\uFEFF]/.test(rest)) t.fail(JSON.stringify({words, rest: rest.slice(0, 400)}));
			const rows = rest.split('\n');
			if (rows.length !== 30 || rows.some(row => widthOf(row) > 100)) t.fail(JSON.stringify({words, rows: rows.filter(row => widthOf(row) > 100)}));
		}
	}
	t.pass();
});
