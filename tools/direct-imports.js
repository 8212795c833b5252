// esbuild splits files, not exports: everything behind a shared index lands in one chunk, which even `hawser ps` would have to load. So
// in the bundle an import from core/index.ts becomes an import from the file that has the thing.
import {readFileSync} from 'node:fs';
import {dirname, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const core = fileURLToPath(new URL('../core/', import.meta.url));
const EXPORT = /^export (?!type[ *])\{([^}]*)\} from '([^']+)';$/gm;
const IMPORT = /^import (?!type )\{([^}]*)\} from '([^']*\/core\/index\.ts)';/gm;

const specifiers = text =>
	text
		.split(',')
		.map(part => part.trim())
		.filter(part => part !== '' && !part.startsWith('type '));

/** Exported name → [file, its name there]. */
function readIndex() {
	const homes = new Map();
	for (const [, names, file] of readFileSync(`${core}index.ts`, 'utf8').matchAll(EXPORT)) {
		for (const specifier of specifiers(names)) {
			const [name, exported = name] = specifier.split(' as ');
			homes.set(exported, [resolve(core, file), name]);
		}
	}
	return homes;
}

export function rewriteImports(path, source, homes = readIndex()) {
	return source.replace(IMPORT, (whole, names) => {
		const imports = specifiers(names).map(specifier => {
			const [name, local = name] = specifier.split(' as ');
			const home = homes.get(name);
			if (home === undefined) throw new Error(`${path}: core/index.ts has no value ${name}`);
			return `import {${home[1]} as ${local}} from ${JSON.stringify(`./${relative(dirname(path), home[0])}`)};`;
		});
		return imports.join(' ') + '\n'.repeat(whole.split('\n').length - 1);
	});
}

export const directImports = {
	name: 'direct-imports',
	setup({onStart, onLoad}) {
		let homes;
		onStart(() => {
			homes = readIndex();
		});
		onLoad({filter: /\/source\/(?:.*\/)?[^/]+\.tsx?$/}, ({path}) => ({
			contents: rewriteImports(path, readFileSync(path, 'utf8'), homes),
			loader: path.endsWith('x') ? 'tsx' : 'ts',
		}));
	},
};
