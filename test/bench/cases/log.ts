import {race, type Result} from '../measure.ts';
import {engines, type World} from '../world.ts';

const LINES = 1_000_000;
const name = 'hawser-bench-log';
const line = '0123456789'.repeat(10).slice(1);

/** A container that prints a million lines of a hundred bytes into its log, and the reading of them. */
export async function benchLog(world: World, rounds: number): Promise<Result[]> {
	const all = engines(world).map(engine => ({
		...engine,
		start: () => void engine.call('run', '-d', '--network', 'none', '--name', name, ...engine.jsonLog, engine.image, 'sh', '-c', `yes ${line} | head -n ${LINES}`),
		wait: () => void engine.call('wait', name),
		remove: () => void engine.call('rm', name),
		read: () => void engine.call('logs', name),
	}));
	return [
		await race(
			`${LINES} lines into the log`,
			all.map(({name, start, wait, remove}) => ({name, run: () => (start(), wait()), after: remove})),
			{rounds, goal: '≤ 0.33 of docker, 1 of podman'},
		),
		await race(
			`logs of ${LINES} lines`,
			all.map(({name, start, wait, remove, read}) => ({name, before: () => (start(), wait()), run: read, after: remove})),
			{rounds, goal: '≤ 0.1 of podman'},
		),
	];
}
