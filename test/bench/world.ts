/** What the benchmark finds on this machine: our built program with a store of its own, and the peers that are installed. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {must, works} from './measure.ts';

export const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** A container program with docker's command line. */
export type Engine = {
	readonly name: string;
	readonly image: string;
	/** The program and the options that come before any verb. */
	readonly program: readonly string[];
	/** Without grace: podman's `rm -f` waits for the stop timeout where docker's and ours kill at once. */
	readonly removeNow: readonly string[];
	/** Flags of `run` for a log file: docker's and ours write json-file, podman its own. */
	readonly jsonLog: readonly string[];
	readonly call: (...args: string[]) => string;
};

export type World = {
	readonly hawser: Engine;
	readonly peers: readonly Engine[];
	readonly node: string;
	readonly store: {readonly root: string; readonly state: string};
	readonly close: () => void;
};

function engine(name: string, program: readonly string[], image: string): Engine {
	const [command = '', ...options] = program;
	const podman = name === 'podman';
	const removeNow = podman ? ['rm', '-f', '-t', '0'] : ['rm', '-f'];
	return {
		name,
		image,
		program,
		removeNow,
		jsonLog: podman ? ['--log-driver', 'k8s-file'] : ['--log-driver', 'json-file'],
		call: (...args) => must(command, ...options, ...(args[0] === 'rm' && args[1] === '-f' ? [...removeNow, ...args.slice(2)] : args)),
	};
}

const peer = (name: string, image: string): Engine | undefined => (works(name, 'image', 'inspect', image) ? engine(name, [name], image) : undefined);

/** `peerImage` must be in the peers' stores already and hold a busybox, as our demo image does. */
export function openWorld(peerImage: string): World {
	const folder = mkdtempSync(join(process.env['HAWSER_TEST_DIR'] ?? tmpdir(), 'hawser-bench-'));
	const store = {root: join(folder, 'root'), state: join(folder, 'state')};
	const hawser = engine('hawser', [join(dist, 'hawser'), '--root', store.root, '--state', store.state], 'hawser-demo');
	hawser.call('load', '-i', join(dist, 'demo-image.tar'));
	return {
		hawser,
		peers: ['docker', 'podman'].flatMap(name => peer(name, peerImage) ?? []),
		node: process.execPath,
		store,
		close() {
			hawser.call('system', 'reset', '--force');
			rmSync(folder, {recursive: true, force: true});
		},
	};
}

export const engines = ({hawser, peers}: World): readonly Engine[] => [hawser, ...peers];
