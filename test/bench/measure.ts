/** Timing of contenders side by side: one round after another, each contender once a round, so that a noisy minute hits all. */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

export type Contender = {
	/** 'hawser', a peer's name, or 'floor' for what the kernel or a bare Node costs. */
	readonly name: string;
	/** One piece of work; its time counts. Throws when the work failed. */
	readonly run: () => void | Promise<void>;
	/** Brings the world to where `run` may start; its time does not count. */
	readonly before?: () => void | Promise<void>;
	/** Clears away what `run` made; its time does not count. */
	readonly after?: () => void | Promise<void>;
};

export type Result = {readonly title: string; readonly unit: string; readonly figures: Readonly<Record<string, number>>; readonly goal?: string};

/** The environment of a user: without what npm and Node put into a script's. */
export const cleanEnv = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(npm_|NODE_|INIT_CWD$|CI$)/.test(key)));

export function must(command: string, ...args: string[]): string {
	const {status, stdout, stderr, error} = spawnSync(command, args, {encoding: 'utf8', env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28});
	if (error || status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? `exit ${status}: ${stderr.trim()}`}`);
	return stdout;
}

export const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, {stdio: 'ignore', timeout: 20_000, env: cleanEnv()}).status === 0;

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Seconds that the machine's processors have worked since it came up (proc(5), /proc/stat: ticks of 10 ms). */
export function busySeconds(): number {
	const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? '').split(' ').map(Number);
	return (user + nice + system + irq + softirq) / 100;
}

type Cost = {readonly wall: number; readonly busy: number};

async function costOf({before, run, after}: Contender): Promise<Cost> {
	await before?.();
	const busy = busySeconds();
	const start = performance.now();
	try {
		await run();
		return {wall: performance.now() - start, busy: busySeconds() - busy};
	} finally {
		await after?.();
	}
}

export type RaceOptions = {readonly rounds: number; readonly goal?: string; readonly warmUp?: boolean};

async function costsOf(contenders: readonly Contender[], {rounds, warmUp = true}: RaceOptions): Promise<Map<string, Cost[]>> {
	const costs = new Map(contenders.map(({name}) => [name, [] as Cost[]]));
	for (let round = warmUp ? -1 : 0; round < rounds; round++) {
		for (const contender of contenders) {
			const cost = await costOf(contender);
			if (round >= 0) costs.get(contender.name)?.push(cost);
		}
	}
	return costs;
}

const medians = (costs: ReadonlyMap<string, readonly Cost[]>, of: (cost: Cost) => number): Record<string, number> =>
	Object.fromEntries([...costs].map(([name, values]) => [name, median(values.map(of))]));

/** Median wall time in ms of each contender over `rounds` rounds, after one round that is not counted. */
export async function race(title: string, contenders: readonly Contender[], options: RaceOptions): Promise<Result> {
	const {goal} = options;
	return {title, unit: 'ms', figures: medians(await costsOf(contenders, options), ({wall}) => wall), ...(goal && {goal})};
}

/** Wall time, and the CPU that the whole machine spent meanwhile; for work so long that a tick of 10 ms says nothing. */
export async function sideBySide(title: string, contenders: readonly Contender[], options: RaceOptions): Promise<[Result, Result]> {
	const {goal} = options;
	const costs = await costsOf(contenders, {...options, warmUp: false});
	return [
		{title, unit: 'ms', figures: medians(costs, ({wall}) => wall), ...(goal && {goal})},
		{title: '… its CPU', unit: 's of CPU', figures: medians(costs, ({busy}) => busy), ...(goal && {goal})},
	];
}
