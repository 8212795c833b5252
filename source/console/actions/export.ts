import {writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {resolve} from 'node:path';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {stripColors} from '../../terminal/width.ts';
import {shownIndices} from '../store/log-window.ts';
import {imageName, listInFocus, selectedContainer, selectedImage, selectedRow, visibleContainers, visibleImages, visibleRows} from '../store/select.ts';
import type {MenuItem, State} from '../store/state.ts';
import {type Context, complain, inform} from './context.ts';

/** A line of a log as text: no colours, no controls. */
const logText = (log: string): string => sanitizeLine(stripColors(log.replace(/[\r\n]+$/, '')));

const inLog = ({view, focus}: State): boolean => view === 'log' || (view === 'home' && focus === 'logs');

function logLines({log, logLook}: State, from = 0, to = Number.POSITIVE_INFINITY): string[] {
	return shownIndices(log, logLook)
		.filter(index => log.first + index >= from && log.first + index <= to)
		.map(index => log.entries[index])
		.flatMap(entry => (entry ? [(logLook.times ? `${entry.time} ` : '') + logText(entry.log)] : []));
}

/** What is looked at as lines of plain text. */
function viewLines(state: State): string[] {
	if (inLog(state)) return logLines(state);
	if (state.view === 'text') return [...(state.text?.lines ?? [])];
	if (state.view === 'sheet')
		return visibleRows(state).map(
			({node, depth}) =>
				'  '.repeat(depth) +
				Object.values(node.cells)
					.map(({text}) => text)
					.join('\t'),
		);
	if (state.focus === 'images') return visibleImages(state).map(image => [imageName(image), image.id, image.size, image.createdAt].join('\t'));
	return visibleContainers(state).map(({name, id, image, status, exitCode}) => [name, id, image, status, exitCode ?? ''].join('\t'));
}

const stamp = (now: number): string => new Date(now).toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');

/** `Ctrl-s`: where to? */
export function askSave({store}: Context): void {
	const state = store.getState();
	const what = state.view === 'home' ? state.focus : (state.page?.tab ?? state.view);
	const name = inLog(state) || state.page?.target ? `${(state.page?.target?.name ?? selectedContainer(state)?.name ?? 'host').replaceAll(/[^\w.-]/g, '_')}-` : '';
	store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'save', label: 'save as', text: `~/${name}${what}-${stamp(state.now)}.txt`, before: ''}});
}

/** Never over a file that is there. */
export function saveView(context: Context, path: string): void {
	const lines = viewLines(context.store.getState());
	const file = resolve(path.replace(/^~(?=\/)/, homedir()));
	try {
		writeFileSync(file, `${lines.join('\n')}\n`, {flag: 'wx', mode: 0o600});
		inform(context, `Saved ${lines.length} lines as ${file}`);
	} catch (error) {
		complain(context, (error as NodeJS.ErrnoException).code === 'EEXIST' ? new Error(`${file} is there already: choose another name`) : error);
	}
}

function put(context: Context, what: string, text: string): void {
	if (context.copy(text)) inform(context, `Copied ${what}: ${sanitizeLine(text.split('\n')[0] ?? '').slice(0, 60)}`);
	else complain(context, new Error('This is too long for the clipboard of a terminal: Ctrl-s saves it'));
}

const item = (label: string, value: string | undefined): MenuItem[] => (value ? [{value, label, hint: sanitizeLine(value).slice(0, 60)}] : []);

/** Of what is under the cursor: everything that one may want elsewhere. */
function copyItems(state: State): readonly MenuItem[] {
	const list = listInFocus(state);
	if (list === 'sheet') {
		const row = selectedRow(state);
		const cells = Object.entries(row?.node.cells ?? {});
		return [...cells.flatMap(([name, {text}]) => item(name, text)), ...item('the line', cells.map(([, {text}]) => text).join('\t'))];
	}
	if (list === 'images' && state.view === 'home') {
		const image = selectedImage(state);
		return image ? [...item('name', imageName(image)), ...item('id', image.id), ...item('digest', image.digest)] : [];
	}
	const container = selectedContainer(state);
	if (!container) return [];
	const addresses = Object.values(container.networks)
		.map(({ip}) => ip)
		.filter(ip => ip !== '')
		.join(' ');
	return [
		...item('name', container.name),
		...item('id', container.id),
		...item('image', container.image),
		...item('address', addresses),
		...item('command', container.command),
		...item('shell into it', `hawser exec -it ${container.name} sh`),
	];
}

/** `c` and `y`: a line or a range of a log, else a choice of what there is. */
export function copy(context: Context): void {
	const {store} = context;
	const state = store.getState();
	if (inLog(state)) return copyLog(context, state);
	if (state.view === 'text') return put(context, 'the line', state.text?.lines[state.text.top] ?? '');
	const items = copyItems(state);
	if (items.length === 0) return inform(context, 'There is nothing to copy');
	store.dispatch({type: 'overlay', overlay: {kind: 'menu', purpose: 'copy', title: 'Copy', items, index: 0}});
}

export const copyItem = (context: Context, value: string): void => put(context, 'it', value);

/** The line that search stands at, the first of what is seen, or the newest; a range that `V` began ends here. */
function copyLog(context: Context, state: State): void {
	const {log, logLook} = state;
	const at = logLook.match ?? logLook.top ?? log.first + log.entries.length - 1;
	const from = logLook.range ?? at;
	const lines = logLines(state, Math.min(from, at), Math.max(from, at));
	context.store.dispatch({type: 'log-look', look: {range: undefined}});
	if (lines.length === 0) return inform(context, 'There is no line to copy');
	put(context, lines.length === 1 ? 'the line' : `${lines.length} lines`, lines.join('\n'));
}
