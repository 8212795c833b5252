import {once} from 'node:events';
import type {Duplex, Readable, Writable} from 'node:stream';
import {blobPath, partPath} from '../content/path.ts';
import {type Program, startProgram} from '../platform/start.ts';
import {readPairs} from './info.ts';
import type {LayerStore, WantedLayer} from './model.ts';
import {layerTree, stagingPath} from './path.ts';

/** What the helper says while it works. */
export type HelperNews = {readonly kind: 'waiting'} | {readonly kind: 'have' | 'bytes'; readonly count: number};

/** One hawser-layer at work on one layer. */
export type UnpackHelper = {
	/** For the bytes that are missing. */
	readonly input: Writable;
	/** Its fields; rejects with the helper's sentence. It lives on after, and holds its lock on the staging folder, until `release`. */
	readonly result: Promise<ReadonlyMap<string, string>>;
	/** Ends it, whatever it is at. */
	release(): Promise<void>;
	kill(): Promise<void>;
};

const ERROR_LIMIT = 8192;

/** The helper ended without a result: `message` is what it said. */
export class HelperError extends Error {
	override readonly name = 'HelperError';
}

/**
 * The helper takes the lock, reads what the store has of the blob, then its input, keeps the input in the part file, unpacks into the
 * staging folder and checks size, digest and diff-id. Descriptor 3 carries its news one way, and by its end, the other way, our release.
 */
export function startUnpack(
	{root, helper}: LayerStore,
	{digest, size, diffId, chainId}: WantedLayer,
	through: readonly string[],
	onNews: (news: HelperNews) => void,
): UnpackHelper {
	const staging = stagingPath(root, chainId);
	const child = startProgram(
		helper,
		[
			'unpack',
			'--lock',
			staging,
			'--layer',
			layerTree(root, chainId),
			'--target',
			`${staging}/fs`,
			'--implicit',
			`${staging}/implicit`,
			'--blob',
			blobPath(root, digest),
			'--save',
			partPath(root, digest),
			'--size',
			String(size),
			'--digest',
			digest,
			'--diff-id',
			diffId,
			'--progress',
			'3',
			'--hold',
			'3',
			...through.flatMap(link => ['--through', link]),
		],
		4,
	);
	return talk(child, onNews);
}

/** Unpacks a blob that is here once more, into a staging folder of its own, for a look at how it should be. */
export const startAgain = ({root, helper}: LayerStore, {digest, size, diffId}: WantedLayer, staging: string, through: readonly string[]): UnpackHelper => {
	const known = ['--digest', digest, '--size', String(size), '--diff-id', diffId];
	const places = ['--lock', staging, '--target', `${staging}/fs`, '--implicit', `${staging}/implicit`, '--input', blobPath(root, digest)];
	return talk(startProgram(helper, ['unpack', ...places, ...known, '--hold', '3', ...through.flatMap(link => ['--through', link])], 4), () => {});
};

/** As startUnpack(), but the blob is only brought in and checked. */
export const startIngest = ({root, helper}: LayerStore, {digest, size}: Pick<WantedLayer, 'digest' | 'size'>, onNews: (news: HelperNews) => void): UnpackHelper =>
	talk(
		startProgram(
			helper,
			['unpack', '--blob', blobPath(root, digest), '--save', partPath(root, digest), '--size', String(size), '--digest', digest, '--progress', '3', '--hold', '3'],
			4,
		),
		onNews,
	);

/** Makes a blob of what the arguments name: `blob` in the staging folder, locked until `release`. */
export const startPack = ({helper}: LayerStore, staging: string, view: readonly string[]): UnpackHelper =>
	talk(startProgram(helper, ['pack', '--lock', staging, '--output', `${staging}/blob`, '--hold', '3', ...view], 4), () => {});

/** Keeps a tar that nobody has described, from a file, from this process's own input (`-`) or from what is written to it, as startPack() does. */
export const startKeep = ({helper}: LayerStore, staging: string, input: string, from: 'inherit' | 'pipe' = 'inherit'): UnpackHelper =>
	talk(startProgram(helper, ['unpack', '--measure', '--lock', staging, '--keep', `${staging}/blob`, '--input', input, '--hold', '3'], 4, from), () => {});

function talk(child: Program, onNews: (news: HelperNews) => void): UnpackHelper {
	const [stdin, stdout, stderr, control] = child.stdio as unknown as [Writable | null, Readable, Readable, Duplex];
	const closed = once(child, 'close').catch(() => undefined);
	// A helper that ended early closes its pipes; its own sentence tells why.
	for (const stream of [stdin, control]) stream?.on('error', () => {});
	readLines(control, line => {
		const [word, count] = line.split(' ');
		if (word === 'waiting') onNews({kind: 'waiting'});
		else if (word === 'have' || word === 'bytes') onNews({kind: word, count: Number(count)});
	});
	const end = async (stop: () => void) => {
		stop();
		await closed;
	};
	return {
		input: stdin as Writable,
		result: outcome(child, stdout, stderr),
		release: () => end(() => control.end()),
		kill: () => end(() => child.kill('SIGKILL')),
	};
}

/** The end of stdout is the end of the work; the process may stay. */
function outcome(child: Program, stdout: Readable, stderr: Readable): Promise<ReadonlyMap<string, string>> {
	return new Promise((resolve, reject) => {
		let output = '';
		let complaint = '';
		stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		stderr.on('data', (chunk: Buffer) => {
			if (complaint.length < ERROR_LIMIT) complaint += chunk.toString();
		});
		stdout.once('end', () => {
			if (output.endsWith('\n')) resolve(readPairs(output));
		});
		child.once('error', cause => reject(new HelperError(`hawser-layer cannot be started: ${cause.message}`, {cause})));
		child.once('close', (code, signal) => reject(new HelperError(complaint.trim().split('\n').at(-1) || `hawser-layer ended with ${signal ?? `code ${code}`}`)));
	});
}

function readLines(stream: Readable, take: (line: string) => void): void {
	let rest = '';
	stream.on('data', (chunk: Buffer) => {
		const lines = (rest + chunk.toString()).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) take(line);
	});
}
