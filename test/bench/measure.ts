/** Timing of contenders side by side: one round after another, each contender once a round, so that a noisy minute hits all. */
import {spawnSync} from 'node:child_process';

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

async function timeOnce({before, run, after}: Contender): Promise<number> {
	await before?.();
	const start = performance.now();
	try {
		await run();
		return performance.now() - start;
	} finally {
		await after?.();
	}
}

/** Median wall time in ms of each contender over `rounds` rounds, after one round that is not counted. */
export async function race(title: string, contenders: readonly Contender[], {rounds, goal, warmUp = true}: {rounds: number; goal?: string; warmUp?: boolean}): Promise<Result> {
	const times = new Map(contenders.map(({name}) => [name, [] as number[]]));
	for (let round = warmUp ? -1 : 0; round < rounds; round++) {
		for (const contender of contenders) {
			const time = await timeOnce(contender);
			if (round >= 0) times.get(contender.name)?.push(time);
		}
	}
	const figures = Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
	return {title, unit: 'ms', figures, ...(goal && {goal})};
}
