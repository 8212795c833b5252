/** Containers for the monitor's tests: a root folder of busybox, a bundle, a plan, and a real runtime. */
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {copyFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import {launchMonitor} from '../../core/monitor/launch.ts';
import {encodePlan, type MonitorPlan} from '../../core/monitor/plan.ts';
import {request} from '../../core/monitor/request.ts';
import {processStartTime, readStatus} from '../../core/monitor/status.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const monitorProgram = process.env['TEST_MONITOR'] ?? `${root}/dist/hawser-monitor`;
/** Ours where it is built; the monitor must work with any. */
export const runtimeProgram = process.env['TEST_RUNTIME'] ?? [`${root}/dist/hawser-runtime`, '/usr/sbin/runc', '/usr/bin/runc'].find(path => existsSync(path)) ?? '';

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Waits for a condition, not for a time. */
export async function until<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>, ms = 15_000): Promise<T> {
	const end = Date.now() + ms;
	for (;;) {
		const value = await probe();
		if (value !== undefined && value !== false) return value;
		if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
		await pause(4);
	}
}

const applets = ['sh', 'cat', 'echo', 'sleep', 'true', 'false', 'head', 'yes', 'stty', 'kill', 'printf', 'seq', 'dd', 'tail', 'trap', 'awk', 'env', 'ls', 'tr', 'wc', 'md5sum'];
const unified = !existsSync('/sys/fs/cgroup/memory');

export type World = {
	readonly directory: string;
	container(options?: ContainerOptions): Container;
	/** Ends and removes all. */
	close(): Promise<void>;
};

export type ContainerOptions = Partial<Omit<MonitorPlan, 'id' | 'bundle'>> & {
	readonly args?: readonly string[];
	readonly memory?: number;
	/** Longer than a socket's path may be. */
	readonly longPath?: boolean;
};

export type Container = {
	readonly id: string;
	readonly directory: string;
	readonly plan: MonitorPlan;
	launch(): Promise<{state: string; pid: number}>;
	status(): ReturnType<typeof readStatus>;
	/** The state while its monitor lives, else 'gone'. */
	state(): string;
	log(): string;
	/** The `log` texts of one stream, joined. */
	output(stream?: 'stdout' | 'stderr'): string;
	events(): Array<{Action: string; Actor: {ID: string; Attributes: Record<string, string>}}>;
	actions(): string[];
	/** The monitor has left, and left nothing behind. */
	gone(): Promise<void>;
};

export async function createWorld(): Promise<World> {
	const directory = mkdtempSync(`${tmpdir()}/hawser-monitor-`);
	const name = `hawser-test-${randomBytes(4).toString('hex')}`;
	const bin = `${directory}/rootfs/bin`;
	for (const folder of ['proc', 'dev', 'sys', 'tmp', 'etc']) mkdirSync(`${directory}/rootfs/${folder}`, {recursive: true});
	mkdirSync(bin);
	await copyFile(['/bin/busybox', '/usr/bin/busybox'].find(path => existsSync(path)) ?? '', `${bin}/busybox`);
	for (const applet of applets) symlinkSync('busybox', `${bin}/${applet}`);
	const containers: Container[] = [];
	return {
		directory,
		container(options = {}) {
			const container = createContainer(directory, name, options);
			containers.push(container);
			return container;
		},
		async close() {
			for (const container of containers) await endContainer(container);
			removeCgroups(name);
			rmSync(directory, {recursive: true, force: true});
		},
	};
}

const lines = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []);

