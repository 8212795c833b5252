/** The table of docs/security.md says which test proves each row, and which control shows that the attack is one. HAWSER_GOLDEN=write writes it anew. */
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {controls, others} from './controls.ts';

const tests = fileURLToPath(new URL('..', import.meta.url));
const document = fileURLToPath(new URL('../../docs/security.md', import.meta.url));

/** A test's title begins with its rows: 'A1, A3: …'. */
function testsByRow(): Map<string, Set<string>> {
	const found = new Map<string, Set<string>>();
	for (const file of readdirSync(tests, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.test.ts')))
		for (const [, rows] of readFileSync(`${tests}/${file}`, 'utf8').matchAll(/^\s*(?:test|test\.serial|onX64|withClang)\(\s*['"`]((?:A\d+(?:, )?)+)[: ]/gm))
			for (const row of rows?.split(', ') ?? []) found.set(row, (found.get(row) ?? new Set()).add(file.replace(/\.test\.ts$/, '')));
	return found;
}

const controlOf = (row: string): string => controls.find(control => control.row === row)?.how ?? others[row] ?? '';

test('A41: every row of the table has its test and its control, and the table says which', t => {
	const proofs = testsByRow();
	const rows: string[] = [];
	const wanted = readFileSync(document, 'utf8').replace(/^\| (A\d+) \| (.*?) \| (.*?) \| .*$/gm, (_line, row: string, attack: string, defence: string) => {
		rows.push(row);
		return `| ${row} | ${attack} | ${defence} | ${[...(proofs.get(row) ?? [])].sort().join(', ')} | ${controlOf(row)} |`;
	});
	t.deepEqual(
		rows,
		Array.from({length: 41}, (_value, index) => `A${index + 1}`),
	);
	for (const row of rows) {
		t.true(proofs.has(row), `${row} has no test`);
		t.not(controlOf(row), '', `${row} has no control`);
	}
	if (process.env['HAWSER_GOLDEN'] === 'write') writeFileSync(document, wanted);
	t.is(readFileSync(document, 'utf8'), wanted);
});

test('B1, C1: every row about images and registries names tests that are there', t => {
	const rows = [...readFileSync(document, 'utf8').matchAll(/^\| ([BC]\d+) \| .*? \| (.*?) \| (.*?) \|$/gm)];
	t.is(rows.length, 32);
	for (const [, row, proof = '', twin = ''] of rows) {
		const named = [...`${proof}; ${twin}`.matchAll(/([a-z/-]+): `([^`]+)`/g)];
		t.true(named.length >= 2, row);
		for (const [, file = '', title = ''] of named) {
			const path = [`${tests}/${file}.test.ts`, `${tests}/${file}.ts`].find(existsSync) ?? '';
			t.true(path !== '' && readFileSync(path, 'utf8').includes(title), `${row}: ${file}: ${title}`);
		}
	}
});
