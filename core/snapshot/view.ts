import {statSync} from 'node:fs';
import type {Digest} from '../oci/digest.ts';
import {imageRoot} from './below.ts';
import type {Mountable, Overlay} from './model.ts';

const served = ({fuse}: Overlay): string[] => (fuse === undefined ? [] : ['--fuse', fuse]);

const layers = (folders: readonly string[]): string[] => folders.flatMap(folder => ['--lower', folder]);

/** The container's files in the words of hawser-layer's options (docs/formats.md), to be read. */
export const readView = (from: Mountable): string[] => (from.kind === 'plain' ? ['--bare', '--source', from.tree] : ['--upper', from.upper, ...layers(from.lower), ...served(from)]);

/** To be written, too. */
export const writeView = (from: Mountable): string[] => (from.kind === 'plain' ? readView(from) : ['--work', from.work, ...readView(from)]);

/** What the container has, beside what it began with. */
export const diffView = (from: Mountable): string[] => (from.kind === 'plain' ? ['--source', from.tree, ...layers(from.lower)] : readView(from));

/** What it has written, as it lies on the disk. */
export const writtenView = (from: Overlay): string[] => ['--bare', '--source', from.upper, ...served(from)];

/** The arguments of hawser-layer that tell `bytes` and `inodes` of what it has added and changed. */
export const usageCommand = (of: Mountable): string[] => (of.kind === 'plain' ? ['diff', '--sum', ...diffView(of)] : ['size', of.upper]);

/** The container has given its "/" another owner or mode than the image's. */
export function hasChangedRoot(root: string, of: Mountable, chainIds: readonly Digest[]): boolean {
	const [now, before] = [statSync(of.kind === 'plain' ? of.tree : of.upper), imageRoot(root, chainIds)];
	return now.uid !== before.uid || now.gid !== before.gid || (now.mode & 0o7777) !== (before.mode & 0o7777);
}
