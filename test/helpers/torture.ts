import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {busyboxImage} from './busybox.ts';
import {cleanEnv, program, type Result} from './cli.ts';
import {makeImage, makeTar} from './registry-image.ts';
import {type Disk, makeDisk} from './power.ts';
import {type ScriptedRegistry, startRegistry} from './registry.ts';

/** What is done to a command: it is killed, or a system call of it fails. */
export type Injury = {readonly call: string; readonly when: number; readonly error?: string};

export type TortureVerb = 'pull' | 'load' | 'commit' | 'rmi' | 'prune';

export type TortureOptions = {
	/** At most so many injuries, spread evenly over all that there could be. */
	readonly points: number;
	/** Errors in place of kills. */
	readonly errors?: readonly string[];
	/** The whole machine goes with the command that is killed. */
	readonly powerCuts?: boolean;
	readonly onPoint?: (done: number, failures: number) => void;
};

export type TortureResult = {readonly points: number; readonly failures: readonly string[]};

/** The calls that change something or that a process depends on; strace counts them for each thread. */
const calls = [
	'rename',
	'renameat2',
	'unlink',
	'unlinkat',
	'rmdir',
	'mkdir',
	'mkdirat',
	'openat',
	'write',
	'pwrite64',
	'writev',
	'ftruncate',
	'fsync',
	'fdatasync',
	'syncfs',
	'flock',
	'fchmod',
	'chmod',
	'fchown',
	'mknodat',
	'linkat',
	'symlinkat',
	'utimensat',
	'execve',
	'clone3',
	'mount',
	'pivot_root',
	'futex',
	'fcntl',
];
const failing = [
	'openat',
	'write',
	'pwrite64',
	'writev',
	'fsync',
	'fdatasync',
	'syncfs',
	'rename',
	'mkdir',
	'mkdirat',
	'unlink',
	'unlinkat',
	'ftruncate',
	'mknodat',
	'linkat',
	'symlinkat',
	'fchown',
	'fchmod',
];

type World = {
	readonly root: string;
	readonly env: Record<string, string>;
	readonly folder: string;
	readonly registry: ScriptedRegistry;
	readonly image: string;
	readonly disk?: Disk | undefined;
};

const files = (layer: number) => makeTar(Array.from({length: 6}, (_, index) => ({name: `layer${layer}-${index}`, content: `${layer}.${index}`.repeat(3000)})));

/**
 * A write to a pipe by which Node wakes its own threads fails as well, though no kernel would let it: then the program stands still, and is
 * killed after this time with all that it began.
 */
const STILL_MS = 40_000;

const run = (world: World, args: readonly string[], wrap: readonly string[] = []): Promise<Result> => {
	const [command = program, ...rest] = [...wrap, program, ...args];
	const child = spawn(command, rest, {env: world.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true});
	const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), wrap.length > 0 ? STILL_MS : 2 ** 31 - 1);
	child.once('close', () => clearTimeout(timer));
	const output = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
	return new Promise((resolve, reject) => child.on('error', reject).on('close', (code, signal) => resolve({code: code ?? (signal === 'SIGKILL' ? 137 : 128), ...output})));
};

type Plan = {
	/** Before each: what the command needs. */
	readonly prepare: ReadonlyArray<readonly string[]>;
	readonly command: readonly string[];
	/** What the command says when it was done already. */
	readonly done?: RegExp;
	/** Afterwards. */
	readonly tidy: ReadonlyArray<readonly string[]>;
};

const plans: Readonly<Record<TortureVerb, (world: World) => Plan>> = {
	pull: ({image}) => ({prepare: [], command: ['pull', '-q', image], tidy: [['rmi', '-f', image]]}),
	load: ({folder}) => ({prepare: [], command: ['load', '-q', '-i', join(folder, 'busybox.tar')], tidy: [['rmi', '-f', 'tortured']]}),
	commit: ({folder}) => ({
		prepare: [
			['load', '-q', '-i', join(folder, 'busybox.tar')],
			['create', '--name', 'box', '--network', 'none', 'tortured'],
			['cp', join(folder, 'busybox.tar'), 'box:/file'],
		],
		command: ['commit', 'box', 'made'],
		tidy: [
			['rm', '-f', 'box'],
			['rmi', '-f', 'made', 'tortured'],
		],
	}),
	rmi: ({image}) => ({prepare: [['pull', '-q', image]], command: ['rmi', image], done: /No such image/, tidy: []}),
	prune: ({image}) => ({prepare: [['pull', '-q', image]], command: ['image', 'prune', '-a', '-f'], tidy: []}),
};

