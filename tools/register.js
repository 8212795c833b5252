// `node --import ./tools/register.js`: Node reads .ts itself; .tsx goes through esbuild; patched packages are patched, as in the build.
import {readFileSync} from 'node:fs';
import {registerHooks} from 'node:module';
import {fileURLToPath} from 'node:url';
import {transformSync} from 'esbuild';
import {patch} from './patches.js';

const transformTsx = file => transformSync(readFileSync(file, 'utf8'), {loader: 'tsx', jsx: 'automatic', target: 'node24', sourcemap: 'inline', sourcefile: file}).code;

registerHooks({
	resolve(specifier, context, next) {
		if (specifier === 'blessed') return {url: new URL('blessed.cjs', import.meta.url).href, format: 'commonjs', shortCircuit: true};
		return next(specifier, context);
	},
	load(url, context, next) {
		if (!url.startsWith('file:')) return next(url, context);
		const file = fileURLToPath(url);
		if (file.endsWith('.tsx')) return {format: 'module', source: transformTsx(file), shortCircuit: true};
		const patched = patch(file, () => readFileSync(file, 'utf8'));
		return patched ? {...patched, shortCircuit: true} : next(url, context);
	},
});
