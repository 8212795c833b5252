/** What a host has that a container program can leak: counted before and after. */
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

export type Ledger = Readonly<Record<string, number>>;

const lines = (text: string): number => text.split('\n').filter(Boolean).length;

const output = (program: string, ...args: string[]): string => {
	try {
		return execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
	} catch {
		return '';
	}
};

function filesIn(folder: string): number {
	try {
		return readdirSync(folder, {recursive: true}).length;
	} catch {
		return 0;
	}
}

/** Of containers: the store's own folder may stay. */
function cgroupsIn(folder: string): number {
	try {
		return readdirSync(folder).filter(name => /^[\da-f]{64}$/.test(name)).length;
	} catch {
		return 0;
	}
}

/** Those that processes in the store's cgroups hold: other stores' come and go meanwhile. */
function namespacesOf(store: string, processes: readonly string[]): number {
	const held = processes.flatMap(pid => {
		try {
			return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${store}/`) ? [readlinkSync(`/proc/${pid}/ns/net`)] : [];
		} catch {
			return [];
		}
	});
	return new Set(held).size;
}

/** Of one store: its cgroups, processes, cables and rules carry its name, which is `hawser` or hawser-XXXXXXXX. */
export function countAll({root, state, store}: {readonly root: string; readonly state: string; readonly store: string}): Ledger {
	const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name));
	const commandOf = (pid: string): string => {
		try {
			return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
		} catch {
			return '';
		}
	};
	return {
		mounts: lines(readFileSync('/proc/self/mountinfo', 'utf8')),
		'network namespaces': namespacesOf(store, processes),
		cables: lines(output('ip', '-o', 'link', 'show', 'type', 'veth')),
		rules: lines(output('nft', 'list', 'table', 'inet', store.replaceAll('-', '_'))),
		cgroups: ['.', ...readdirSync('/sys/fs/cgroup')].reduce((sum, controller) => sum + cgroupsIn(`/sys/fs/cgroup/${controller}/${store}`), 0),
		monitors: processes.filter(pid => commandOf(pid).includes(`${state}/containers`)).length,
		'records and layers': filesIn(`${root}/containers`) + filesIn(`${root}/trash`),
		'files of the state': filesIn(`${state}/containers`) + filesIn(`${state}/waste`) + filesIn(`${state}/making`) + filesIn(`${state}/runtime`),
	};
}

/** What has grown, in words; [] when nothing has. */
export const grown = (before: Ledger, after: Ledger): string[] =>
	Object.keys(after).flatMap(key => ((after[key] ?? 0) > (before[key] ?? 0) ? [`${key}: ${before[key]} before, ${after[key]} after`] : []));
