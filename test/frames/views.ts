import type {Change} from '../../source/console/store/change.ts';
import {reduce} from '../../source/console/store/reduce.ts';
import type {Overlay, Page, Size, State, TabId} from '../../source/console/store/state.ts';
import {tabs, tabsOf} from '../../source/console/tabs/table.ts';
import {sampleEngine} from './engine.ts';
import {sampleContainers, sampleEvents, sampleState} from './sample.ts';

/** Everything that the console can show, each as a way from the sample's home screen to it. */

type View = (state: State) => State | Promise<State>;

const after = (state: State, ...changes: readonly Change[]): State => changes.reduce(reduce, state);

const idOf = (name: string): string => sampleContainers.find(container => container.name === name)?.id ?? '';
const target = (name: string) => ({kind: 'container' as const, id: idOf(name), name});

const focused =
	(pane: State['focus'], ...changes: readonly Change[]): View =>
	state =>
		after(state, {type: 'focused', pane}, ...changes);

const under =
	(overlay: Overlay): View =>
	state =>
		after(state, {type: 'overlay', overlay});

/** Of which container or image a tab is shown. */
const shownOf = (tab: TabId): string => (tab === 'why' ? 'worker' : 'web');

function pageOf(tab: TabId, kind: Page['kind'], state: State): Page {
	if (kind === 'host') return {kind, tab, target: undefined};
	if (kind === 'image') return {kind, tab, target: {kind: 'image', id: state.images[2]?.id ?? '', name: 'nginx:1.27'}};
	return {kind, tab, target: target(shownOf(tab))};
}

const page =
	(tab: TabId): View =>
	async state => {
		const spec = tabs[tab];
		if (!spec) throw new Error(`there is no tab ${tab}`);
		const shown = pageOf(tab, spec.kind, state);
		const loaded = await spec.load?.({engine: sampleEngine, page: shown, state});
		return after(state, {type: 'opened', page: shown, view: spec.view}, ...(loaded ? [{type: 'sheet' as const, page: shown, ...loaded}] : []));
	};

const shell = {
	key: 1,
	containerId: idOf('web'),
	title: 'Shell · web',
	ended: undefined,
	past: 0,
	scrolled: 0,
	mouse: 'none' as const,
	lines: ['/ # ls -l', '\u001B[34mbin\u001B[0m  \u001B[34metc\u001B[0m  \u001B[32mstart.sh\u001B[0m', '/ # \u001B[7m \u001B[0m'],
};

const kinds = ['container', 'image', 'host'] as const;

export const views: Readonly<Record<string, View>> = {
	home: state => state,
	images: focused('images'),
	stats: focused('stats'),
	logs: focused('logs'),
	'zoomed containers': focused('containers', {type: 'zoomed', on: true}),
	shell: state => after(state, {type: 'shell', shell}),
	'marked and filtered': state =>
		after(
			state,
			{type: 'marked', list: 'containers', marks: new Set([idOf('web'), idOf('job')])},
			{type: 'filtered', list: 'containers', filter: 'o'},
			{type: 'message', message: {kind: 'info', text: 'worker is called back', until: Number.POSITIVE_INFINITY}},
		),
	'log with a search': async state => after(await page('logs')(state), {type: 'log-look', look: {times: true, search: 'orders'}}, {type: 'moved', step: {by: 'line', count: -8}}),
	help: under({kind: 'help', top: 0}),
	palette: under({kind: 'palette', text: 'st', index: 1}),
	question: under({
		kind: 'confirm',
		verb: 'stop',
		question: 'Stop 2 containers?',
		details: ['They get their stop signal, and SIGKILL when their time of grace is over.'],
		targets: [target('web'), target('job')],
		focus: 'no',
		typed: '',
	}),
	'typed question': under({
		kind: 'confirm',
		verb: 'remove',
		question: 'Remove web?',
		details: ['It runs, and is killed.'],
		targets: [target('web')],
		focus: 'no',
		expect: 'web',
		typed: 'we',
	}),
	menu: under({
		kind: 'menu',
		purpose: 'sort',
		title: 'Sort by',
		items: [
			{value: 'state', label: 'State', hint: 'running first'},
			{value: 'cpu', label: 'CPU', hint: 'highest first'},
		],
		index: 1,
	}),
	prompt: under({kind: 'prompt', purpose: 'filter', label: 'filter', text: 'state:run', before: ''}),
	form: under({
		kind: 'form',
		purpose: 'limits',
		title: 'Limits of web',
		fields: [
			{name: 'memory', label: 'Memory', hint: '64m, 1g', value: '64m', before: '64m'},
			{name: 'cpus', label: 'CPUs', hint: '0.5', value: '', before: ''},
		],
		index: 1,
		target: target('web'),
	}),
	...Object.fromEntries(kinds.flatMap(kind => tabsOf(kind)).map(tab => [`page ${tab}`, page(tab)])),
};

export async function showView(view: View, size: Size): Promise<State> {
	return view(after(sampleState(size), {type: 'events', events: sampleEvents}));
}
