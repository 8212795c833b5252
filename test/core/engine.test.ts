import {existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {closeEngine, engineInfo, engineVersion, openEngine, resetStore, startContainer} from '../../core/index.ts';
import {addBusybox, create, openTestStore} from './store.ts';

function folder(t: ExecutionContext): string {
	const path = mkdtempSync(`${tmpdir()}/hawser-open-`);
	t.teardown(() => rmSync(path, {recursive: true, force: true}));
	return path;
}

test('openEngine() makes its folders private, and names the store after its root', t => {
	const path = folder(t);
	const engine = openEngine({root: `${path}/root`, state: `${path}/state`});
	t.teardown(() => closeEngine(engine));
	t.is(statSync(engine.root).mode & 0o777, 0o700);
	t.regex(engine.store, /^hawser-[0-9a-f]{8}$/);
	t.is(openEngine({root: `${path}/root`, state: `${path}/state`}).store, engine.store);
	t.not(openEngine({root: `${path}/other`, state: `${path}/state2`}).store, engine.store);
	t.false(existsSync(`${engine.root}/hawser.db`), 'records open at their first use');
});

test('openEngine() refuses a path that mount options could not carry, and a folder of others', t => {
	const path = folder(t);
	t.throws(() => openEngine({root: `${path}/a:b`}), {message: /holds a colon/});
	mkdirSync(`${path}/shared`, {mode: 0o755});
	writeFileSync(`${path}/shared/letter`, '');
	t.throws(() => openEngine({root: `${path}/shared`, state: `${path}/state`}), {message: /open to other users/});
	t.is(statSync(`${path}/shared`).mode & 0o777, 0o755);
});

test('resetStore() ends what runs, and takes away what is ours and nothing else', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	await startContainer(engine, await create(engine, ['sleep', '60']));
	writeFileSync(`${engine.root}/letter`, 'mine');
	await resetStore(engine);
	t.true(existsSync(`${engine.root}/letter`));
	t.false(existsSync(`${engine.root}/hawser.db`));
	t.false(existsSync(engine.state));
	rmSync(`${engine.root}/letter`);
});

test('engineInfo() and engineVersion() have Docker’s fields', async t => {
	const engine = openTestStore(t);
	addBusybox(engine);
	await startContainer(engine, await create(engine, ['sleep', '60']));
	t.like(engineInfo(engine), {Containers: 1, ContainersRunning: 1, ContainersStopped: 0, Images: 1, DockerRootDir: engine.root, OSType: 'linux'});
	t.like(engineVersion(), {Client: {Os: 'linux'}, Server: {Os: 'linux'}});
});
