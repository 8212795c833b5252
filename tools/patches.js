// Small changes that some packages need before they can be bundled or tested. The bundler and the test loader share them.
// A patch that no longer changes anything is an error: the package has moved on, look again.
const patches = [
	{
		// ink-table is CommonJS and requires Ink, which has a top-level await and can only be imported: make it a module.
		file: /[\\/]ink-table[\\/]dist[\\/]index\.js$/,
		format: 'module',
		change: [
			['Object.defineProperty(exports, "__esModule", { value: true });', ''],
			['exports.Skeleton = exports.Cell = exports.Header = void 0;', ''],
			['const react_1 = __importDefault(require("react"));', 'import react from "react"; const react_1 = {default: react};'],
			['const ink_1 = require("ink");', 'import * as ink_1 from "ink";'],
			['const object_hash_1 = require("object-hash");', 'import object_hash_1 from "object-hash";'],
			[/exports\.(?:Header|Cell|Skeleton) = \w+;/g, ''],
			['exports.default = Table;', 'export default {default: Table};'],
		],
	},
	{
		// `new Buffer` prints a deprecation warning onto the screen once it is bundled.
		file: /[\\/]drawille-blessed-contrib[\\/]index\.js$/,
		format: 'commonjs',
		change: [['new Buffer(', 'Buffer.alloc(']],
	},
	{
		// fetch() of a data: URL would load undici, 30 to 50 ms; yoga's own fallback decodes the same bytes.
		file: /[\\/]yoga-wasm-base64-esm\.js$/,
		format: 'module',
		change: [['"function"!=typeof fetch', 'true']],
	},
];

/** The patched source of `file` and its module format, or undefined where nothing is to be changed. */
export function patch(file, read) {
	const found = patches.find(({file: pattern}) => pattern.test(file));
	if (!found) return undefined;
	let source = read();
	for (const [from, to] of found.change) {
		const next = source.replace(from, to);
		if (next === source) throw new Error(`the patch of ${file} no longer applies: ${from}`);
		source = next;
	}
	return {source, format: found.format};
}

export const patchedFiles = /ink-table|drawille|yoga-wasm/;
