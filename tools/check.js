// npm run check: types, lint, format, borders between the folders. Everything that needs neither root nor a kernel.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const bin = name => `node_modules/.bin/${name}`;
const steps = [
	['types', bin('tsc'), '--noEmit'],
	['lint', bin('oxlint'), 'source', 'core', 'test', 'tools', 'media'],
	['borders', process.execPath, 'tools/borders.js'],
];

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
