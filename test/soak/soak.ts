/**
 * npm run soak -- [CYCLES] [STARTS]: so many `run --rm` one after another by two at a time, then so many detached starts asked at once from
 * eight processes, and all of it removed. Ends with 1 when anything failed or anything is left: a ledger of the host before and after.
 */
import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {makeStore} from '../helpers/store.ts';
import {program, cleanEnv} from '../helpers/cli.ts';
import {countAll, grown} from './ledger.ts';

const cycles = Number(process.argv[2] ?? 10_000);
const starts = Number(process.argv[3] ?? 800);
const PROCESSES = 8;
const NETWORK = process.env['HAWSER_SOAK_NETWORK'] ?? 'bridge';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function run(env: Readonly<Record<string, string>>, script: string): Promise<string> {
	const child = spawn('/bin/sh', ['-c', script, program], {env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe']});
	let text = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
	return new Promise(resolve => child.on('close', () => resolve(text)));
}

const complaints = (texts: readonly string[]): string[] => texts.flatMap(text => text.split('\n').filter(line => /^(Error|Hint|hawser):|locked|failed/.test(line)));

async function main(): Promise<number> {
	const store = await makeStore();
	// The first container brings what stays: bridge, table, cgroup of the store.
	await store.must('run', '--rm', '--network', NETWORK, 'busybox', 'true');
	const place = {root: store.root, state: store.state, store: existsSync(`${store.state}/store`) ? (readFileSync(`${store.state}/store`, 'utf8').split('\n')[0] ?? '') : 'hawser'};
	const before = countAll(place);
	const begun = Date.now();
	const failures: string[] = [];
	const half = Math.ceil(cycles / 2);
	const loop = `i=0; while [ $i -lt ${half} ]; do "$0" run --rm --network ${NETWORK} busybox true || echo "failed: cycle $i"; i=$((i+1)); done`;
	failures.push(...complaints(await Promise.all([run(store.env, loop), run(store.env, loop)])));
	say(`${half * 2} cycles in ${Date.now() - begun} ms, ${failures.length} complaints`);
	const each = Math.ceil(starts / PROCESSES);
	const startAll = (worker: number): string =>
		`i=0; while [ $i -lt ${each} ]; do "$0" run -d --name soak-${worker}-$i --network ${NETWORK} busybox sleep 1000 >/dev/null & i=$((i+1)); [ $((i % 25)) = 0 ] && wait; done; wait`;
	const at = Date.now();
	failures.push(...complaints(await Promise.all(Array.from({length: starts > 0 ? PROCESSES : 0}, (_, worker) => run(store.env, startAll(worker))))));
	const running = (await store.must('ps', '-q')).split('\n').filter(Boolean).length;
	say(`${running} of ${starts > 0 ? each * PROCESSES : 0} run after ${Date.now() - at} ms`);
	if (starts > 0 && running !== each * PROCESSES) failures.push(`only ${running} containers run`);
	if (running > 0) await run(store.env, '"$0" ps -aq | xargs -n 50 "$0" rm -f >/dev/null');
	const left = grown(before, countAll(place));
	for (const line of [...failures.slice(0, 20), ...left]) say(line);
	await store.close();
	say(failures.length + left.length === 0 ? 'nothing failed, and nothing is left' : `${failures.length} failures, ${left.length} kinds of things left`);
	return failures.length + left.length === 0 ? 0 : 1;
}

process.exit(await main());
