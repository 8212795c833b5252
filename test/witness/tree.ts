import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** Path → what an image says about it. */
export type Tree = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

const reader = fileURLToPath(new URL('tree.py', import.meta.url));
const parse = (text: string): Tree => JSON.parse(text) as Tree;
const options = {encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe']} as const;

export const treeOfFolder = (folder: string): Tree => parse(execFileSync('python3', [reader, folder], options));

/** Layers in overlay's form, topmost first, stacked in a mount namespace of its own. */
export function treeOfLayers(layers: readonly string[], scratch: string): Tree {
	const [empty, point] = [join(scratch, 'empty'), join(scratch, 'point')];
	for (const place of [empty, point]) mkdirSync(place, {recursive: true});
	const script = `mount -t overlay overlay -o lowerdir=${[...layers, empty].join(':')} ${point} && exec python3 ${reader} ${point}`;
	return parse(execFileSync('unshare', ['-m', 'sh', '-ec', script], options));
}

/** Of folders that no layer describes each has the time at which it made them. Docker keeps none for "/". */
const isAnyTime = (path: string, key: string, kind: unknown, since: number, times: ReadonlyArray<string | number | undefined>): boolean =>
	key === 'time' && kind === 'folder' && (path === '.' || times.every(time => Number(time) >= since));

/** A line for each fact that is not the same. `since`: seconds, when all this began. */
export function compare(mine: Tree, other: Tree, since: number): string[] {
	return [...new Set([...Object.keys(mine), ...Object.keys(other)])].sort().flatMap(path => {
		const [one, two] = [mine[path], other[path]];
		if (one === undefined || two === undefined) return [`${path}: only ${one === undefined ? 'theirs' : 'ours'}`];
		return [...new Set([...Object.keys(one), ...Object.keys(two)])]
			.filter(key => one[key] !== two[key] && !isAnyTime(path, key, one['kind'], since, [one[key], two[key]]))
			.map(key => `${path}: ${key} ${one[key] ?? 'none'}, theirs ${two[key] ?? 'none'}`);
	});
}
