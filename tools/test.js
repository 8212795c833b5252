// npm test: checks that the programs are built and the test tools are there, then runs ava over everything (or over the
// files named), and ends with one line that counts: 'N passed, N failed, N skipped'.
import {spawn, execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
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

async function runAva(files) {
	const counter = createCounter();
	const {CI: _, ...env} = process.env;
	const ava = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...files], {env: {...env, FORCE_COLOR: '0'}, stdio: ['ignore', 'pipe', 'inherit']});
	ava.stdout.setEncoding('utf8');
	ava.stdout.on('data', text => counter.feed(text));
	const code = await new Promise(resolve => ava.on('close', resolve));
	return {code, ...counter.counts};
}

try {
	prepare();
} catch (error) {
	console.error(`test: ${error.message}`);
	process.exit(1);
}
const {code, passed, failed, skipped} = await runAva(process.argv.slice(2));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = code === 0 && failed === 0 && passed > 0 ? 0 : 1;
