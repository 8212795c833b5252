import type {Context} from '../actions/context.ts';
import {kill} from '../actions/kill.ts';
import {askFilter, askSort, changeWindow, freeze, nextStream, searchNext, toggleFollow, toggleMouse, toggleStopped, toggleTimes, toggleWrap} from '../actions/look.ts';
import {closeShell, focus, focusNext, move, nextShell, scrollColumns, zoom} from '../actions/move.ts';
import {showHelp, showPalette} from '../actions/overlay.ts';
import {pause} from '../actions/pause.ts';
import {backOrQuit, quit} from '../actions/quit.ts';
import {remove, removeImage} from '../actions/remove.ts';
import {restart} from '../actions/restart.ts';
import {askCommand, openShell} from '../actions/shell.ts';
import {start} from '../actions/start.ts';
import {stop} from '../actions/stop.ts';
import {back, inspect, open, showView} from '../actions/views.ts';
import type {State} from '../store/state.ts';

/** Where a key means something. */
export type Scope = 'containers' | 'images' | 'stats' | 'log' | 'text' | 'events' | 'shell';

export type Binding = {
	readonly keys: readonly string[];
	/** In the palette, and in the user's mouth. */
	readonly name: string;
	readonly help: string;
	readonly group: 'Moving' | 'Containers' | 'Images' | 'Charts' | 'Logs and texts' | 'Shells' | 'Everywhere';
	/** Absent: everywhere. */
	readonly scopes?: readonly Scope[];
	/** Two words for the key line. */
	readonly hint?: string;
	readonly run: (context: Context) => unknown;
};

const onContainer: readonly Scope[] = ['containers', 'stats', 'log'];
const onText: readonly Scope[] = ['log', 'text'];

