// npm run check: types, lint, format, borders between the folders. Everything that needs neither root nor a kernel. `-- --all`: what takes longer.
import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const bin = name => `node_modules/.bin/${name}`;
const steps = [
	['types', bin('tsc'), '--noEmit'],
	['lint', bin('oxlint'), 'source', 'core', 'test', 'tools', 'media'],
	['borders', process.execPath, 'tools/borders.js'],
];

/** The C side, where its tools are installed, with `--all`: its format, the analyser (minutes), and ten seconds of every fuzz target. */
const has = command => spawnSync(command, ['--version'], {stdio: 'ignore'}).status === 0;
const sources = ['native', 'test'].flatMap(folder => readdirSync(folder, {recursive: true, encoding: 'utf8'}).map(name => `${folder}/${name}`)).filter(name => /\.[ch]$/.test(name));
const files = sources.filter(name => /^native\/.*\.c$/.test(name) && !name.includes('/fuzz/'));
const all = process.argv.includes('--all');
if (all && has('clang-format')) steps.push(['format of C', 'clang-format', '--dry-run', '--Werror', ...sources]);
if (all && has('clang-tidy')) steps.push(['clang-tidy', 'clang-tidy', '--quiet', ...files, '--', '-std=gnu17', '-Inative/common', '-D_GNU_SOURCE']);
if (all && has('clang')) steps.push(['fuzz', 'make', '--no-print-directory', '-C', 'native', 'fuzz', 'FUZZ_TIME=10']);

let failed = 0;
for (const [name, command, ...args] of steps) {
	const {status, stdout, stderr} = spawnSync(command, args, {encoding: 'utf8', maxBuffer: 2 ** 26});
	console.log(`${status === 0 ? '✔' : '✘'} ${name}`);
	if (status !== 0) {
		failed++;
		console.log(stdout + stderr);
	}
}
process.exitCode = failed === 0 ? 0 : 1;
