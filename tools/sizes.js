// npm run sizes: lines per file and per function of the product's own code, to look at, never to gate on.
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const walk = folder =>
	readdirSync(folder).flatMap(name => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? walk(path) : [path];
	});
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Lengths of functions by indentation: from a line that opens one to the line with its closing brace. */
function functionLengths(lines, opens) {
	const found = [];
	lines.forEach((line, start) => {
		if (!opens.test(line)) return;
		const indent = /^\s*/.exec(line)[0];
		const end = lines.findIndex((other, index) => index > start && other.startsWith(`${indent}}`));
		if (end > start) found.push(end - start + 1);
	});
	return found;
}

const kinds = [
	['core', /\.ts$/, /^\t?(export )?(async )?(function|const \w+ = (async )?\(.*=> \{$)/],
	['source', /\.tsx?$/, /^\t?(export )?(async )?(function|const \w+ = (async )?\(.*=> \{$)/],
	['native', /\.c$/, /^\{/],
	['test', /\.tsx?$/, /^(test|async function|function)/],
];
console.log('folder   files  lines  per file median/p90/max   per function median/p90/max');
for (const [folder, ending, opens] of kinds) {
	const files = walk(folder)
		.filter(path => ending.test(path))
		.map(path => readFileSync(path, 'utf8').split('\n'));
	const lengths = files.map(lines => lines.length).sort((a, b) => a - b);
	const functions = files.flatMap(lines => functionLengths(lines, opens)).sort((a, b) => a - b);
	const three = sorted => `${at(sorted, 0.5)}/${at(sorted, 0.9)}/${sorted.at(-1) ?? 0}`;
	console.log(
		`${folder.padEnd(8)} ${String(files.length).padStart(5)} ${String(lengths.reduce((a, b) => a + b, 0)).padStart(6)}  ${three(lengths).padEnd(25)} ${three(functions)}`,
	);
}
