// npm run build: the native helpers by make, the TypeScript by esbuild, the demo image; all into dist/.
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {directImports} from './direct-imports.js';
import {lazyBuiltins} from './lazy-builtins.js';
import {patch, patchedFiles} from './patches.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, ...args) => execFileSync(command, args, {cwd: root, stdio: ['ignore', 'ignore', 'inherit']});

const {version} = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

const patches = {
	name: 'patches',
	setup({onLoad}) {
		onLoad({filter: patchedFiles}, ({path}) => {
			const patched = patch(path, () => readFileSync(path, 'utf8'));
			return patched && {contents: patched.source, loader: 'js'};
		});
	},
};

/** The whole program is loaded by the others by its name in dist/. */
const neighbours = {
	name: 'neighbours',
	setup({onResolve}) {
		onResolve({filter: /^\.\/program\.ts$/}, () => ({path: './program.js', external: true}));
		onResolve({filter: /^\.\.\/console\/main\.tsx$/}, () => ({path: './console.js', external: true}));
	},
};

/** YAML is read of few files: a script that starts containers loads the reader from beside it. */
const yamlBeside = {
	name: 'yaml-beside',
	setup({onResolve}) {
		onResolve({filter: /^\.\/yaml\.ts$/}, () => ({path: './yaml.js', external: true}));
	},
};

export const options = {
	absWorkingDir: root,
	entryPoints: {program: 'source/cli/program.ts', yaml: 'core/bundle/yaml.ts'},
	outdir: 'dist',
	bundle: true,
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node24',
	minify: true,
	sourcemap: 'linked',
	sourcesContent: false,
	legalComments: 'none',
	jsx: 'automatic',
	chunkNames: 'chunks/[name]-[hash]',
	external: ['node-pty'],
	alias: {blessed: './tools/blessed.cjs', 'react-devtools-core': './tools/empty.js'},
	define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"', HAWSER_VERSION: JSON.stringify(version)},
	banner: {js: 'import {createRequire as __createRequire} from "node:module";const require=__createRequire(import.meta.url);'},
	plugins: [patches, neighbours, directImports, lazyBuiltins],
	logLevel: 'warning',
};

const asScript = {...options, plugins: [yamlBeside, ...options.plugins], splitting: false, format: 'cjs', outExtension: {'.js': '.cjs'}, banner: {}, define: {...options.define, 'import.meta.dirname': '__dirname'}};

/** The commands that are called all day: one script each, so that Node has one to load. They share nothing with the others. */
export const quickOptions = {...asScript, entryPoints: {look: 'source/cli/look.ts', life: 'source/cli/life.ts'}, entryNames: '[name]-[hash]', metafile: true};

async function buildScripts() {
	const {metafile} = await build(quickOptions);
	const names = Object.keys(metafile.outputs).map(path => basename(path));
	const nameOf = way => JSON.stringify(names.find(name => name.startsWith(`${way}-`) && name.endsWith('.cjs')));
	await build({...asScript, entryPoints: {cli: 'source/cli/main.ts'}, define: {...asScript.define, HAWSER_LOOK: nameOf('look'), HAWSER_LIFE: nameOf('life')}});
}

/** The same for the console: what it needs for its first frame is one file, what it may need later is beside it. */
export const consoleOptions = {...options, entryPoints: {console: 'source/console/main.tsx'}, chunkNames: 'chunks/console-[name]-[hash]'};

function removeOldScripts() {
	for (const name of ['chunks', 'compiled']) rmSync(`${root}/dist/${name}`, {recursive: true, force: true});
	for (const name of existsSync(`${root}/dist`) ? readdirSync(`${root}/dist`) : []) if (/\.c?js(\.map)?$/.test(name)) rmSync(`${root}/dist/${name}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const only = process.argv[2];
	if (only !== 'js') run('make', '--no-print-directory', '-C', 'native', '-j2');
	if (only !== 'native') {
		removeOldScripts();
		await Promise.all([build(options), buildScripts(), build(consoleOptions)]);
	}
	if (only === undefined && existsSync(`${root}/tools/demo-image.js`)) run(process.execPath, 'tools/demo-image.js');
}