/** The one table of keys: lower case looks or types, upper case changes. Help, palette and key line are made from it. */
export const bindings: readonly Binding[] = [
	{keys: ['enter'], name: 'open', help: 'open: log of the container, the image, typing in the shell', group: 'Moving', hint: 'open', run: open},
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
	{keys: ['1'], name: 'containers', help: 'containers', group: 'Moving', run: focus('containers')},
	{keys: ['2'], name: 'images', help: 'images', group: 'Moving', run: focus('images')},
	{keys: ['3'], name: 'stats', help: 'statistics', group: 'Moving', run: focus('stats')},
	{keys: ['4'], name: 'logs', help: 'logs', group: 'Moving', run: focus('logs')},
	{keys: ['5'], name: 'shells', help: 'shells', group: 'Moving', run: focus('shell')},

	{keys: ['l'], name: 'log', help: 'the log in full', group: 'Containers', scopes: ['containers', 'stats', 'log'], hint: 'log', run: showView('log')},
	{keys: ['s'], name: 'shell', help: 'a shell in it', group: 'Containers', scopes: ['containers', 'stats'], hint: 'shell', run: openShell},
	{keys: ['e'], name: 'exec', help: 'run a typed command in it', group: 'Containers', scopes: onContainer, hint: 'exec', run: askCommand},
	{keys: ['i', 'd'], name: 'inspect', help: 'everything about it', group: 'Containers', scopes: [...onContainer, 'images'], hint: 'inspect', run: inspect},
	{keys: ['S'], name: 'stop', help: 'stop', group: 'Containers', scopes: onContainer, hint: 'stop', run: stop},
	{keys: ['U'], name: 'start', help: 'start', group: 'Containers', scopes: onContainer, hint: 'start', run: start},
	{keys: ['R'], name: 'restart', help: 'restart', group: 'Containers', scopes: onContainer, hint: 'restart', run: restart},
	{keys: ['P'], name: 'pause', help: 'pause, or resume', group: 'Containers', scopes: onContainer, hint: 'pause', run: pause},
	{keys: ['K'], name: 'kill', help: 'send a signal', group: 'Containers', scopes: onContainer, hint: 'kill', run: kill},
	{keys: ['D'], name: 'remove', help: 'remove', group: 'Containers', scopes: onContainer, hint: 'remove', run: remove},
	{keys: ['a'], name: 'all', help: 'show or hide those that do not run', group: 'Containers', scopes: ['containers', 'stats'], run: toggleStopped},

	{keys: ['D'], name: 'remove-image', help: 'remove the image', group: 'Images', scopes: ['images'], hint: 'remove', run: removeImage},

	{keys: ['<'], name: 'shorter', help: 'charts of a shorter time', group: 'Charts', scopes: ['containers', 'stats'], run: changeWindow(-1)},
	{keys: ['>'], name: 'longer', help: 'charts of a longer time', group: 'Charts', scopes: ['containers', 'stats'], run: changeWindow(1)},

	{keys: ['F'], name: 'follow', help: 'follow, or stand still', group: 'Logs and texts', scopes: ['log'], hint: 'follow', run: toggleFollow},
	{keys: ['n'], name: 'next', help: 'next match', group: 'Logs and texts', scopes: onText, hint: 'next', run: searchNext(1)},
	{keys: ['N'], name: 'previous', help: 'previous match', group: 'Logs and texts', scopes: onText, run: searchNext(-1)},
	{keys: ['w'], name: 'wrap', help: 'wrap long lines', group: 'Logs and texts', scopes: ['log'], hint: 'wrap', run: toggleWrap},
	{keys: ['t'], name: 'times', help: 'show the times', group: 'Logs and texts', scopes: ['log'], hint: 'times', run: toggleTimes},
	{keys: ['s'], name: 'streams', help: 'all, stdout or stderr', group: 'Logs and texts', scopes: ['log'], hint: 'streams', run: nextStream},
	{keys: ['left'], name: 'left', help: 'scroll to the left', group: 'Logs and texts', scopes: onText, run: scrollColumns(-8)},
	{keys: ['right'], name: 'right', help: 'scroll to the right', group: 'Logs and texts', scopes: onText, run: scrollColumns(8)},

	{keys: ['['], name: 'previous-shell', help: 'previous shell', group: 'Shells', scopes: ['shell'], hint: 'previous', run: nextShell(-1)},
	{keys: [']'], name: 'next-shell', help: 'next shell', group: 'Shells', scopes: ['shell'], hint: 'next', run: nextShell(1)},
	{keys: ['x'], name: 'close-shell', help: 'close the shell', group: 'Shells', scopes: ['shell'], hint: 'close', run: closeShell},

	{
		keys: ['/', 'f3'],
		name: 'filter',
		help: 'filter a list (web !not ~fzzy label:k=v state:exited), search a text',
		group: 'Everywhere',
		scopes: ['containers', 'images', 'stats', 'log', 'text'],
		hint: 'filter',
		run: askFilter,
	},
	{keys: ['o'], name: 'sort', help: 'sort the list', group: 'Everywhere', scopes: ['containers', 'images'], hint: 'sort', run: askSort},
	{keys: ['z'], name: 'zoom', help: 'one pane fills the screen', group: 'Everywhere', scopes: ['containers', 'images', 'stats', 'log', 'shell'], hint: 'zoom', run: zoom},
	{keys: ['v'], name: 'events', help: 'what has happened', group: 'Everywhere', hint: 'events', run: showView('events')},
	{keys: ['u'], name: 'freeze', help: 'freeze the live numbers', group: 'Everywhere', run: freeze},
	{keys: [':'], name: 'palette', help: 'every act by its name', group: 'Everywhere', hint: 'palette', run: showPalette},
	{keys: ['?', 'f1'], name: 'help', help: 'this help', group: 'Everywhere', hint: 'help', run: showHelp},
	{keys: ['M'], name: 'mouse', help: 'mouse on or off', group: 'Everywhere', run: toggleMouse},
	{keys: ['ctrl-r'], name: 'refresh', help: 'read everything again', group: 'Everywhere', run: context => context.refresh()},
	{keys: ['ctrl-l'], name: 'redraw', help: 'draw the screen again', group: 'Everywhere', run: context => context.redraw()},
	{keys: ['ctrl-z'], name: 'suspend', help: 'to the shell; fg comes back', group: 'Everywhere', run: context => context.suspend()},
	{keys: ['escape'], name: 'back', help: 'one step back', group: 'Everywhere', run: back},
	{keys: ['q'], name: 'quit', help: 'back; at the home screen: leave', group: 'Everywhere', hint: 'quit', run: backOrQuit},
	{keys: ['ctrl-c'], name: 'leave', help: 'leave', group: 'Everywhere', run: quit},
];

export function scopeOf({view, focus}: Pick<State, 'view' | 'focus'>): Scope {
	if (view !== 'home') return view;
	return focus === 'logs' ? 'log' : focus;
}

export const isBound = ({scopes}: Binding, scope: Scope): boolean => scopes === undefined || scopes.includes(scope);

export const findBinding = (key: string, scope: Scope): Binding | undefined => bindings.find(binding => binding.keys.includes(key) && isBound(binding, scope));

/** For the key line: what is most wanted here. */
export const hintsFor = (scope: Scope): ReadonlyArray<{readonly key: string; readonly label: string}> =>
	bindings.filter(binding => binding.hint !== undefined && isBound(binding, scope)).map(({keys, hint}) => ({key: keyLabel(keys[0] ?? ''), label: hint ?? ''}));

const labels: Readonly<Record<string, string>> = {
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

export const keyLabel = (key: string): string => labels[key] ?? key.replace(/^ctrl-(.)/, (_, letter: string) => `Ctrl-${letter}`);
