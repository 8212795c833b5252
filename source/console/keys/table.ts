import {askColumns, askFilter, askSort, changeWindow, foldAll, freeze, nextSort, resize, toggleMouse, toggleStopped} from '../actions/display.ts';
import type {Context} from '../actions/context.ts';
import {askSave, copy} from '../actions/export.ts';
import {askCopyOut} from '../actions/files.ts';
import {askLimits, askRun, askTag} from '../actions/form.ts';
import {kill} from '../actions/kill.ts';
import {
	askOnly,
	askTime,
	beginRange,
	clearLog,
	drawRuler,
	nextStream,
	otherContainer,
	searchNext,
	showLogs,
	showPrevious,
	showRange,
	toggleFollow,
	togglePretty,
	toggleTimes,
	toggleWrap,
} from '../actions/log.ts';
import {mark, markAll, markRange} from '../actions/marks.ts';
import {closeShell, focus, focusNext, move, nextShell, scrollColumns, zoom} from '../actions/move.ts';
import {showHelp, showPalette} from '../actions/overlay.ts';
import {pause} from '../actions/pause.ts';
import {prune} from '../actions/prune.ts';
import {backOrQuit, quit} from '../actions/quit.ts';
import {remove, removeImage, removeRow} from '../actions/remove.ts';
import {restart} from '../actions/restart.ts';
import {askAttach, askCommand, openShell, pullImages} from '../actions/shell.ts';
import {start} from '../actions/start.ts';
import {stop} from '../actions/stop.ts';
import {undo} from '../actions/undo.ts';
import {back, inspect, lastView, nextTab, open, showContainer, showHost, showImage} from '../actions/views.ts';
import type {State} from '../store/state.ts';

/** Where a key means something: a pane of the home screen, or what fills the screen. */
export const scopes = ['containers', 'images', 'stats', 'logs', 'shell', 'log', 'charts', 'text', 'events', 'container', 'image', 'volumes', 'networks', 'system'] as const;
export type Scope = (typeof scopes)[number];

export type Group = 'Moving' | 'Views' | 'Containers' | 'Images' | 'Volumes and networks' | 'Lists' | 'Charts' | 'Logs and texts' | 'Shells' | 'Everywhere';

export type Binding = {
	readonly keys: readonly string[];
	/** In the palette, in the user's key file, and in the user's mouth. */
	readonly name: string;
	readonly help: string;
	readonly group: Group;
	/** Absent: everywhere. */
	readonly scopes?: readonly Scope[];
	/** Two words for the key line. */
	readonly hint?: string;
	/** Gone in read-only mode. */
	readonly changes?: boolean;
	readonly run: (context: Context) => unknown;
};

const pages: readonly Scope[] = ['container', 'charts'];
const onContainer: readonly Scope[] = ['containers', 'stats', 'logs', 'log', ...pages];
/** Where `s`, `t`, `p` and `f` are not taken by the log. */
const offLog: readonly Scope[] = ['containers', 'stats', ...pages];
const onImage: readonly Scope[] = ['images', 'image'];
const onLog: readonly Scope[] = ['log', 'logs'];
const onText: readonly Scope[] = ['log', 'logs', 'text'];
const onSheet: readonly Scope[] = ['events', 'container', 'image', 'volumes', 'networks', 'system'];
const onList: readonly Scope[] = ['containers', 'images', ...onSheet];

/** In a log that fills the screen, digits are its windows. */
const offDigits: readonly Scope[] = [...onList, 'stats', 'logs', 'shell', 'charts', 'text'];

const ranges = ['its end', 'its beginning', 'the last minute', 'the last 5 minutes', 'the last 15 minutes', 'the last 30 minutes', 'the last hour'];

