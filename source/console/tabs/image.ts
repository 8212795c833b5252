import {formatAge, formatBytes, formatShortBytes} from '../format.ts';
import type {PathChange} from '../store/engine-port.ts';
import type {SheetNode} from '../store/sheet.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

/** `RUN /bin/sh -c apt-get …` without what every line has. */
export const stepWords = (createdBy: string): string =>
	createdBy
		.replace(/^\/bin\/sh -c #\(nop\)\s+/, '')
		.replace(/^\/bin\/sh -c /, 'RUN ')
		.replace(/\s+/g, ' ')
		.replace(/ # buildkit$/, '');

export const history: TabSpec = {
	title: 'History',
	kind: 'image',
	view: 'sheet',
	empty: 'The image does not say how it was made',
	columns: [
		{name: 'age', title: 'AGE', width: 5, align: 'right', keep: 60},
		{name: 'size', title: 'SIZE', width: 7, align: 'right', keep: 90},
		{name: 'step', title: 'MADE BY', width: 30, grow: 4, keep: 100},
		{name: 'comment', title: 'COMMENT', width: 10, grow: 1, keep: 30},
	],
	load(reading): Loaded {
		const lines = reading.engine.imageHistory(targetId(reading));
		const total = lines.reduce((sum, {Size}) => sum + Size, 0);
		return {
			nodes: lines.map(
				({Created, CreatedBy, Size, Comment}, index): SheetNode => ({
					key: String(index),
					cells: {
						age: cell(Created > 0 ? formatAge(new Date(Created * 1000).toISOString(), reading.state.now) : '–', 'faint', -Created),
						size: cell(Size > 0 ? formatShortBytes(Size) : '–', Size > total / 4 && Size > 0 ? 'warn' : Size > 0 ? 'text' : 'faint', Size),
						step: cell(stepWords(CreatedBy), Size > 0 ? 'strong' : 'muted'),
						comment: cell(Comment, 'faint'),
					},
				}),
			),
			note: `${formatBytes(total)} in ${lines.filter(({Size}) => Size > 0).length} layers, newest first`,
		};
	},
};

const changeRoles = {added: 'good', changed: 'warn', removed: 'bad'} as const;

type Folder = {readonly folders: Map<string, Folder>; readonly files: Array<readonly [name: string, change: PathChange]>};

const newFolder = (): Folder => ({folders: new Map(), files: []});

/** Paths of a layer as a tree. */
function toTree(changes: readonly PathChange[]): Folder {
	const root = newFolder();
	for (const change of changes) {
		const parts = change.path.replace(/^\//, '').split('/');
		const name = parts.pop() ?? '';
		let folder = root;
		for (const part of parts) {
			let next = folder.folders.get(part);
			if (!next) folder.folders.set(part, (next = newFolder()));
			folder = next;
		}
		folder.files.push([name, change]);
	}
	return root;
}

const sizeOf = ({folders, files}: Folder): number => files.reduce((sum, [, {size}]) => sum + size, 0) + [...folders.values()].reduce((sum, folder) => sum + sizeOf(folder), 0);

const fileCells = (name: string, size: number, hides: number, change: keyof typeof changeRoles | ''): SheetNode['cells'] => ({
	what: cell(name, change === '' ? 'cpu' : change === 'removed' ? 'muted' : 'text'),
	size: cell(size > 0 ? formatShortBytes(size) : '', 'text', size),
	hides: cell(hides > 0 ? formatShortBytes(hides) : '', 'warn', hides),
	change: cell(change, change === '' ? 'faint' : changeRoles[change]),
});

/** The largest first, as in the tools that look for what to save. */
function folderNodes(key: string, {folders, files}: Folder): SheetNode[] {
	const below = [...folders].map(
		([name, folder]): SheetNode => ({key: `${key}/${name}`, cells: fileCells(`${name}/`, sizeOf(folder), 0, ''), children: folderNodes(`${key}/${name}`, folder)}),
	);
	// A folder that is new and has something in it is there twice: as itself, and above what is in it.
	const own = files
		.filter(([name]) => !folders.has(name))
		.map(([name, {size, hides, change}]): SheetNode => ({key: `${key}/${name}`, cells: fileCells(name, size, hides, change)}));
	return [...below, ...own].sort((a, b) => (b.cells['size']?.sort ?? 0) - (a.cells['size']?.sort ?? 0));
}

export const layers: TabSpec = {
	title: 'Layers',
	kind: 'image',
	view: 'sheet',
	empty: 'It has no layers',
	columns: [
		{name: 'what', title: 'LAYER, THEN ITS FILES', width: 30, grow: 3, keep: 100},
		{name: 'size', title: 'SIZE', width: 7, align: 'right', keep: 90},
		{name: 'hides', title: 'HIDES', width: 7, align: 'right', keep: 80},
		{name: 'change', title: 'WHAT', width: 20, grow: 1, keep: 70},
	],
	async load(reading): Promise<Loaded> {
		const image = await reading.engine.imageFiles(targetId(reading));
		const list = image.layers.map(
			({createdBy, size, hides, added, changed, removed, files, diffId}, index): SheetNode => ({
				key: `layer ${index}`,
				cells: {
					what: cell(`${index + 1}  ${stepWords(createdBy) || diffId.slice(7, 19)}`, 'title'),
					size: cell(formatShortBytes(size), size > image.size / 3 ? 'warn' : 'text', size),
					hides: cell(hides > 0 ? formatShortBytes(hides) : '', 'warn', hides),
					change: cell(`${added} added${changed > 0 ? `, ${changed} changed` : ''}${removed > 0 ? `, ${removed} removed` : ''}`, 'muted'),
				},
				children: folderNodes(`layer ${index}`, toTree(files)),
			}),
		);
		const wasted = image.wastedFiles.slice(0, 200).map(
			({path, count, bytes}): SheetNode => ({
				key: `wasted ${path}`,
				cells: {...fileCells(path, 0, bytes, ''), what: cell(path, 'text'), change: cell(`in ${count} layers`, 'muted')},
			}),
		);
		const waste: SheetNode = {
			key: 'wasted',
			cells: {
				what: cell('Wasted: in a layer, but not in the image', 'warn'),
				size: cell(''),
				hides: cell(formatShortBytes(image.wasted), 'warn'),
				change: cell(`${image.wastedFiles.length} paths`, 'muted'),
			},
			children: wasted,
		};
		return {
			nodes: [...list, ...(image.wasted > 0 ? [waste] : [])],
			note: `${formatBytes(image.size)}, ${image.size > 0 ? Math.round((1 - image.wasted / image.size) * 100) : 100}% of it used`,
			open: image.layers.length === 1 ? ['layer 0'] : [],
		};
	},
};
