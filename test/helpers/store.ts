import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {busyboxImage} from './busybox.ts';
import {type Result, runProgram, type RunOptions} from './cli.ts';
import {openPty, type PtyOptions, type Screen} from './pty.ts';

/** A store of its own, with the image `busybox` in it. */
export type TestStore = {
	readonly root: string;
	readonly state: string;
	readonly env: Readonly<Record<string, string>>;
	/** A folder for files of the test. */
	readonly folder: string;
	run(...args: string[]): Promise<Result>;
	runWith(options: RunOptions, ...args: string[]): Promise<Result>;
	/** Throws unless it succeeds; gives what it printed, without the last newline. */
	must(...args: string[]): Promise<string>;
	pty(args: readonly string[], options?: PtyOptions): Screen;
	/** Resets the store; throws when anything of it is left on the host. */
	close(): Promise<void>;
};

const OVERLAY = 0x79_4c_76_30;

/** Overlay cannot stand on overlay; HAWSER_TEST_DIR names another place where the usual one is such. */
function testFolder(): string {
	const parent = process.env['HAWSER_TEST_DIR'] ?? tmpdir();
	mkdirSync(parent, {recursive: true});
	if (statfsSync(parent).type === OVERLAY) throw new Error(`${parent} is on overlay: set HAWSER_TEST_DIR to a folder on a disk`);
	return mkdtempSync(join(parent, 'hawser-test-'));
}

export async function makeStore({image = true}: {readonly image?: boolean} = {}): Promise<TestStore> {
	const folder = testFolder();
	const root = join(folder, 'root');
	const state = join(folder, 'state');
	const env = {HAWSER_ROOT: root, HAWSER_STATE: state};
	const runWith = (options: RunOptions, ...args: string[]): Promise<Result> => runProgram(args, {...options, env: {...env, ...options.env}});
	const must = async (...args: string[]): Promise<string> => {
		const {code, stdout, stderr} = await runWith({}, ...args);
		if (code !== 0) throw new Error(`hawser ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
		return stdout.replace(/\n$/, '');
	};
	const screens: Screen[] = [];
	const store: TestStore = {
		root,
		state,
		env,
		folder,
		run: (...args) => runWith({}, ...args),
		runWith,
		must,
		pty(args, options = {}) {
			const screen = openPty(args, {...options, env: {...env, ...options.env}});
			screens.push(screen);
			return screen;
		},
		async close() {
			for (const screen of screens) screen.kill('SIGKILL');
			await must('system', 'reset', '--force');
			const left = leftovers(root, folder);
			rmSync(folder, {recursive: true, force: true});
			if (left.length > 0) throw new Error(`left behind by the store ${root}:\n${left.join('\n')}`);
		},
	};
	if (image) {
		const archive = join(folder, 'busybox.tar');
		writeFileSync(archive, busyboxImage('docker.io/library/busybox:latest'));
		await must('load', '-i', archive);
	}
	return store;
}

/** What is known on the host by the name of this store. */
export function leftovers(root: string, folder: string): string[] {
	const digits = createHash('sha256').update(root).digest('hex').slice(0, 8);
	return [...mounts(folder), ...cgroups(`hawser-${digits}`), ...processes(folder), ...tables(`hawser_${digits}`), ...bridges(`hw${digits}`)];
}

const mounts = (folder: string): string[] =>
	readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.filter(line => line.includes(folder))
		.map(line => `mount ${line}`);

function cgroups(name: string): string[] {
	const list = (path: string): string[] => {
		try {
			return readdirSync(path);
		} catch {
			return [];
		}
	};
	const base = '/sys/fs/cgroup';
	return ['', ...list(base)].filter(controller => list(join(base, controller)).includes(name)).map(controller => `cgroup ${join(base, controller, name)}`);
}

function processes(folder: string): string[] {
	const own = new Set([process.pid, process.ppid]);
	return readdirSync('/proc')
		.filter(pid => /^\d+$/.test(pid) && !own.has(Number(pid)))
		.flatMap(pid => {
			try {
				const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
				return line.includes(folder) ? [`process ${pid} ${line}`] : [];
			} catch {
				return [];
			}
		});
}

function tables(name: string): string[] {
	try {
		return execFileSync('/usr/sbin/nft', ['list', 'tables'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})
			.split('\n')
			.filter(line => line.endsWith(` ${name}`));
	} catch {
		return [];
	}
}

const bridges = (name: string): string[] =>
	readdirSync('/sys/class/net')
		.filter(link => link === name)
		.map(link => `bridge ${link}`);
