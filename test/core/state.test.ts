import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {openDatabase, transaction} from '../../core/state/database.ts';

const tables = ['CREATE TABLE things (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID'];

function folder(t: ExecutionContext): string {
	const path = mkdtempSync(`${tmpdir()}/hawser-state-`);
	t.teardown(() => rmSync(path, {recursive: true}));
	return path;
}

test('openDatabase() makes the tables once, and opens what is there', t => {
	const path = `${folder(t)}/hawser.db`;
	openDatabase(path, tables).close();
	const db = openDatabase(path, tables);
	t.teardown(() => db.close());
	t.is(db.prepare('PRAGMA user_version').get()?.['user_version'], 1);
	t.is(db.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
	t.is(db.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
});

test('openDatabase() refuses the records of a newer version', t => {
	const path = `${folder(t)}/hawser.db`;
	const db = openDatabase(path, tables);
	db.exec('PRAGMA user_version=99');
	db.close();
	const error = t.throws(() => openDatabase(path, tables));
	t.regex(error.message, /was written by a newer hawser \(schema 99/);
});

test('transaction() takes everything back when its work throws', t => {
	const db = openDatabase(`${folder(t)}/hawser.db`, tables);
	t.teardown(() => db.close());
	t.throws(() =>
		transaction(db, () => {
			db.exec("INSERT INTO things VALUES ('half')");
			throw new Error('no');
		}),
	);
	t.deepEqual(db.prepare('SELECT * FROM things').all(), []);
});

test('eight processes that open a new store and write at once all succeed', async t => {
	const path = `${folder(t)}/hawser.db`;
	const program = `
		import {openDatabase, transaction} from ${JSON.stringify(new URL('../../core/state/database.ts', import.meta.url).href)};
		const db = openDatabase(${JSON.stringify(path)}, ${JSON.stringify(tables)});
		for (let i = 0; i < 20; i++) transaction(db, () => db.prepare('INSERT INTO things VALUES (?)').run(process.pid + '-' + i));
	`;
	const codes = await Promise.all(
		Array.from({length: 8}, async () => {
			const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'ignore', 'inherit']});
			const [code] = (await once(child, 'exit')) as [number];
			return code;
		}),
	);
	t.deepEqual(
		codes,
		Array.from({length: 8}, () => 0),
	);
	const db = openDatabase(path, tables);
	t.teardown(() => db.close());
	t.is(db.prepare('SELECT count(*) AS n FROM things').get()?.['n'], 160);
});