/** The one table of keys: lower case looks or types, upper case changes. Help, palette, key line, the user's key file and docs/keys.md are made from it. */
export const bindings: readonly Binding[] = [
	{keys: ['enter'], name: 'open', help: 'open: the log, the image, the fold, typing in the shell', group: 'Moving', hint: 'open', run: open},
	{keys: ['j', 'down'], name: 'down', help: 'down', group: 'Moving', run: move({by: 'line', count: 1})},
	{keys: ['k', 'up'], name: 'up', help: 'up', group: 'Moving', run: move({by: 'line', count: -1})},
	{keys: ['gg', 'home'], name: 'top', help: 'to the top', group: 'Moving', run: move({to: 'top'})},
	{keys: ['G', 'end'], name: 'bottom', help: 'to the bottom; a log follows again', group: 'Moving', run: move({to: 'bottom'})},
	{keys: ['ctrl-d'], name: 'half-down', help: 'half a page down', group: 'Moving', run: move({by: 'half', count: 1})},
	{keys: ['ctrl-u'], name: 'half-up', help: 'half a page up', group: 'Moving', run: move({by: 'half', count: -1})},
	{keys: ['ctrl-f', 'pagedown'], name: 'page-down', help: 'a page down', group: 'Moving', run: move({by: 'page', count: 1})},
	{keys: ['ctrl-b', 'pageup'], name: 'page-up', help: 'a page up', group: 'Moving', run: move({by: 'page', count: -1})},
	{keys: ['tab'], name: 'next-pane', help: 'next pane', group: 'Moving', run: focusNext(1)},
	{keys: ['shift-tab'], name: 'previous-pane', help: 'previous pane', group: 'Moving', run: focusNext(-1)},
	{keys: ['left'], name: 'left', help: 'scroll to the left', group: 'Moving', scopes: onText, run: scrollColumns(-8)},
	{keys: ['right'], name: 'right', help: 'scroll to the right', group: 'Moving', scopes: onText, run: scrollColumns(8)},
	{keys: ['escape'], name: 'back', help: 'one step back: search, filter, marks, view', group: 'Moving', run: back},
	{keys: ['-'], name: 'last-view', help: 'what was looked at before', group: 'Moving', run: lastView},

	...ranges.map(
		(words, index): Binding => ({keys: [String(index)], name: `log-range-${index}`, help: `the log: ${words}`, group: 'Logs and texts', scopes: ['log'], run: showRange(index)}),
	),

	{keys: ['1'], name: 'containers', help: 'containers', group: 'Views', scopes: offDigits, run: focus('containers')},
	{keys: ['2'], name: 'images', help: 'images', group: 'Views', scopes: offDigits, run: focus('images')},
	{keys: ['3'], name: 'stats', help: 'statistics', group: 'Views', scopes: offDigits, run: focus('stats')},
	{keys: ['4'], name: 'logs', help: 'logs', group: 'Views', scopes: offDigits, run: focus('logs')},
	{keys: ['5'], name: 'events', help: 'what has happened', group: 'Views', scopes: offDigits, run: showHost('events')},
	{keys: ['6'], name: 'system', help: 'disk use, host, versions, checks', group: 'Views', scopes: offDigits, run: showHost('system')},
	{keys: ['7'], name: 'volumes', help: 'volumes', group: 'Views', run: showHost('volumes')},
	{keys: ['8'], name: 'networks', help: 'networks', group: 'Views', run: showHost('networks')},
	{keys: ['9'], name: 'shells', help: 'shells; without one the sessions that still run', group: 'Views', run: focus('shell')},
	{keys: ['[', 'ctrl-p'], name: 'previous-tab', help: 'previous tab of the page', group: 'Views', scopes: [...onList, 'stats', 'logs', 'log', 'charts', 'text'], run: nextTab(-1)},
	{
		keys: [']', 'ctrl-n'],
		name: 'next-tab',
		help: 'next tab of the page',
		group: 'Views',
		scopes: [...onList, 'stats', 'logs', 'log', 'charts', 'text'],
		hint: 'tabs',
		run: nextTab(1),
	},
	{keys: ['z'], name: 'zoom', help: 'one pane fills the screen', group: 'Views', scopes: ['containers', 'images', 'stats', 'logs', 'shell'], hint: 'zoom', run: zoom},
	{keys: ['+'], name: 'grow', help: 'wider lists', group: 'Views', scopes: ['containers', 'images', 'stats', 'logs', 'shell'], run: resize(4)},
	{keys: ['_'], name: 'shrink', help: 'narrower lists', group: 'Views', scopes: ['containers', 'images', 'stats', 'logs', 'shell'], run: resize(-4)},

	{keys: ['l'], name: 'log', help: 'the log in full; of the marked ones, as one', group: 'Containers', scopes: onContainer, hint: 'log', run: showLogs},
	{keys: ['p'], name: 'previous-log', help: 'the log of the runs before', group: 'Containers', scopes: offLog, run: showPrevious},
	{keys: ['s'], name: 'shell', help: 'a shell in it', group: 'Containers', scopes: offLog, hint: 'shell', changes: true, run: openShell},
	{keys: ['e'], name: 'exec', help: 'run a typed command in it, or in all that are marked', group: 'Containers', scopes: onContainer, hint: 'exec', changes: true, run: askCommand},
	{keys: ['i', 'd'], name: 'inspect', help: 'everything about it', group: 'Containers', scopes: [...onContainer, ...onImage], hint: 'inspect', run: inspect},
	{keys: ['t'], name: 'processes', help: 'its processes', group: 'Containers', scopes: offLog, run: showContainer('processes')},
	{keys: ['f'], name: 'files', help: 'its files', group: 'Containers', scopes: offLog, hint: 'files', run: showContainer('files')},
	{keys: ['C'], name: 'copy-out', help: 'copy a file out of it', group: 'Containers', scopes: ['container'], hint: 'copy out', run: askCopyOut},
	{keys: ['v'], name: 'why', help: 'why it died', group: 'Containers', scopes: [...onContainer, 'events'], hint: 'why', run: showContainer('why')},
	{keys: ['S'], name: 'stop', help: 'stop', group: 'Containers', scopes: onContainer, hint: 'stop', changes: true, run: stop},
	{keys: ['U'], name: 'start', help: 'start', group: 'Containers', scopes: onContainer, hint: 'start', changes: true, run: start},
	{keys: ['R'], name: 'restart', help: 'restart', group: 'Containers', scopes: onContainer, hint: 'restart', changes: true, run: restart},
	{keys: ['P'], name: 'pause', help: 'pause, or resume', group: 'Containers', scopes: onContainer, hint: 'pause', changes: true, run: pause},
	{keys: ['K'], name: 'kill', help: 'send a signal', group: 'Containers', scopes: onContainer, hint: 'kill', changes: true, run: kill},
	{keys: ['A'], name: 'attach', help: 'attach to its main process', group: 'Containers', scopes: onContainer, changes: true, run: askAttach},
	{keys: ['L'], name: 'limits', help: 'edit its limits, live', group: 'Containers', scopes: onContainer, hint: 'limits', changes: true, run: askLimits},
	{keys: ['D'], name: 'remove', help: 'remove', group: 'Containers', scopes: onContainer, hint: 'remove', changes: true, run: remove},
	{keys: ['Z'], name: 'undo', help: 'call back what is not final yet', group: 'Containers', scopes: onContainer, changes: true, run: undo},
	{keys: ['a'], name: 'all', help: 'show or hide those that do not run', group: 'Containers', scopes: ['containers', 'stats'], run: toggleStopped},
	{keys: [], name: 'prune-containers', help: 'remove all that do not run', group: 'Containers', scopes: ['containers'], changes: true, run: prune},

	{keys: ['h'], name: 'image-history', help: 'how it was made', group: 'Images', scopes: onImage, hint: 'history', run: showImage('image-history')},
	{keys: ['f'], name: 'layers', help: 'its layers and their files', group: 'Images', scopes: onImage, run: showImage('layers')},
	{keys: ['N'], name: 'run', help: 'a new container of it', group: 'Images', scopes: onImage, hint: 'run', changes: true, run: askRun},
	{keys: ['T'], name: 'tag', help: 'another name for it', group: 'Images', scopes: onImage, hint: 'tag', changes: true, run: askTag},
	{keys: ['U'], name: 'pull', help: 'pull it anew', group: 'Images', scopes: onImage, hint: 'pull', changes: true, run: pullImages},
	{keys: ['P'], name: 'prune-images', help: 'remove those without a name that nobody uses', group: 'Images', scopes: onImage, hint: 'prune', changes: true, run: prune},
	{keys: ['D'], name: 'remove-image', help: 'remove the image', group: 'Images', scopes: onImage, hint: 'remove', changes: true, run: removeImage},

	{
		keys: ['D'],
		name: 'remove-row',
		help: 'remove the volume or network',
		group: 'Volumes and networks',
		scopes: ['volumes', 'networks'],
		hint: 'remove',
		changes: true,
		run: removeRow,
	},
	{
		keys: ['P'],
		name: 'prune-rows',
		help: 'remove those that nobody uses',
		group: 'Volumes and networks',
		scopes: ['volumes', 'networks'],
		hint: 'prune',
		changes: true,
		run: prune,
	},

	{keys: [' '], name: 'mark', help: 'mark, and on to the next', group: 'Lists', scopes: onList, hint: 'mark', run: mark},
	{keys: ['ctrl-space'], name: 'mark-range', help: 'mark from the last mark to here', group: 'Lists', scopes: onList, run: markRange},
	{keys: ['*'], name: 'mark-all', help: 'mark all that are shown, or none', group: 'Lists', scopes: onList, run: markAll},
	{keys: ['o'], name: 'sort', help: 'sort; the same again reverses', group: 'Lists', scopes: onList, hint: 'sort', run: askSort},
	{keys: ['<'], name: 'sort-left', help: 'the order before', group: 'Lists', scopes: onList, run: nextSort(-1)},
	{keys: ['>'], name: 'sort-right', help: 'the next order', group: 'Lists', scopes: onList, run: nextSort(1)},
	{keys: ['w'], name: 'columns', help: 'choose columns', group: 'Lists', scopes: ['containers'], run: context => askColumns(context)},
	{keys: ['x'], name: 'fold-all', help: 'open or close the whole tree', group: 'Lists', scopes: onSheet, run: foldAll},

	{keys: ['<'], name: 'shorter', help: 'charts of a shorter time', group: 'Charts', scopes: ['stats', 'charts'], hint: 'shorter', run: changeWindow(-1)},
	{keys: ['>'], name: 'longer', help: 'charts of a longer time', group: 'Charts', scopes: ['stats', 'charts'], hint: 'longer', run: changeWindow(1)},

	{keys: ['F'], name: 'follow', help: 'follow, or stand still', group: 'Logs and texts', scopes: onLog, hint: 'follow', run: toggleFollow},
	{keys: ['n'], name: 'next', help: 'next match', group: 'Logs and texts', scopes: onText, hint: 'next', run: searchNext(1)},
	{keys: ['N'], name: 'previous', help: 'previous match', group: 'Logs and texts', scopes: onText, run: searchNext(-1)},
	{keys: ['&'], name: 'only', help: 'only lines that match: &! inverts, &+3 keeps three around', group: 'Logs and texts', scopes: onLog, hint: 'only', run: askOnly},
	{keys: ['w'], name: 'wrap', help: 'wrap long lines', group: 'Logs and texts', scopes: onLog, hint: 'wrap', run: toggleWrap},
	{keys: ['t'], name: 'times', help: 'show the times', group: 'Logs and texts', scopes: onLog, hint: 'times', run: toggleTimes},
	{keys: ['s'], name: 'streams', help: 'all, stdout or stderr', group: 'Logs and texts', scopes: onLog, hint: 'streams', run: nextStream},
	{keys: ['p'], name: 'pretty', help: 'lay out JSON', group: 'Logs and texts', scopes: onLog, hint: 'JSON', run: togglePretty},
	{keys: ['@'], name: 'time', help: 'go to a clock time', group: 'Logs and texts', scopes: onLog, hint: 'time', run: askTime},
	{keys: ['m'], name: 'ruler', help: 'a line across, to see what is new', group: 'Logs and texts', scopes: onLog, run: drawRuler},
	{keys: ['<'], name: 'previous-container', help: 'the log of the container before', group: 'Logs and texts', scopes: onLog, run: otherContainer(-1)},
	{keys: ['>'], name: 'next-container', help: 'the log of the next container', group: 'Logs and texts', scopes: onLog, run: otherContainer(1)},
	{keys: ['V'], name: 'range', help: 'a range of lines begins; c copies it', group: 'Logs and texts', scopes: onLog, run: beginRange},
	{keys: ['f'], name: 'full', help: 'the whole screen', group: 'Logs and texts', scopes: ['logs'], run: showLogs},
	{keys: ['x'], name: 'clear', help: 'empty the pane; the log stays', group: 'Logs and texts', scopes: onLog, run: clearLog},

	{keys: ['['], name: 'previous-shell', help: 'previous shell', group: 'Shells', scopes: ['shell'], hint: 'previous', run: nextShell(-1)},
	{keys: [']'], name: 'next-shell', help: 'next shell', group: 'Shells', scopes: ['shell'], hint: 'next', run: nextShell(1)},
	{keys: ['x'], name: 'close-shell', help: 'close the shell', group: 'Shells', scopes: ['shell'], hint: 'close', run: closeShell},

	{
		keys: ['/', 'f3'],
		name: 'filter',
		help: 'filter a list (web !not ~fzzy label:k=v state:exited), search a text',
		group: 'Everywhere',
		scopes: [...onList, 'stats', 'logs', 'log', 'text'],
		hint: 'filter',
		run: askFilter,
	},
	{keys: [':'], name: 'palette', help: 'every act by its name', group: 'Everywhere', hint: 'palette', run: showPalette},
	{keys: ['c', 'y'], name: 'copy', help: 'copy to your clipboard, over SSH too', group: 'Everywhere', scopes: [...onList, 'stats', 'logs', 'log', 'text', 'charts'], run: copy},
	{keys: ['ctrl-s'], name: 'save', help: 'save what is looked at to a file', group: 'Everywhere', run: askSave},
	{keys: ['u'], name: 'freeze', help: 'freeze the live numbers', group: 'Everywhere', run: freeze},
	{keys: ['M'], name: 'mouse', help: 'mouse on or off', group: 'Everywhere', run: toggleMouse},
	{keys: ['ctrl-r'], name: 'refresh', help: 'read everything again', group: 'Everywhere', run: context => context.refresh()},
	{keys: ['ctrl-l'], name: 'redraw', help: 'draw the screen again', group: 'Everywhere', run: context => context.redraw()},
	{keys: ['ctrl-z'], name: 'suspend', help: 'to the shell; fg comes back', group: 'Everywhere', run: context => context.suspend()},
	{keys: ['?', 'f1'], name: 'help', help: 'this help', group: 'Everywhere', hint: 'help', run: showHelp},
	{keys: ['q'], name: 'quit', help: 'back; at the home screen: leave', group: 'Everywhere', hint: 'quit', run: backOrQuit},
	{keys: ['ctrl-c'], name: 'leave', help: 'leave', group: 'Everywhere', run: quit},
];