function createContainer(world: string, group: string, options: ContainerOptions): Container {
	const id = randomBytes(8).toString('hex');
	const directory = options.longPath ? `${world}/${'long-'.repeat(20)}/${id}` : `${world}/state/${id}`;
	const data = `${world}/data/${id}`;
	mkdirSync(`${directory}/bundle`, {recursive: true});
	mkdirSync(data, {recursive: true});
	const {args, memory, longPath: _, ...rest} = options;
	const plan: MonitorPlan = {
		id,
		name: `c-${id.slice(0, 6)}`,
		image: 'busybox',
		runtime: runtimeProgram,
		runtimeRoot: `${world}/runtime`,
		bundle: `${directory}/bundle`,
		tty: false,
		stdin: false,
		start: 'now',
		log: {path: `${data}/json.log`, maxSize: 0, maxFiles: 1},
		exitRecord: `${data}/exit`,
		stats: `${data}/stats`,
		cgroup: `/${group}/${id}`,
		monitorCgroup: `/${group}/monitor`,
		journal: `${data}/journal`,
		stopSignal: 15,
		stopTimeout: 10,
		...rest,
	};
	writeFileSync(`${directory}/bundle/config.json`, JSON.stringify(spec(`${world}/rootfs`, plan, args ?? ['true'], memory)));
	writeFileSync(`${directory}/plan`, encodePlan(plan));
	const container: Container = {
		id,
		directory,
		plan,
		launch: () => launchMonitor(monitorProgram, directory),
		status: () => readStatus(directory),
		state() {
			const found = readStatus(directory);
			return found?.alive ? found.status.state : 'gone';
		},
		log: () => (plan.log && existsSync(plan.log.path) ? readFileSync(plan.log.path, 'utf8') : ''),
		output: (stream = 'stdout') =>
			lines(plan.log?.path ?? '')
				.map(line => JSON.parse(line) as {log: string; stream: string})
				.filter(entry => entry.stream === stream)
				.map(entry => entry.log)
				.join(''),
		events: () => lines(plan.journal).map(line => JSON.parse(line)),
		actions: () => container.events().map(({Action}) => Action),
		async gone() {
			const status = readStatus(directory)?.status;
			await until('the monitor to leave', () => !status || processStartTime(status.monitor) !== status.monitorStart);
		},
	};
	return container;
}

const namespaces = ['pid', 'ipc', 'uts', 'mount', 'network'];

function spec(rootfs: string, plan: MonitorPlan, args: readonly string[], memory?: number): object {
	return {
		ociVersion: '1.0.2',
		process: processSpec(args, plan.tty),
		root: {path: rootfs, readonly: true},
		hostname: 'test',
		mounts: [
			{destination: '/proc', type: 'proc', source: 'proc'},
			{destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k']},
			{destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
			{destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=262144k']},
		],
		linux: {
			cgroupsPath: plan.cgroup,
			resources: {devices: [{allow: true, access: 'rwm'}], ...(memory === undefined ? {} : {memory: {limit: memory, swap: memory}})},
			namespaces: namespaces.map(type => ({type})),
		},
	};
}

export const processSpec = (args: readonly string[], terminal = false): object => ({
	terminal,
	user: {uid: 0, gid: 0},
	args,
	env: ['PATH=/bin', 'TERM=xterm'],
	cwd: '/',
	oomScoreAdj: 0,
	capabilities: {bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'], inheritable: [], ambient: []},
	noNewPrivileges: true,
});

async function endContainer(container: Container): Promise<void> {
	if (container.state() === 'gone') return;
	await request(container.directory, 'kill', {signal: 9}).catch(() => {});
	await container.gone();
}

/** Folders of cgroups named after the world, in every hierarchy. */
export function cgroupsOf(name: string): string[] {
	const bases = unified ? ['/sys/fs/cgroup'] : readdirSync('/sys/fs/cgroup').map(controller => `/sys/fs/cgroup/${controller}`);
	return bases.map(base => `${base}/${name}`).filter(path => existsSync(path));
}

function removeCgroups(name: string): void {
	for (const path of cgroupsOf(name)) {
		try {
			execFileSync('find', [path, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], {stdio: 'ignore'});
		} catch {
			// What is in use stays, and the test that left it has failed.
		}
	}
}

/** Whether a cgroup of this container exists anywhere. */
export const hasCgroup = (container: Container): boolean => cgroupsOf(container.plan.cgroup.slice(1)).length > 0;

/** A terminal's or pipe's output so far, and what of it there is to wait for. */
export function collect(stream: {onOutput(listener: (stream: 1 | 2, data: Uint8Array) => void): void}): {text(): string; bytes(): number; of(stream: 1 | 2): string} {
	const parts: Array<{stream: 1 | 2; data: Buffer}> = [];
	stream.onOutput((from, data) => parts.push({stream: from, data: Buffer.from(data)}));
	const text = (from?: 1 | 2): string => Buffer.concat(parts.filter(part => from === undefined || part.stream === from).map(part => part.data)).toString();
	return {text: () => text(), bytes: () => parts.reduce((sum, {data}) => sum + data.length, 0), of: from => text(from)};
}
