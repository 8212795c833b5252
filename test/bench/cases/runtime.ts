import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {dockerLike, fillRoot} from '../../native/runtime-world.ts';
import {must, works, type Result} from '../measure.ts';
import {dist} from '../world.ts';

/** Bundles with a busybox and what Docker asks for: `plain` without a system call filter, `filtered` with Docker's. */
function makeBundles(folder: string): void {
	for (const name of ['plain', 'filtered']) {
		mkdirSync(join(folder, name));
		fillRoot(join(folder, name, 'rootfs'));
		const config = dockerLike('bench', ['/bin/true']);
		// Older ones know no later version.
		config.ociVersion = '1.0.0';
		if (name === 'plain') delete config.linux['seccomp'];
		writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
	}
}

type Lap = (rounds: number, ...words: string[]) => string;

/** Some refuse to run beside an empty v2 hierarchy. */
const inOwnMounts = ['unshare', '--mount', 'sh', '-c', 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', 'sh'];

function compileLap(folder: string): Lap {
	const program = join(folder, 'lap');
	execFileSync('cc', ['-O2', '-static', '-o', program, fileURLToPath(new URL('../lap.c', import.meta.url))]);
	const [command = '', ...before] = inOwnMounts;
	return (rounds, ...words) => must(command, ...before, program, String(rounds), ...words);
}

const steps: Readonly<Record<string, (call: string, bundle: string, id: string) => string>> = {
	run: (call, bundle, id) => `${call} run --bundle ${bundle} ${id}`,
	'create, start, wait, delete': (call, bundle, id) => `${call} create --bundle ${bundle} ${id} ; ${call} start ${id} ; WAIT ; ${call} delete ${id}`,
};

function raceSteps(lap: Lap, folder: string, runtimes: ReadonlyArray<readonly [string, string]>, {rounds, bundle, name}: {rounds: number; bundle: string; name: string}): Result[] {
	const words = runtimes.flatMap(([runtime, path]) => [runtime, steps[name]?.(`${path} --root ${join(folder, runtime)}`, join(folder, bundle), `hawser-bench-${runtime}`) ?? '']);
	const lines = lap(rounds, ...words).trim().split('\n').map(line => line.split(' '));
	const figures = (what: string) => Object.fromEntries(lines.filter(([, kind]) => kind === what).map(([runtime = '', , micros]) => [runtime, Number(micros) / 1000]));
	return [
		{title: `runtime: ${name} (${bundle})`, unit: 'ms', figures: figures('wall'), goal: '≤ 0.5 of crun 1.8'},
		{title: `  its processor time`, unit: 'ms', figures: figures('cpu'), goal: '≤ crun'},
	];
}

/** What the kernel takes for the same steps, one by one and together. */
function measureFloor(lap: Lap, folder: string, rounds: number): Result[] {
	return lap(rounds, 'floor', join(folder, 'plain/rootfs'))
		.trim()
		.split('\n')
		.map(line => {
			const [title = '', micros = ''] = line.split(': ');
			return {title: `  floor: ${title}`, unit: 'ms', figures: {floor: Number(micros) / 1000}};
		});
}

/** The runtime alone, with Docker's configuration, beside the runtimes that are installed (HAWSER_BENCH_RUNTIMES=name=path,… for others). */
export async function benchRuntime(rounds: number): Promise<Result[]> {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-runtime-'));
	try {
		makeBundles(folder);
		const lap = compileLap(folder);
		const others = (process.env['HAWSER_BENCH_RUNTIMES'] || 'crun=crun,runc=runc').split(',').map(pair => pair.split('=') as [string, string]);
		const runtimes = [['hawser', join(dist, 'hawser-runtime')] as const, ...others.filter(([, path]) => works(path, '--version'))];
		const races = ['plain', 'filtered'].flatMap(bundle => Object.keys(steps).flatMap(name => raceSteps(lap, folder, runtimes, {rounds, bundle, name})));
		return [...races, ...measureFloor(lap, folder, rounds)];
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}
