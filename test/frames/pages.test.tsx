import test from 'ava';
import {reduce} from '../../source/console/store/reduce.ts';
import type {Change} from '../../source/console/store/change.ts';
import type {SheetNode} from '../../source/console/store/sheet.ts';
import type {Page, State, TabId} from '../../source/console/store/state.ts';
import {files} from '../../source/console/tabs/files.ts';
import {containerEvents, hostEvents} from '../../source/console/tabs/events.ts';
import {environment, mounts, network} from '../../source/console/tabs/facts.ts';
import {networks, system, volumes} from '../../source/console/tabs/host.ts';
import {layers} from '../../source/console/tabs/image.ts';
import {inspect} from '../../source/console/tabs/inspect.ts';
import {processes} from '../../source/console/tabs/processes.ts';
import type {TabSpec} from '../../source/console/tabs/tab.ts';
import {why} from '../../source/console/tabs/why.ts';
import type {Capabilities} from '../../source/terminal/capabilities.ts';
import {stripColors, widthOf} from '../../source/terminal/width.ts';
import {drawColored, drawScreen} from './draw.tsx';
import {sampleEngine} from './engine.ts';
import {sampleContainers, sampleEvents, sampleState} from './sample.ts';

process.env['TZ'] = 'UTC';

const sizes = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 200, rows: 50},
] as const;

const looks: Readonly<Record<string, Capabilities>> = {
	dark: {colors: 3, unicode: true, background: 'dark'},
	light: {colors: 3, unicode: true, background: 'light'},
	'no colour': {colors: 0, unicode: true, background: 'dark'},
	ASCII: {colors: 0, unicode: false, background: 'dark'},
};

type Shown = {readonly tab: TabId; readonly spec: TabSpec; readonly of: 'web' | 'worker' | 'image' | 'host'};

const pages: Readonly<Record<string, Shown>> = {
	processes: {tab: 'processes', spec: processes, of: 'web'},
	files: {tab: 'files', spec: files, of: 'web'},
	environment: {tab: 'environment', spec: environment, of: 'web'},
	mounts: {tab: 'mounts', spec: mounts, of: 'web'},
	network: {tab: 'network', spec: network, of: 'web'},
	inspect: {tab: 'inspect', spec: inspect, of: 'web'},
	'events of one': {tab: 'history', spec: containerEvents, of: 'web'},
	'why it died': {tab: 'why', spec: why, of: 'worker'},
	layers: {tab: 'layers', spec: layers, of: 'image'},
	events: {tab: 'events', spec: hostEvents, of: 'host'},
	system: {tab: 'system', spec: system, of: 'host'},
	volumes: {tab: 'volumes', spec: volumes, of: 'host'},
	networks: {tab: 'networks', spec: networks, of: 'host'},
};

function pageOf({tab, of}: Shown, state: State): Page {
	if (of === 'host') return {kind: 'host', tab, target: undefined};
	if (of === 'image') return {kind: 'image', tab, target: {kind: 'image', id: state.images[2]?.id ?? '', name: 'nginx:1.27'}};
	const id = sampleContainers.find(({name}) => name === of)?.id ?? '';
	return {kind: 'container', tab, target: {kind: 'container', id, name: of}};
}

async function open(shown: Shown, size: {readonly columns: number; readonly rows: number}): Promise<State> {
	const state = reduce(sampleState(size), {type: 'events', events: sampleEvents});
	const page = pageOf(shown, state);
	const loaded = await shown.spec.load?.({engine: sampleEngine, page, state});
	const changes: Change[] = [
		{type: 'opened', page, view: 'sheet'},
		{type: 'sheet', page, nodes: [] as SheetNode[], ...loaded},
	];
	return changes.reduce(reduce, state);
}

for (const [name, shown] of Object.entries(pages)) {
	for (const size of sizes) {
		test(`${name} at ${size.columns}x${size.rows}`, async t => {
			const state = await open(shown, size);
			const screen = drawScreen(state);
			const rows = screen.split('\n');
			t.is(rows.length, size.rows);
			t.true(rows.every(row => widthOf(row) <= size.columns));
			// The text at one size; the others are held to their measure, and to the same first rows.
			if (size.columns === 80) t.snapshot(screen);
			else t.true(screen.includes(shown.spec.title));
		});
	}
	test(`${name} says the same in every look`, async t => {
		const state = await open(shown, {columns: 100, rows: 30});
		const drawn = Object.entries(looks).map(([look, capabilities]) => [look, drawColored(state, capabilities)] as const);
		const plain = Object.fromEntries(drawn.map(([look, screen]) => [look, stripColors(screen)]));
		t.is(plain['dark'], plain['light']);
		t.is(plain['dark'], plain['no colour']);
		t.regex(plain['ASCII'] ?? '', /^[\n -~]*$/);
		for (const [look, screen] of drawn) if (look === 'no colour' || look === 'ASCII') t.notRegex(screen, /\u001B\[[\d;]*(3[0-8]|4[0-8]|9[0-7])(;|m)/);
	});
}
