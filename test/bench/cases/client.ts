import {race, must, type Result} from '../measure.ts';
import {engines, type Engine, type World} from '../world.ts';

const prefix = 'hawser-bench-';

/** Starts `count` sleeping containers in each engine and gives a function that removes them. */
export function startMany(world: World, count: number): () => void {
	const names = Array.from({length: count}, (_, index) => `${prefix}${index}`);
	const all = engines(world);
	const remove = ({call}: Engine) => {
		for (let at = 0; at < count; at += 50) call('rm', '-f', ...names.slice(at, at + 50));
	};
	for (const engine of all) for (const name of names) engine.call('run', '-d', '--network', 'none', '--name', name, engine.image, 'sleep', '100000');
	return () => all.forEach(remove);
}

/** What a command costs that only looks, with 50 containers running; the floor is a Node that does nothing. */
export async function benchClient(world: World, rounds: number): Promise<Result[]> {
	const floor = {name: 'floor', run: () => void must(world.node, '-e', '0')};
	const look = (title: string, goal: string, ...args: string[]) =>
		race(title, [floor, ...engines(world).map(({name, call}) => ({name, run: () => void call(...args)}))], {rounds, goal});
	return [
		await look('version', '', 'version'),
		await look('ps of 50 running', '< 2.0 of the floor (node -e 0)', 'ps'),
		await look('images', '', 'images'),
		await look('inspect', '', 'inspect', `${prefix}0`),
		await look('logs --tail 10', '', 'logs', '--tail', '10', `${prefix}0`),
	];
}
