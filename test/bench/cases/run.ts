import {race, type Result} from '../measure.ts';
import {engines, type World} from '../world.ts';

/** One short-lived container from the prompt: what scripts do all day. */
export async function benchRun(world: World, rounds: number): Promise<Result[]> {
	const results: Result[] = [];
	for (const [title, args] of [
		['run --rm true, default network', []],
		['run --rm true, --network none', ['--network', 'none']],
		['run --rm true, --network host', ['--network', 'host']],
	] as const) {
		const contenders = engines(world).map(({name, image, call}) => ({name, run: () => void call('run', '--rm', ...args, image, 'true')}));
		results.push(await race(title, contenders, {rounds, goal: '≤ 0.5 of docker and podman'}));
	}
	return results;
}

/** The verbs of a container's life, each on its own. */
export async function benchLife(world: World, rounds: number): Promise<Result[]> {
	const name = 'hawser-bench-life';
	const all = engines(world);
	const remove = (call: (...args: string[]) => string) => () => void call('rm', '-f', name);
	const start = (call: (...args: string[]) => string, image: string) => void call('run', '-d', '--network', 'none', '--name', name, image, 'sleep', '1000');
	const verb = (title: string, make: (engine: (typeof all)[number]) => {before?: () => void; run: () => void}) =>
		race(
			title,
			all.map(engine => ({name: engine.name, ...make(engine), after: remove(engine.call)})),
			{rounds},
		);
	return [
		await verb('run -d', ({call, image}) => ({run: () => start(call, image)})),
		await verb('exec true', ({call, image}) => ({before: () => start(call, image), run: () => void call('exec', name, 'true')})),
		await verb('create', ({call, image}) => ({run: () => void call('create', '--network', 'none', '--name', name, image, 'sleep', '1000')})),
		await verb('start', ({call, image}) => ({before: () => void call('create', '--network', 'none', '--name', name, image, 'sleep', '1000'), run: () => void call('start', name)})),
		await verb('stop -t 1 of one that ignores the signal', ({call, image}) => ({before: () => start(call, image), run: () => void call('stop', '-t', '1', name)})),
		await race(
			'rm -f of a running one',
			all.map(({name: engine, call, image}) => ({name: engine, before: () => start(call, image), run: remove(call)})),
			{rounds},
		),
	];
}
