import type {Context} from '../actions/context.ts';
import {setTheme} from '../actions/look.ts';
import {visibleContainers} from '../store/select.ts';
import type {State} from '../store/state.ts';
import {bindings, isBound, keyLabel, scopeOf} from './table.ts';

export type PaletteEntry = {readonly name: string; readonly help: string; readonly key: string; readonly run: (context: Context) => unknown};

const extra: readonly PaletteEntry[] = [
	{name: 'theme dark', help: 'colours for a dark terminal', key: '', run: setTheme('dark')},
	{name: 'theme light', help: 'colours for a light terminal', key: '', run: setTheme('light')},
	{name: 'theme auto', help: 'colours as the terminal says', key: '', run: setTheme('auto')},
];

const isSubsequence = (needle: string, text: string): boolean => {
	let at = 0;
	for (const letter of text) if (letter === needle[at]) at++;
	return at === needle.length;
};

/** How well a name answers what was typed: 0 best. */
function rank(name: string, typed: string): number {
	if (name === typed) return 0;
	if (name.startsWith(typed)) return 1;
	return name.includes(typed) ? 2 : 3;
}

/** What can be done here, best match first. `stop web`: a name after the act is its target. */
export function paletteEntries(state: State, text: string): readonly PaletteEntry[] {
	const [typed = ''] = text.trim().toLowerCase().split(/\s+/);
	const whole = text.trim().toLowerCase();
	const scope = scopeOf(state);
	const acts = bindings
		.filter(binding => isBound(binding, scope) || state.view === 'home')
		.map(({name, help, keys, run}): PaletteEntry => ({name, help, key: keyLabel(keys[0] ?? ''), run}));
	return [...acts, ...extra]
		.filter(({name}) => isSubsequence(typed, name) || name.startsWith(whole))
		.map((entry, index) => ({entry, index, rank: entry.name.startsWith(whole) ? rank(entry.name, whole) : rank(entry.name, typed) + 1}))
		.sort((a, b) => a.rank - b.rank || a.index - b.index)
		.map(({entry}) => entry);
}

/** Selects the container that the second word names, then acts. */
export function runEntry(context: Context, entry: PaletteEntry, text: string): void {
	const argument = text.trim().slice(entry.name.length).trim();
	const {store} = context;
	const named = argument === '' || entry.name.includes(' ') ? undefined : visibleContainers(store.getState()).find(({name, id}) => name === argument || id.startsWith(argument));
	if (argument !== '' && !named && text.trim().startsWith(entry.name)) {
		store.dispatch({type: 'message', message: {kind: 'error', text: `There is no container ${argument} in the list.`, until: Date.now() + 6000}});
		return;
	}
	if (named) store.dispatch({type: 'focused', pane: 'containers'}, {type: 'selected', list: 'containers', id: named.id});
	void entry.run(context);
}