/** The table as it is in force: an operator's key file may have given other keys. */
let current = bindings;

export const keyTable = (): readonly Binding[] => current;

/** Other keys for some names. They are taken from whatever had them in the same place. */
export function useKeys(keys: ReadonlyMap<string, readonly string[]>): void {
	const overlaps = (a: Binding, b: Binding): boolean => a.scopes === undefined || b.scopes === undefined || a.scopes.some(scope => b.scopes?.includes(scope));
	const chosen = bindings.filter(({name}) => keys.has(name));
	current = bindings.map(binding => {
		const own = keys.get(binding.name);
		if (own) return {...binding, keys: own};
		const taken = new Set(chosen.filter(other => overlaps(other, binding)).flatMap(({name}) => keys.get(name) ?? []));
		return {...binding, keys: binding.keys.filter(key => !taken.has(key))};
	});
}

const hostScopes: Readonly<Partial<Record<string, Scope>>> = {events: 'events', volumes: 'volumes', networks: 'networks'};

export function scopeOf({view, focus, page}: Pick<State, 'view' | 'focus' | 'page'>): Scope {
	if (view === 'home') return focus;
	if (view === 'stats') return 'charts';
	if (view !== 'sheet') return view;
	if (page?.kind === 'host') return hostScopes[page.tab] ?? 'system';
	return page?.kind === 'image' ? 'image' : 'container';
}

