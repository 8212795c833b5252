import type {Context} from '../actions/context.ts';
import {setTheme} from '../actions/display.ts';
import {showHost} from '../actions/views.ts';
import {quit} from '../actions/quit.ts';
import type {Overlay, State} from '../store/state.ts';
import {isBound, keyLabel, keyTable, scopeOf} from './table.ts';

export type PaletteEntry = {
	readonly name: string;
	readonly help: string;
	readonly key: string;
	readonly run: (context: Context) => unknown /** A container's name may follow. */;
	readonly takesName: boolean;
};

const extra: readonly PaletteEntry[] = [
	{name: 'theme dark', help: 'colours for a dark terminal', key: '', run: setTheme('dark'), takesName: false},
	{name: 'theme light', help: 'colours for a light terminal', key: '', run: setTheme('light'), takesName: false},
	{name: 'theme auto', help: 'colours as the terminal says', key: '', run: setTheme('auto'), takesName: false},
	{name: 'actions', help: 'the audit trail: who did what', key: '', run: showHost('actions'), takesName: false},
	{name: 'q', help: 'leave', key: '', run: quit, takesName: false},
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
	const acts = keyTable()
		.filter(binding => (isBound(binding, scope) || state.view === 'home' || binding.group === 'Views') && !(state.settings.readOnly && binding.changes))
		.map(({name, help, keys, run, group}): PaletteEntry => ({name, help, key: keyLabel(keys[0] ?? ''), run, takesName: group === 'Containers'}));
	return [...acts, ...extra]
		.filter(({name}) => isSubsequence(typed, name) || name.startsWith(whole))
		.map((entry, index) => ({entry, index, rank: entry.name.startsWith(whole) ? rank(entry.name, whole) : rank(entry.name, typed) + 1}))
		.sort((a, b) => a.rank - b.rank || a.index - b.index)
		.map(({entry}) => entry);
}

/** Tab: the name of the act under the cursor, then the names of containers in turn. */
export function completePalette(state: State, {text, index}: Extract<Overlay, {kind: 'palette'}>): string {
	const entry = paletteEntries(state, text)[index];
	if (!entry) return text;
	if (!text.startsWith(`${entry.name} `)) return entry.takesName ? `${entry.name} ` : entry.name;
	const typed = text.slice(entry.name.length + 1);
	const names = state.containers.map(({name}) => name).sort();
	const matching = names.filter(name => name.startsWith(typed));
	const next = names[(names.indexOf(typed) + 1) % Math.max(1, names.length)];
	const chosen = matching.length === 1 && matching[0] === typed ? next : (matching.find(name => name !== typed) ?? typed);
	return `${entry.name} ${chosen ?? ''}`;
}

/** Selects the container that the second word names, then acts. */
export function runEntry(context: Context, entry: PaletteEntry, text: string): void {
	const argument = text.trim().startsWith(entry.name) ? text.trim().slice(entry.name.length).trim() : '';
	const {store} = context;
	if (argument !== '' && entry.takesName) {
		const named = store.getState().containers.find(({name, id}) => name === argument || (argument.length > 3 && id.startsWith(argument)));
		if (!named) {
			store.dispatch({type: 'message', message: {kind: 'error', text: `There is no container ${argument}.`, until: Date.now() + 6000}});
			return;
		}
		// A filter would hide it, and the marks of others would be meant.
		store.dispatch(
			{type: 'focused', pane: 'containers'},
			{type: 'filtered', list: 'containers', filter: ''},
			{type: 'marked', list: 'containers', marks: new Set()},
			{type: 'selected', list: 'containers', id: named.id},
		);
	}
	void entry.run(context);
}
