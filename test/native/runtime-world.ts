/** Containers for the runtime's tests: a root folder of busybox, a bundle with a configuration like Docker's, and the program under test. */
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import {seccompFor} from '../../core/bundle/seccomp.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
export const runtime = process.env['TEST_RUNTIME'] ?? `${project}/dist/hawser-runtime`;
export const unified = !existsSync('/sys/fs/cgroup/memory');

const applets =
	'sh cat echo sleep true false ls mount umount mkdir mknod id env touch rm kill grep head test readlink stat ip hostname dd stty tty printf wc sysctl find sort ps chmod ln mv pwd umask nproc'.split(
		' ',
	);

export type Json = Record<string, unknown>;
export type Mount = {destination: string; type?: string; source?: string; options?: string[]};
export type Config = {
	ociVersion: string;
	process: Json & {args: string[]; env: string[]; cwd: string};
	root: {path: string; readonly: boolean};
	hostname?: string;
	mounts: Mount[];
	annotations?: Record<string, string>;
	hooks?: Json;
	linux: Json & {namespaces: Array<{type: string; path?: string}>; resources: Json; cgroupsPath: string; maskedPaths: string[]; readonlyPaths: string[]};
};

export const capabilities = 'CHOWN DAC_OVERRIDE FSETID FOWNER NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
	.split(' ')
	.map(name => `CAP_${name}`);

const deviceRule = (type: string, major: number, minor?: number): Json => ({allow: true, type, major, ...(minor !== undefined && {minor}), access: 'rwm'});

