// Checks the borders between the folders (tools/borders.cjs) on what really is imported at run time: esbuild takes the types
// out, which TypeScript 7 no longer lends dependency-cruiser a parser for, and the imports that are left are looked at.
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {transformSync} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const plain = join(root, 'build/borders');

function stripTypes(file) {
	const {code} = transformSync(readFileSync(join(root, file), 'utf8'), {loader: file.endsWith('x') ? 'tsx' : 'ts', jsx: 'automatic', target: 'node24'});
	const target = join(plain, file.replace(/\.tsx?$/, '.js'));
	mkdirSync(dirname(target), {recursive: true});
	writeFileSync(target, code.replaceAll(/((?:from|import)\s*\(?\s*["']\.[^"']+)\.tsx?(?=["'])/g, '$1.js'));
}

rmSync(plain, {recursive: true, force: true});
for (const folder of ['core', 'source']) for (const name of readdirSync(join(root, folder), {recursive: true})) if (/\.tsx?$/.test(name)) stripTypes(join(folder, name));

const {status} = spawnSync(
	process.execPath,
	[join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), '--config', join(root, 'tools/borders.cjs'), '--output-type', 'err', 'core', 'source'],
	{
		cwd: plain,
		stdio: 'inherit',
	},
);
process.exitCode = status ?? 1;
