import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {readPairs} from '../../core/layer/info.ts';

/** The helper under test; another build of it (with sanitizers) may be named. */
export const helper = process.env['HAWSER_TEST_LAYER'] ?? join(import.meta.dirname, '../../dist/hawser-layer');

export type Unpacked = {readonly code: number; readonly fields: ReadonlyMap<string, string>; readonly error: string; readonly tree: string; readonly milliseconds: number};

/** A folder of the test's own. Its parent may be chosen, for machines where overlayfs cannot lie on the usual one. */
export function scratch(t: ExecutionContext): string {
	const folder = mkdtempSync(`${process.env['HAWSER_TEST_FOLDER'] ?? tmpdir()}/hawser-layer-`);
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
}

/** Runs the helper with `input` on its stdin. */
export function run(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Promise<{code: number; stdout: string; error: string}> {
	return new Promise((resolve, reject) => {
		const child = spawn(helper, args, {env: {ASAN_OPTIONS: 'detect_leaks=0'}, stdio: 'pipe'});
		let stdout = '';
		let error = '';
		child.stdout.on('data', chunk => (stdout += chunk));
		child.stderr.on('data', chunk => (error += chunk));
		child.on('error', reject);
		child.on('close', (code, signal) => resolve({code: code ?? 128, stdout, error: error + (signal ?? '')}));
		child.stdin.on('error', () => {});
		child.stdin.end(input);
	});
}

let count = 0;

/** Unpacks a layer into a fresh folder of `place`. */
export async function unpack(place: string, layer: Uint8Array, ...args: string[]): Promise<Unpacked> {
	const tree = join(place, `tree-${count++}`);
	const start = performance.now();
	const {code, stdout, error} = await run(['unpack', '--target', tree, ...args], layer);
	return {code, fields: readPairs(stdout), error: error.trim(), tree, milliseconds: performance.now() - start};
}

/** Everything that can be told of a tree by looking: for comparing two, or one before and after. */
export function describe(root: string, {times = true}: {times?: boolean} = {}): string[] {
	const lines: string[] = [];
	const inodes = new Map<number, string>();
	const visit = (path: string): void => {
		const stat = lstatSync(join(root, path), {bigint: true});
		const kind = Number(stat.mode & 0o170000n).toString(8);
		const first = inodes.get(Number(stat.ino));
		if (!stat.isDirectory()) inodes.set(Number(stat.ino), first ?? path);
		const content = stat.isFile()
			? createHash('sha256')
					.update(readFileSync(join(root, path)))
					.digest('hex')
			: stat.isSymbolicLink()
				? readlinkSync(join(root, path))
				: '';
		lines.push([path || '/', kind, Number(stat.mode & 0o7777n).toString(8), `${stat.uid}:${stat.gid}`, stat.rdev, times ? stat.mtimeNs : '', first ?? '', content].join(' '));
		if (stat.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) visit(join(path, name));
	};
	visit('');
	return lines;
}

/** Extended attributes of all that is below, each `PATH NAME=HEX`, as GNU tar finds them. */
export function xattrs(root: string): string[] {
	const archive = execFileSync('tar', ['-c', '--format=pax', '--xattrs', '--xattrs-include=*', '--sort=name', '-C', root, '.'], {maxBuffer: 1e9});
	const found: string[] = [];
	let pending: string[] = [];
	for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
		const name = archive.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
		const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8);
		const data = archive.subarray(at + 512, at + 512 + size);
		if (archive[at + 156] === 'x'.charCodeAt(0)) pending = xattrRecords(data);
		else {
			found.push(...pending.map(record => `${name} ${record}`));
			pending = [];
		}
		at += 512 + Math.ceil(size / 512) * 512;
	}
	return found.sort();
}

function xattrRecords(data: Buffer): string[] {
	const records: string[] = [];
	for (let at = 0; at < data.length; ) {
		const length = Number.parseInt(data.toString('latin1', at, at + 8), 10);
		const record = data.subarray(data.indexOf(' ', at) + 1, at + length - 1);
		const equals = record.indexOf('=');
		const key = record.toString('utf8', 0, equals);
		if (key.startsWith('SCHILY.xattr.')) records.push(`${key.slice(13)}=${record.toString('hex', equals + 1)}`);
		at += length;
	}
	return records;
}

/** What an overlay of these layers (lowest first) shows, by a shell command run in it. */
export function inOverlay(place: string, layers: readonly string[], command: string): string {
	const point = join(place, 'merged');
	mkdirSync(point, {recursive: true});
	const lower = layers.toReversed().join(':');
	return execFileSync(
		'unshare',
		['-m', 'sh', '-c', `mount -t overlay overlay -o lowerdir=${lower}${layers.length === 1 ? `:${place}/empty` : ''} ${point} && cd ${point} && ${command}`],
		{encoding: 'utf8'},
	);
}
