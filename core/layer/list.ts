import {once} from 'node:events';
import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {startProgram} from '../platform/start.ts';
import type {LayerStore} from './model.ts';
import {layerTree} from './path.ts';

/** `hardlink`: one more name of a file that came before. `whiteout`: what is there below is gone. `opaque`: a folder that hides all below it. */
export type EntryKind = 'file' | 'hardlink' | 'link' | 'folder' | 'opaque' | 'whiteout' | 'special';

export type LayerEntry = {
	readonly kind: EntryKind;
	/** From the layer's root, without a slash at its front; '' for itself. */
	readonly path: string;
	/** Bytes of a file's content. */
	readonly size: number;
};

const kinds: Readonly<Record<string, EntryKind>> = {f: 'file', h: 'hardlink', l: 'link', d: 'folder', o: 'opaque', w: 'whiteout', s: 'special'};

/** Everything in an unpacked layer, folders before what is in them. */
export async function* listLayer({root, helper}: LayerStore, chainId: Digest): AsyncGenerator<LayerEntry> {
	const child = startProgram(helper, ['list', layerTree(root, chainId)], 3);
	const closed = once(child, 'close') as Promise<[number | null]>;
	closed.catch(() => {});
	let complaint = '';
	child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString().slice(0, 4096)));
	child.stdin?.end();
	let rest: Buffer = Buffer.alloc(0);
	try {
		for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
			const bytes = Buffer.concat([rest, chunk]);
			const end = bytes.lastIndexOf(0);
			rest = bytes.subarray(end + 1);
			if (end > 0) for (const record of bytes.toString('utf8', 0, end).split('\0')) yield readEntry(record);
		}
		const [code] = await closed;
		if (code !== 0)
			throw new EngineError({code: 'layer.invalid', subject: chainId, message: `layer ${chainId} cannot be listed: ${complaint.trim() || `${helper} ended with code ${code}`}`});
	} finally {
		child.kill('SIGKILL');
	}
}

function readEntry(record: string): LayerEntry {
	const space = record.indexOf(' ', 2);
	return {kind: kinds[record.charAt(0)] ?? 'special', size: Number(record.slice(2, space)), path: record.slice(space + 1)};
}
