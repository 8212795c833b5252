import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {loadScript} from '../../source/cli/script.ts';

type Script = {readonly twice: (n: number) => number; readonly folder: string};

const SOURCE = "module.exports = {twice: n => { const inner = m => m + m; return inner(n); }, folder: __dirname, text: '\\u20ac'};";

function makeFolder(t: ExecutionContext, source = SOURCE): string {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-script-'));
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	writeFileSync(join(folder, 'way-1.cjs'), source);
	return folder;
}

test('a script is run, and the code that V8 made of it is kept once, for each use', t => {
	const folder = makeFolder(t);
	const first = loadScript<Script>(folder, 'way-1.cjs', 'ps');
	t.is(first.exports.twice(4), 8);
	t.is(first.exports.folder, folder);
	first.keep();
	const kept = join(folder, 'compiled/way-1.cjs.ps');
	const {ino} = statSync(kept);
	const second = loadScript<Script>(folder, 'way-1.cjs', 'ps');
	t.is(second.exports.twice(5), 10);
	second.keep();
	t.is(statSync(kept).ino, ino, 'it was kept already');
	t.deepEqual(readdirSync(join(folder, 'compiled')), ['way-1.cjs.ps']);
});

test('kept code that V8 does not take is made again', t => {
	const rubbish = [Buffer.alloc(0), Buffer.from('rubbish'), Buffer.alloc(4096, 1)];
	for (const [index, damaged] of rubbish.entries()) {
		// Each another text: V8 remembers within a process what it has compiled.
		const folder = makeFolder(t, `${SOURCE} // ${index}`);
		mkdirSync(join(folder, 'compiled'));
		const kept = join(folder, 'compiled/way-1.cjs.ps');
		writeFileSync(kept, damaged);
		const script = loadScript<Script>(folder, 'way-1.cjs', 'ps');
		t.is(script.exports.twice(2), 4);
		script.keep();
		t.notDeepEqual(readFileSync(kept), damaged);
	}
});

test('where nothing can be kept, nothing else changes', t => {
	const folder = makeFolder(t);
	writeFileSync(join(folder, 'compiled'), 'a file in the way');
	const script = loadScript<Script>(folder, 'way-1.cjs', 'ps');
	t.is(script.exports.twice(3), 6);
	t.notThrows(() => script.keep());
	t.deepEqual(readdirSync(folder).sort(), ['compiled', 'way-1.cjs']);
});
