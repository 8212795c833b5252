import {formatShortBytes} from '../format.ts';
import type {FileEntry} from '../store/engine-port.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {Role} from '../theme/palette.ts';
import {cell, type Loaded, type Reading, type TabSpec, targetId} from './tab.ts';

const kindMask = 0o170000;
const letters: Readonly<Record<number, string>> = {0o040000: 'd', 0o100000: '-', 0o120000: 'l', 0o060000: 'b', 0o020000: 'c', 0o010000: 'p', 0o140000: 's'};

const kindOf = (mode: number): string => letters[mode & kindMask] ?? '?';

/** `drwxr-xr-x`, with the set bits as ls shows them. */
export function modeText(mode: number): string {
	const three = (shift: number, special: number, letter: string): string => {
		const bits = mode >> shift;
		const run = mode & special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-';
		return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${run}`;
	};
	return kindOf(mode) + three(6, 0o4000, 's') + three(3, 0o2000, 's') + three(0, 0o1000, 't');
}

const roleOf = (mode: number): Role => (kindOf(mode) === 'd' ? 'cpu' : kindOf(mode) === 'l' ? 'read' : kindOf(mode) !== '-' ? 'warn' : mode & 0o111 ? 'good' : 'text');

const pad = (value: number): string => String(value).padStart(2, '0');

function dateText(seconds: number): string {
	const date = new Date(seconds * 1000);
	return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

function toNode(folder: string, {name, mode, uid, gid, size, mtime, link}: FileEntry): SheetNode {
	const key = `${folder === '/' ? '' : folder}/${name}`;
	const isFolder = kindOf(mode) === 'd';
	return {
		key,
		lazy: isFolder,
		cells: {
			name: cell(link === '' ? name : `${name} → ${link}`, roleOf(mode)),
			size: cell(isFolder ? '' : formatShortBytes(size), 'text', isFolder ? -1 : size),
			mode: cell(modeText(mode), 'faint'),
			owner: cell(`${uid}:${gid}`, 'faint'),
			time: cell(dateText(mtime), 'muted', mtime),
		},
	};
}

const read = async ({engine, ...reading}: Reading, folder: string): Promise<SheetNode[]> =>
	(await engine.listFolder(targetId({engine, ...reading}), folder)).map(entry => toNode(folder, entry));

export const files: TabSpec = {
	title: 'Files',
	kind: 'container',
	view: 'sheet',
	empty: 'The root folder is empty',
	columns: [
		{name: 'name', title: 'NAME', width: 24, grow: 3, keep: 100},
		{name: 'size', title: 'SIZE', width: 7, align: 'right', keep: 90},
		{name: 'mode', title: 'MODE', width: 10, keep: 70},
		{name: 'owner', title: 'OWNER', width: 11, keep: 50},
		{name: 'time', title: 'CHANGED', width: 16, keep: 60},
	],
	load: async (reading): Promise<Loaded> => ({nodes: await read(reading, '/'), note: 'Enter opens, c copies the path, C copies the file out'}),
	loadChildren: read,
};

const changes: Readonly<Record<string, readonly [words: string, role: Role]>> = {A: ['added', 'good'], C: ['changed', 'warn'], D: ['deleted', 'bad']};

/** Every change as a path of its own: what changed in a folder is found by its filter. */
export const changed: TabSpec = {
	title: 'Changes',
	kind: 'container',
	view: 'sheet',
	empty: 'Its files are those of the image',
	columns: [
		{name: 'kind', title: 'WHAT', width: 8, keep: 100},
		{name: 'path', title: 'PATH', width: 40, grow: 1, keep: 90},
	],
	async load(reading): Promise<Loaded> {
		const found = await reading.engine.changes(targetId(reading));
		return {
			nodes: found.map(({kind, path}) => ({key: path, cells: {kind: cell(changes[kind]?.[0] ?? kind, changes[kind]?.[1]), path: cell(path, kind === 'D' ? 'muted' : 'text')}})),
			note: 'against the image',
		};
	},
};