export const isBound = ({scopes}: Binding, scope: Scope): boolean => scopes === undefined || scopes.includes(scope);

export const findBinding = (key: string, scope: Scope): Binding | undefined => current.find(binding => binding.keys.includes(key) && isBound(binding, scope));

/** For the key line: what is most wanted here. */
export const hintsFor = (scope: Scope, readOnly: boolean): ReadonlyArray<{readonly key: string; readonly label: string}> =>
	current
		.filter(binding => binding.hint !== undefined && binding.keys.length > 0 && isBound(binding, scope) && !(readOnly && binding.changes))
		.map(({keys, hint}) => ({key: keyLabel(keys[0] ?? ''), label: hint ?? ''}));

const labels: Readonly<Record<string, string>> = {
	' ': 'Space',
	enter: 'Enter',
	escape: 'Esc',
	up: '↑',
	down: '↓',
	left: '←',
	right: '→',
	tab: 'Tab',
	'shift-tab': 'Shift-Tab',
	pageup: 'PgUp',
	pagedown: 'PgDn',
	home: 'Home',
	end: 'End',
	f1: 'F1',
	f3: 'F3',
};

export const keyLabel = (key: string): string => labels[key] ?? key.replace(/^ctrl-space$/, 'Ctrl-Space').replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter}`);