/** What `docker run` gives a container. */
export function dockerLike(id: string, args: readonly string[]): Config {
	return {
		ociVersion: '1.2.0',
		process: {
			terminal: false,
			user: {uid: 0, gid: 0},
			args: [...args],
			env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOSTNAME=box'],
			cwd: '/',
			capabilities: {bounding: capabilities, effective: capabilities, permitted: capabilities},
			noNewPrivileges: false,
			oomScoreAdj: 0,
		},
		root: {path: 'rootfs', readonly: false},
		hostname: 'box',
		mounts: [
			{destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev']},
			{destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k']},
			{destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
			{destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro']},
			{destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev']},
			{destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev']},
			{destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864']},
		],
		linux: {
			cgroupsPath: `/hawser-test-runtime/${id}`,
			resources: {
				devices: [
					{allow: false, access: 'rwm'},
					deviceRule('c', 1, 3),
					deviceRule('c', 1, 5),
					deviceRule('c', 1, 7),
					deviceRule('c', 1, 8),
					deviceRule('c', 1, 9),
					deviceRule('c', 5, 0),
					deviceRule('c', 5, 2),
					deviceRule('c', 136),
				],
				memory: {limit: 268_435_456, swap: 268_435_456},
				cpu: {shares: 512, quota: 50_000, period: 100_000},
				pids: {limit: 100},
			},
			namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map(type => ({type})),
			seccomp: seccompFor(capabilities),
			maskedPaths: [
				'/proc/acpi',
				'/proc/asound',
				'/proc/kcore',
				'/proc/keys',
				'/proc/latency_stats',
				'/proc/timer_list',
				'/proc/timer_stats',
				'/proc/sched_debug',
				'/proc/scsi',
				'/proc/interrupts',
				'/sys/firmware',
				'/sys/devices/virtual/powercap',
			],
			readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
		},
	};
}

export type Outcome = {readonly code: number | null; readonly out: string; readonly err: string};

/** A folder with /bin/busybox and its names, as a small image would be. */
export function fillRoot(folder: string): void {
	for (const name of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'root']) mkdirSync(`${folder}/${name}`, {recursive: true});
	copyFileSync('/bin/busybox', `${folder}/bin/busybox`);
	for (const name of applets) symlinkSync('busybox', `${folder}/bin/${name}`);
	writeFileSync(`${folder}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n');
	writeFileSync(`${folder}/etc/group`, 'root:x:0:\napp:x:1001:\nextra:x:2000:app,other\n');
}

export type Box = {
	readonly id: string;
	readonly bundle: string;
	readonly rootfs: string;
	readonly config: Config;
	/** Writes the configuration and runs a verb; the id follows the flags. */
	verb(name: string, flags?: readonly string[], rest?: readonly string[], input?: string): Outcome;
	/** `run` in the foreground. */
	run(): Outcome;
	/** create and start, and leaves it running. */
	up(): void;
	exec(...command: string[]): Outcome;
	state(): {status: string; pid: number; [key: string]: unknown};
	/** Paths of its cgroup that are there. */
	cgroups(): string[];
	/** A file of its cgroup: v1's or v2's name. */
	limit(v1: string, v2: string): string;
};

export type World = {
	readonly directory: string;
	readonly root: string;
	box(args: readonly string[], change?: (config: Config, box: {rootfs: string; bundle: string}) => void): Box;
	call(...args: string[]): Outcome;
	close(): void;
};

/** A build with sanitizers cannot look for leaks in a process that is not dumpable. */
export function call(args: readonly string[], input?: string, env: Record<string, string> = {}): Outcome {
	const {status, stdout, stderr} = spawnSync(runtime, args, {
		encoding: 'utf8',
		timeout: 30_000,
		env: {PATH: process.env['PATH'] ?? '', ASAN_OPTIONS: 'detect_leaks=0', ...env},
		...(input !== undefined && {input}),
	});
	return {code: status, out: stdout, err: stderr};
}

/** With a stdio that nobody waits for: a created container keeps what its creator gave it. */
export function silently(args: readonly string[]): number | null {
	return spawnSync(runtime, args, {stdio: ['ignore', 'ignore', 'inherit'], timeout: 30_000}).status;
}

export const mountCount = (): number => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;

const hierarchies = (): string[] => (unified ? ['/sys/fs/cgroup'] : readdirSync('/sys/fs/cgroup').map(name => `/sys/fs/cgroup/${name}`));

/** Where the cgroups of a container are while it is there. */
export const cgroupsOf = (id: string): string[] => hierarchies().map(path => `${path}/hawser-test-runtime/${id}`);

export async function until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
	const end = Date.now() + 15_000;
	for (;;) {
		const value = probe();
		if (value !== undefined && value !== false) return value;
		if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
}

export function openWorld(): World {
	const directory = mkdtempSync(`${tmpdir()}/hawser-runtime-`);
	const root = `${directory}/state`;
	const image = `${directory}/image`;
	fillRoot(image);
	const boxes: Box[] = [];

	function box(args: readonly string[], change?: (config: Config, box: {rootfs: string; bundle: string}) => void): Box {
		const id = `t${randomBytes(6).toString('hex')}`;
		const bundle = `${directory}/${id}`;
		const rootfs = `${bundle}/rootfs`;
		mkdirSync(bundle);
		execFileSync('cp', ['-a', image, rootfs]);
		const config = dockerLike(id, args);
		config.annotations = {'io.hawser.cache': directory};
		change?.(config, {rootfs, bundle});
		const save = (): void => writeFileSync(`${bundle}/config.json`, JSON.stringify(config));
		const made: Box = {
			id,
			bundle,
			rootfs,
			config,
			verb(name, flags = [], rest = [], input?) {
				save();
				return call(['--root', root, name, ...(['create', 'run'].includes(name) ? ['--bundle', bundle] : []), ...flags, id, ...rest], input);
			},
			run: () => made.verb('run'),
			up() {
				save();
				if (silently(['--root', root, 'create', '--bundle', bundle, id]) !== 0) throw new Error('create failed');
				if (silently(['--root', root, 'start', id]) !== 0) throw new Error('start failed');
			},
			exec: (...command) => made.verb('exec', [], command),
			state: () => JSON.parse(call(['--root', root, 'state', id]).out) as ReturnType<Box['state']>,
			cgroups: () => cgroupsOf(id).filter(path => existsSync(path)),
			limit: (v1, v2) =>
				readFileSync(unified ? `/sys/fs/cgroup/hawser-test-runtime/${id}/${v2}` : `/sys/fs/cgroup/${v1.split('.')[0]}/hawser-test-runtime/${id}/${v1}`, 'utf8').trim(),
		};
		boxes.push(made);
		return made;
	}

	return {
		directory,
		root,
		box,
		call: (...args) => call(['--root', root, ...args]),
		close() {
			for (const {id} of boxes) call(['--root', root, 'delete', '--force', id]);
			rmSync(directory, {recursive: true, force: true});
		},
	};
}

/** The folders of a container are gone: state, cgroups, process. */
export const isGone = (world: World, box: Box): boolean => !existsSync(`${world.root}/${box.id}`) && box.cgroups().length === 0;

/** A program that runs beside the test, ended by the returned function. */
export function beside(command: string, ...args: string[]): () => void {
	const child = spawn(command, args, {stdio: 'ignore'});
	return () => child.kill('SIGKILL');
}

export const inode = (path: string): number => statSync(path).ino;
