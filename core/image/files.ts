import {type LayerEntry, listLayer} from '../layer/list.ts';
import type {Digest} from '../oci/digest.ts';
import {findImage} from './find.ts';
import {configOf, imageRow} from './record.ts';
import type {ImageStore} from './store.ts';

/** What a layer does to one path. Folders count when they are new; a folder that is merely passed through is no change. */
export type PathChange = {
	readonly path: string;
	readonly change: 'added' | 'changed' | 'removed';
	/** Bytes that it brings. */
	readonly size: number;
	/** Bytes of the layers below that nobody sees any more because of it. */
	readonly hides: number;
};

export type LayerFiles = {
	readonly diffId: Digest;
	readonly createdBy: string;
	readonly size: number;
	readonly added: number;
	readonly changed: number;
	readonly removed: number;
	readonly hides: number;
	readonly files: readonly PathChange[];
};

export type ImageFiles = {
	readonly id: Digest;
	/** Bytes of all layers. */
	readonly size: number;
	/** Those that are in a layer and not in the image. */
	readonly wasted: number;
	/** Lowest first. */
	readonly layers: readonly LayerFiles[];
	/** Paths whose bytes are wasted, the worst first; `count`: in how many layers. */
	readonly wastedFiles: ReadonlyArray<{readonly path: string; readonly count: number; readonly bytes: number}>;
};

/** A path as the layers so far leave it. */
type Node = {size: number; children: Map<string, Node> | undefined};
type Waste = Map<string, {count: number; bytes: number}>;

/** What each layer of an image adds, changes and hides, from the unpacked layers. */
export async function imageFiles(store: ImageStore, ref: string): Promise<ImageFiles> {
	const {id, chainIds, diffIds} = findImage(store, ref);
	const row = imageRow(store.db, id);
	const steps = row ? configOf(row).history.filter(({emptyLayer}) => !emptyLayer) : [];
	const root: Node = folder();
	const waste: Waste = new Map();
	const layers: LayerFiles[] = [];
	for (const [index, chainId] of chainIds.entries()) {
		const files: PathChange[] = [];
		for await (const entry of listLayer({root: store.root, helper: store.native.layer}, chainId)) {
			const change = applyEntry(root, entry, waste);
			if (change) files.push(change);
		}
		layers.push({diffId: diffIds[index] ?? chainId, createdBy: steps.length === chainIds.length ? (steps[index]?.createdBy ?? '') : '', ...totals(files), files});
	}
	const wastedFiles = [...waste].map(([path, {count, bytes}]) => ({path, count, bytes})).sort((one, other) => other.bytes - one.bytes);
	return {id, size: sum(layers, 'size'), wasted: sum(layers, 'hides'), layers, wastedFiles};
}

const folder = (): Node => ({size: 0, children: new Map()});

function totals(files: readonly PathChange[]) {
	const count = (change: PathChange['change']) => files.filter(file => file.change === change).length;
	return {size: sum(files, 'size'), added: count('added'), changed: count('changed'), removed: count('removed'), hides: sum(files, 'hides')};
}

const sum = <K extends string>(items: ReadonlyArray<Readonly<Record<K, number>>>, key: K): number => items.reduce((total, item) => total + item[key], 0);

/** Lays one entry over what is there; undefined when that changes nothing that counts. */
function applyEntry(root: Node, {kind, path, size}: LayerEntry, waste: Waste): PathChange | undefined {
	if (path === '') return kind === 'opaque' ? hideAll(root, path, waste) : undefined;
	const slash = path.lastIndexOf('/');
	const name = path.slice(slash + 1);
	const {children} = parentOf(root, slash === -1 ? '' : path.slice(0, slash));
	const before = children.get(name);
	if (kind === 'folder' && before?.children) return undefined;
	if (kind === 'opaque' && before?.children) return hideAll(before, path, waste);
	const hides = before ? hidden(before, path, waste) : 0;
	if (kind === 'whiteout') {
		children.delete(name);
		return before && {path, change: 'removed', size: 0, hides};
	}
	children.set(name, kind === 'folder' || kind === 'opaque' ? folder() : {size, children: undefined});
	return {path, change: before ? 'changed' : 'added', size, hides};
}

/** Folders come before what is in them; one that only a lower layer has is there already. */
function parentOf(root: Node, path: string): {children: Map<string, Node>} {
	let children = (root.children ??= new Map());
	for (const name of path === '' ? [] : path.split('/')) {
		const next = children.get(name)?.children ? (children.get(name) as Node) : folder();
		children.set(name, next);
		children = next.children ?? new Map();
	}
	return {children};
}

/** An opaque folder is what it is without all that was in it. */
function hideAll(node: Node, path: string, waste: Waste): PathChange | undefined {
	const hides = hidden(node, path, waste);
	const wasEmpty = node.children?.size === 0;
	node.children = new Map();
	return wasEmpty ? undefined : {path, change: 'changed', size: 0, hides};
}

/** The bytes of a path and all below it, each noted as wasted. */
function hidden(node: Node, path: string, waste: Waste): number {
	let bytes = node.size;
	if (bytes > 0) {
		const known = waste.get(path) ?? {count: 0, bytes: 0};
		waste.set(path, {count: known.count + 1, bytes: known.bytes + bytes});
	}
	for (const [name, child] of node.children ?? []) bytes += hidden(child, path === '' ? name : `${path}/${name}`, waste);
	return bytes;
}
