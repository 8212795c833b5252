import {spawn} from 'node:child_process';
import {busySeconds, cleanEnv, sideBySide, type Result} from '../measure.ts';
import {engines, type Engine, type World} from '../world.ts';

const COUNT = 200;
const AT_ONCE = 8;
const WATCHED = 50;
const prefix = 'hawser-bench-many-';

/** The engine's command for a shell script in which "$@" stands for the program and its options. */
function shell({program}: Engine, script: string): Promise<void> {
	const child = spawn('/bin/sh', ['-c', script, 'sh', ...program], {env: cleanEnv(), stdio: ['ignore', 'ignore', 'inherit']});
	return new Promise((resolve, reject) => child.once('close', code => (code === 0 ? resolve() : reject(new Error(`exit ${code} of ${program.join(' ')}: ${script}`)))));
}

const startAll = (engine: Engine, count: number): Promise<void> =>
	shell(engine, `seq ${count} | xargs -P ${AT_ONCE} -I @ "$@" run -d --network none --name ${prefix}@ ${engine.image} sleep 100000`);

const removeAll = (engine: Engine, count: number): Promise<void> => shell(engine, `seq -f ${prefix}%.0f ${count} | xargs "$@" ${engine.removeNow.join(' ')}`);

/** Wall time and CPU of the whole machine, daemons and kernel threads with it: so nothing else may run. */
export async function benchMany(world: World, rounds: number): Promise<Result[]> {
	const all = engines(world);
	const started = await sideBySide(
		`${COUNT} × run -d, ${AT_ONCE} at a time`,
		all.map(engine => ({name: engine.name, run: () => startAll(engine, COUNT), after: () => removeAll(engine, COUNT)})),
		{rounds, goal: '≤ 0.25 of docker, 0.4 of podman'},
	);
	const removed = await sideBySide(
		`rm -f of those ${COUNT}`,
		all.map(engine => ({name: engine.name, before: () => startAll(engine, COUNT), run: () => removeAll(engine, COUNT)})),
		{rounds, goal: '≤ 0.25 of docker, 0.4 of podman'},
	);
	const listed = await sideBySide(
		`ps of ${COUNT} running`,
		all.map(engine => ({name: engine.name, before: () => startAll(engine, COUNT), run: () => void engine.call('ps'), after: () => removeAll(engine, COUNT)})),
		{rounds, goal: '≤ 1 of docker'},
	);
	return [...started, ...removed, ...listed.slice(0, 1)];
}

/** CPU that a minute's look at fifty containers costs: client, daemon and monitors. */
export async function benchStats(world: World): Promise<Result[]> {
	const figures: Record<string, number> = {};
	for (const engine of engines(world)) {
		await startAll(engine, WATCHED);
		try {
			const before = busySeconds();
			await shell(engine, 'timeout -s INT 60 "$@" stats; [ $? = 124 ]');
			figures[engine.name] = busySeconds() - before;
		} finally {
			await removeAll(engine, WATCHED);
		}
	}
	return [{title: `stats of ${WATCHED} for a minute`, unit: 's of CPU', figures, goal: '≤ 0.1 of docker'}];
}
