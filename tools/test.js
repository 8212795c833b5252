// npm test: checks that the programs are built and the test tools are there, then runs ava over everything (or over the
// files named), and ends with one line that counts: 'N passed, N failed, N skipped'.
import {spawn, spawnSync, execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function prepare() {
	if (process.getuid() !== 0) throw new Error('the tests make namespaces, mounts and cgroups: run them as root');
	execFileSync('sh', ['tools/setup.sh', '--tests'], {stdio: 'inherit'});
	if (!existsSync('dist/cli.cjs') || !existsSync('dist/hawser-runtime')) execFileSync(process.execPath, ['tools/build.js'], {stdio: 'inherit'});
}

/** Counts a TAP stream line by line while it passes through: only what fails is worth a reader's time in full. */
function createCounter() {
	const counts = {passed: 0, failed: 0, skipped: 0};
	let rest = '';
	let showing = false;
	return {
		counts,
		feed(text) {
			const lines = (rest + text).split('\n');
			rest = lines.pop();
			for (const line of lines) {
				const result = /^(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO).*)?$/i.exec(line);
				if (result) {
					const kind = result[3] ? 'skipped' : result[1] ? 'failed' : 'passed';
					counts[kind]++;
					showing = kind === 'failed';
					console.log(`${{passed: '  ✔', failed: '  ✘', skipped: '  -'}[kind]} ${result[2] ?? ''}`);
				} else if (showing || (line.trim() !== '' && !/^(#|TAP version|1\.\.)/.test(line))) {
					console.log(line);
				}
			}
		},
	};
}

/** All that the tests make lies in one folder, by which what a test that was cut short has left is found. */
const parent = process.env.HAWSER_TEST_DIR ?? tmpdir();
const prefix = 'hawser-tests-';
const folder = join(parent, `${prefix}${process.pid}`);

/** Takes the stores below a folder down: their containers, tables, bridges and cgroups. */
function sweep(place) {
	// Not into what is mounted there; a tree that goes while it is walked through is no matter.
	const {stdout} = spawnSync('find', [place, '-xdev', '-name', 'hawser.db'], {encoding: 'utf8'});
	for (const path of stdout.split('\n').filter(Boolean)) {
		const root = dirname(path);
		const state = join(dirname(root), 'state');
		if (!existsSync(state)) continue;
		console.error(`test: takes down what was left of ${root}`);
		spawnSync('dist/hawser', ['--root', root, '--state', state, 'system', 'reset', '--force'], {stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000});
	}
	// What is still mounted there may be the host's own files.
	if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${place}/`)) console.error(`test: ${place} has mounts, and stays`);
	else rmSync(place, {recursive: true, force: true});
}

/** Those of runs that were killed before they could. */
function sweepOthers() {
	if (!existsSync(parent)) return;
	for (const name of readdirSync(parent).filter(entry => entry.startsWith(prefix))) if (!existsSync(`/proc/${name.slice(prefix.length)}`)) sweep(join(parent, name));
}

async function runAva(files) {
	const counter = createCounter();
	const {CI: _, ...rest} = process.env;
	const env = {...rest, TMPDIR: folder, HAWSER_TEST_DIR: folder};
	const ava = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...files], {env: {...env, FORCE_COLOR: '0'}, stdio: ['ignore', 'pipe', 'inherit']});
	ava.stdout.setEncoding('utf8');
	ava.stdout.on('data', text => counter.feed(text));
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => ava.kill(signal));
	const code = await new Promise(resolve => ava.on('close', resolve));
	return {code, ...counter.counts};
}

try {
	prepare();
} catch (error) {
	console.error(`test: ${error.message}`);
	process.exit(1);
}
sweepOthers();
mkdirSync(folder, {recursive: true});
// As the place that it stands for: some tests are other users.
chmodSync(folder, 0o1777);
const {code, passed, failed, skipped} = await runAva(process.argv.slice(2));
sweep(folder);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = code === 0 && failed === 0 && passed > 0 ? 0 : 1;
