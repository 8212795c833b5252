import type {SheetNode} from '../store/sheet.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const rolesOf = {string: 'receive', number: 'write', boolean: 'busy'} as const;

function toNode(key: string, name: string, value: unknown): SheetNode {
	if (!isObject(value)) {
		const role = rolesOf[typeof value as keyof typeof rolesOf] ?? 'faint';
		return {key, cells: {name: cell(name, 'cpu'), value: cell(typeof value === 'string' ? value : JSON.stringify(value), role)}};
	}
	const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
	const size = Array.isArray(value) ? `[ ${entries.length} ]` : `{ ${entries.length} }`;
	return {
		key,
		cells: {name: cell(name, 'title'), value: cell(entries.length === 0 ? size.replaceAll(/ 0 /g, '') : size, 'faint')},
		children: entries.map(([child, inner]) => toNode(`${key}/${child}`, child, inner)),
	};
}

const openAtFirst = new Set(['/State', '/Config', '/NetworkSettings']);

/** JSON as a tree that folds. */
export function toTree(value: Record<string, unknown>): Loaded {
	const nodes = Object.entries(value).map(([name, inner]) => toNode(`/${name}`, name, inner));
	return {nodes, note: 'Enter folds', open: nodes.map(({key}) => key).filter(key => openAtFirst.has(key))};
}

const columns: TabSpec['columns'] = [
	{name: 'name', title: 'KEY', width: 24, grow: 1, keep: 100},
	{name: 'value', title: 'VALUE', width: 20, grow: 3, keep: 90},
];

export const inspect: TabSpec = {
	title: 'Inspect',
	kind: 'container',
	view: 'sheet',
	columns,
	reload: 'event',
	load: reading => toTree(reading.engine.inspectContainer(targetId(reading))),
};

export const imageConfig: TabSpec = {title: 'Inspect', kind: 'image', view: 'sheet', columns, load: reading => toTree(reading.engine.inspectImage(targetId(reading)))};
