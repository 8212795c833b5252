/** A second of every fuzz target of native/fuzz, from its seeds, in a build with sanitizers. `make -C native fuzz` is the long run. */
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const built = fileURLToPath(new URL('../../build/fuzz', import.meta.url));
const targets = readdirSync(`${native}/fuzz`).flatMap(name => (/^\w+-\w+\.c$/.test(name) ? [name.slice(0, -2)] : []));
const SECONDS = 1;

const folder = mkdtempSync(`${tmpdir()}/hawser-fuzz-`);
test.after.always(() => rmSync(folder, {recursive: true}));

function fuzz(target: string): Promise<{code: number | null; text: string}> {
	const corpus = `${folder}/${target}`;
	mkdirSync(corpus);
	const flags = [`-max_total_time=${SECONDS}`, '-timeout=10', '-rss_limit_mb=2048', '-max_len=65536', '-print_final_stats=1', `-artifact_prefix=${folder}/${target}-`];
	const child = spawn(`${built}/${target}`, [...flags, corpus, `${native}/fuzz/seeds/${target}`], {stdio: ['ignore', 'ignore', 'pipe'], env: {TMPDIR: folder}});
	let text = '';
	child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
	return new Promise(resolve => child.on('close', code => resolve({code, text})));
}

const withClang = spawnSync('clang', ['--version'], {stdio: 'ignore'}).status === 0 ? test : test.skip;

withClang('A20: every reader of bytes from outside stands a second of mutations of what it reads well', async t => {
	t.timeout(600_000);
	execFileSync('make', ['--no-print-directory', '-j', String(availableParallelism()), '-C', native, 'fuzzers'], {stdio: ['ignore', 'ignore', 'inherit']});
	const waiting = [...targets];
	const runs: string[] = [];
	const worker = async (): Promise<void> => {
		for (let target = waiting.pop(); target !== undefined; target = waiting.pop()) {
			t.true(existsSync(`${native}/fuzz/seeds/${target}`), `${target} has no seeds`);
			const {code, text} = await fuzz(target);
			t.is(code, 0, `${target}: ${text.slice(-3000)}`);
			runs.push(`${target} ${/number_of_executed_units: (\d+)/.exec(text)?.[1]}`);
		}
	};
	await Promise.all([worker(), worker()]);
	t.log(runs.sort().join(', '));
	t.is(runs.length, targets.length);
});