/** Injures a command again and again at different points, and looks each time whether what is in the store is whole and the command can be given again. */
export async function torture(verb: TortureVerb, {points, errors = [], powerCuts = false, onPoint}: TortureOptions): Promise<TortureResult> {
	const folder = mkdtempSync(`${process.env['HAWSER_TEST_DIR'] ?? tmpdir()}/hawser-torture-`);
	const registry = await startRegistry();
	registry.serve('tortured', 'latest', makeImage({layers: [files(1), files(2), files(3)]}));
	writeFileSync(join(folder, 'busybox.tar'), busyboxImage('docker.io/library/tortured:latest'));
	const disk = powerCuts ? makeDisk(folder) : undefined;
	const root = join(disk?.folder ?? folder, 'root');
	const world: World = {root, folder, registry, disk, image: `${registry.host}/tortured:latest`, env: cleanEnv({HAWSER_ROOT: root, HAWSER_STATE: join(folder, 'state')})};
	mkdirSync(root, {mode: 0o700});
	const plan = plans[verb](world);
	const failures: string[] = [];
	try {
		const injuries = spread(await count(world, plan, errors.length > 0 ? failing : calls), points, errors);
		for (const [done, injury] of injuries.entries()) {
			failures.push(...(await injure(world, plan, injury)));
			onPoint?.(done + 1, failures.length);
		}
		return {points: injuries.length, failures};
	} finally {
		await run(world, ['system', 'reset', '-f']);
		await disk?.remove();
		await registry.close();
		rmSync(folder, {recursive: true, force: true});
	}
}

async function must(world: World, commands: ReadonlyArray<readonly string[]>): Promise<string[]> {
	const failures: string[] = [];
	for (const args of commands) {
		const {code, stderr} = await run(world, args);
		if (code !== 0) failures.push(`${args.join(' ')}: ${code} ${stderr}`);
	}
	return failures;
}

/** How often each call comes in the thread that makes it most often: there is a point for each. */
async function count(world: World, plan: Plan, names: readonly string[]): Promise<Map<string, number>> {
	await must(world, plan.prepare);
	const log = join(world.folder, 'trace');
	await run(world, plan.command, ['strace', '-ff', '-qq', '-o', log, '-e', `trace=${names.join(',')}`, '-e', 'signal=none']);
	await must(world, plan.tidy);
	const {readFileSync} = process.getBuiltinModule('node:fs');
	const most = new Map<string, number>();
	for (const name of readdirSync(world.folder).filter(file => file.startsWith('trace.'))) {
		const path = join(world.folder, name);
		const lines = readFileSync(path, 'utf8').split('\n');
		for (const call of names) most.set(call, Math.max(most.get(call) ?? 0, lines.filter(line => line.startsWith(`${call}(`)).length));
		rmSync(path);
	}
	return most;
}

function spread(counts: ReadonlyMap<string, number>, points: number, errors: readonly string[]): Injury[] {
	const all = [...counts].flatMap(([call, times]) =>
		Array.from({length: times}, (_, at): Injury[] => (errors.length === 0 ? [{call, when: at + 1}] : errors.map(error => ({call, when: at + 1, error})))).flat(),
	);
	if (all.length <= points) return all;
	return Array.from({length: points}, (_, index) => all[Math.floor((index * all.length) / points)] as Injury);
}

/** What lies in memory goes, too. */
async function cutPower({disk, env}: World): Promise<void> {
	if (disk === undefined) return;
	await disk.cut();
	rmSync(env['HAWSER_STATE'] ?? '', {recursive: true, force: true});
}

async function injure(world: World, plan: Plan, {call, when, error}: Injury): Promise<string[]> {
	const name = `${plan.command[0]} with ${error ?? (world.disk ? 'a power cut' : 'SIGKILL')} at ${call} ${when}`;
	const prepared = await must(world, plan.prepare);
	world.disk?.settle();
	const hurt = await run(world, plan.command, [
		'strace',
		'-f',
		'-qq',
		'-o',
		'/dev/null',
		'-e',
		`trace=${call}`,
		'-e',
		'signal=none',
		'-e',
		`inject=${call}:${error === undefined ? 'signal=KILL' : `error=${error}`}:when=${when}`,
	]);
	await cutPower(world);
	const after = await run(world, ['check', '--deep']);
	const again = await run(world, plan.command);
	const allowed = again.code === 0 || plan.done?.test(again.stderr) === true;
	const final = await run(world, ['check', '--deep']);
	const tidied = await must(world, [...plan.tidy, ['image', 'prune', '-a', '-f']]);
	const left = readdirSync(join(world.root, 'staging'), {recursive: true}).map(String);
	return [
		...prepared.map(said => `before: ${said}`),
		...(after.code === 0 ? [] : [`check after it: ${after.stdout}${after.stderr}`]),
		...(allowed ? [] : [`again: ${again.code} ${again.stderr}`]),
		...(final.code === 0 ? [] : [`check at the end: ${final.stdout}${final.stderr}`]),
		...tidied.map(said => `tidying up: ${said}`),
		...(left.length === 0 ? [] : [`left in staging: ${left.join(' ')}`]),
	].map(said => `${name} (ended with ${hurt.code}): ${said.trim()}`);
}
