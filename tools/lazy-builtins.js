// Node's modules cost milliseconds each: to load, and as ES modules once more, because every getter of theirs is asked (that of fs loads
// fs/promises, that of crypto the web's). Most commands need few of them. In the bundle `import {createHash} from
// 'node:crypto'` becomes a function that fetches the module at its first call; what is not a function is fetched when it is there.
const modules = /^node:/;

const isCallable = (name, value) => typeof value === 'function' && !/^[A-Z]/.test(name);

function source(path) {
	const module = process.getBuiltinModule(path);
	const names = Object.getOwnPropertyNames(module).filter(name => /^[A-Za-z_]\w*$/.test(name) && name !== 'default');
	const lines = names.map(name => {
		const descriptor = Object.getOwnPropertyDescriptor(module, name);
		// A getter may load half of Node: it is not asked here, nor in the bundle unless somebody imports it.
		const callable = descriptor?.get === undefined && isCallable(name, module[name]);
		return callable ? `export const ${name} = (...args) => get().${name}(...args);` : `export const ${name} = /* @__PURE__ */ pick('${name}');`;
	});
	return [`const get = () => process.getBuiltinModule('${path}');`, 'const pick = name => get()[name];', 'export default /* @__PURE__ */ get();', ...lines].join('\n');
}

/** A plugin of esbuild, for our own sources: packages may import these modules in ways that this does not know. */
export const lazyBuiltins = {
	name: 'lazy-builtins',
	setup({onResolve, onLoad}) {
		onResolve({filter: modules}, ({path, kind, importer}) =>
			kind === 'import-statement' && !importer.includes('/node_modules/') ? {path, namespace: 'lazy-builtin', sideEffects: false} : undefined,
		);
		onLoad({filter: /.*/, namespace: 'lazy-builtin'}, ({path}) => ({contents: source(path), loader: 'js'}));
	},
};
