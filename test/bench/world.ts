/** What the benchmark finds on this machine: our built program with a store of its own, and the peers that are installed. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {must, works} from './measure.ts';

export const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** A container program with docker's command line. */
export type Engine = {readonly name: string; readonly image: string; readonly call: (...args: string[]) => string};

export type World = {
	readonly hawser: Engine;
	readonly peers: readonly Engine[];
	readonly node: string;
	readonly store: {readonly root: string; readonly state: string};
	readonly close: () => void;
};

/** podman's `rm -f` waits for the stop timeout where docker's and ours kill at once. */
const ownWords = (name: string, args: readonly string[]): readonly string[] => (name === 'podman' && args[0] === 'rm' ? ['rm', '-t', '0', ...args.slice(1)] : args);

const peer = (name: string, image: string): Engine | undefined =>
	works(name, 'image', 'inspect', image) ? {name, image, call: (...args) => must(name, ...ownWords(name, args))} : undefined;

/** `peerImage` must be in the peers' stores already and hold a busybox, as our demo image does. */
export function openWorld(peerImage: string): World {
	const folder = mkdtempSync(join(process.env['HAWSER_TEST_DIR'] ?? tmpdir(), 'hawser-bench-'));
	const store = {root: join(folder, 'root'), state: join(folder, 'state')};
	const call = (...args: string[]) => must(join(dist, 'hawser'), '--root', store.root, '--state', store.state, ...args);
	call('load', '-i', join(dist, 'demo-image.tar'));
	return {
		hawser: {name: 'hawser', image: 'hawser-demo', call},
		peers: ['docker', 'podman'].flatMap(name => peer(name, peerImage) ?? []),
		node: process.execPath,
		store,
		close() {
			call('system', 'reset', '--force');
			rmSync(folder, {recursive: true, force: true});
		},
	};
}

export const engines = ({hawser, peers}: World): readonly Engine[] => [hawser, ...peers];
