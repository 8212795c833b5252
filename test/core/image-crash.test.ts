import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {collectGarbage} from '../../core/image/collect.ts';
import {findImage} from '../../core/image/find.ts';
import {listImages} from '../../core/image/list.ts';
import {pullImage} from '../../core/image/pull.ts';
import {removeImage} from '../../core/image/remove.ts';
import {digestOf, type Digest} from '../../core/oci/digest.ts';
import {makeImage, makeTar} from '../helpers/registry-image.ts';
import {startRegistry, type ScriptedRegistry} from '../helpers/registry.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest.serial as TestFn<{registry: ScriptedRegistry; folder: string}>;
const noise = (seed: number) => Buffer.from(Array.from({length: 300_000}, (_, index) => (index * seed * (index >> 3)) & 255));
const layers = Array.from({length: 5}, (_, layer) => makeTar(Array.from({length: 20}, (_, file) => ({name: `layer${layer}-${file}`, content: noise(layer * 31 + file + 7919)}))));
const image = makeImage({layers});

test.beforeEach(async t => {
	const registry = await startRegistry();
	registry.serve('app', 'latest', image);
	t.context = {registry, folder: mkdtempSync(join(tmpdir(), 'hawser-test-crash-'))};
});
test.afterEach.always(async t => {
	await t.context.registry.close();
	rmSync(t.context.folder, {recursive: true, force: true});
});

/** More of them for a long run. */
const processes = Number(process.env['HAWSER_TEST_PROCESSES'] ?? 5);

const url = (path: string) => JSON.stringify(new URL(`../../core/${path}`, import.meta.url).href);

/** A process of its own that has the store open, and runs this body. */
function startProcess(store: TestStore, folder: string, body: string) {
	const script = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
	writeFileSync(
		script,
		`import {pullImage} from ${url('image/pull.ts')};
import {removeImage} from ${url('image/remove.ts')};
import {pruneImages} from ${url('image/prune.ts')};
import {tagImage} from ${url('image/tag.ts')};
import {openDatabase} from ${url('state/database.ts')};
const db = openDatabase(${JSON.stringify(join(store.root, 'hawser.db'))}, []);
const store = {root: ${JSON.stringify(store.root)}, state: ${JSON.stringify(store.state)}, native: ${JSON.stringify(store.native)}, db};
process.stdout.write('go\\n');
${body}`,
	);
	return spawn(process.execPath, [script], {stdio: ['ignore', 'pipe', 'inherit']});
}

const startPull = (store: TestStore, folder: string, name: string) => startProcess(store, folder, `await pullImage(store, ${JSON.stringify(name)});`);

/** What is visible under its name is whole, whatever happened. */
function checkStore(store: TestStore): void {
	for (const {id} of listImages(store)) {
		const {chainIds} = findImage(store, id);
		for (const [layer, chainId] of chainIds.entries()) {
			const tree = join(store.root, 'layers', chainId.slice(7), 'fs');
			const files = readdirSync(tree);
			if (files.length !== 20) throw new Error(`layer ${layer} has ${files.length} files`);
			for (const file of files) if (readFileSync(join(tree, file)).length !== 300_000) throw new Error(`${file} is not whole`);
		}
	}
	const blobs = join(store.root, 'content/blobs/sha256');
	for (const hex of existsSync(blobs) ? readdirSync(blobs) : []) {
		if (digestOf(readFileSync(join(blobs, hex))) !== (`sha256:${hex}` as Digest)) throw new Error(`blob ${hex} is not what it should be`);
	}
}

test('a pull that is killed at any moment leaves no half image, and the next one needs no repair', async t => {
	const {registry, folder} = t.context;
	const name = `${registry.host}/app`;
	const store = makeStore();
	t.teardown(() => store.close());
	let finished = 0;
	for (let delay = 5; delay < 400 && finished < 2; delay += 55) {
		const child = startPull(store, folder, name);
		await once(child.stdout, 'data');
		await Promise.race([new Promise(resolve => setTimeout(resolve, delay)), once(child, 'exit')]);
		const ended = child.exitCode === null ? once(child, 'exit') : undefined;
		if (!child.kill('SIGKILL')) finished++;
		await ended;
		checkStore(store);
	}
	t.is((await pullImage(store, name)).id, image.config.digest);
	checkStore(store);
	await collectGarbage(store, {parts: true});
	t.deepEqual(readdirSync(join(store.root, 'staging')), []);
	t.deepEqual(readdirSync(join(store.root, 'content/ingest')), []);
	t.is(store.db.prepare('SELECT count(*) AS n FROM leases').get()?.['n'], 0);
});

test('two processes that pull the same image download it once', async t => {
	const {registry, folder} = t.context;
	const store = makeStore();
	t.teardown(() => store.close());
	const children = [startPull(store, folder, `${registry.host}/app`), startPull(store, folder, `${registry.host}/app`)];
	const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0] as number));
	t.deepEqual(codes, [0, 0]);
	checkStore(store);
	for (const {digest} of image.layers) t.is(registry.count(new RegExp(digest)), 1);
});

test('processes that pull, tag, remove and prune at once never see half an image, and never a locked store', async t => {
	const {registry, folder} = t.context;
	const store = makeStore();
	t.teardown(() => store.close());
	// They share their lower layers, so that what one removes another is about to need.
	for (const count of [2, 3, 4]) registry.serve(`app${count}`, 'latest', makeImage({layers: layers.slice(0, count)}));
	const body = `const allowed = new Set(['image.not-found', 'image.in-use']);
const names = [2, 3, 4].map(count => ${JSON.stringify(registry.host)} + '/app' + count);
const some = list => list[Math.floor(Math.random() * list.length)];
const verbs = [
	name => pullImage(store, name),
	name => pullImage(store, name),
	name => removeImage(store, name, {force: true}),
	async name => tagImage(store, name, 'mine:' + process.pid),
	() => pruneImages(store, {all: true}),
];
for (let turn = 0; turn < 12; turn++) {
	try {
		await some(verbs)(some(names));
	} catch (error) {
		if (!allowed.has(error.code)) throw error;
	}
}`;
	const children = Array.from({length: processes}, () => startProcess(store, folder, body));
	const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0] as number));
	t.true(codes.every(code => code === 0));
	checkStore(store);
	for (const count of [2, 3, 4]) await pullImage(store, `${registry.host}/app${count}`);
	checkStore(store);
	t.is(store.db.prepare('SELECT count(*) AS n FROM leases').get()?.['n'], 0);
});

test('a full disk ends the pull in one sentence, and the store works on', async t => {
	const {registry, folder} = t.context;
	const disk = join(folder, 'disk');
	mkdirSync(disk);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
	t.teardown(() => execFileSync('umount', [disk]));
	const store = makeStore(disk);
	t.teardown(() => store.close());
	registry.serve('zeros', 'latest', makeImage({layers: [makeTar([{name: 'small', content: 'x'}]), makeTar([{name: 'zeros', content: Buffer.alloc(40_000_000)}])]}));
	await t.throwsAsync(pullImage(store, `${registry.host}/zeros`), {code: 'store.no-space', message: /[Nn]o space left on device|allowed or free/});
	t.deepEqual([listImages(store), readdirSync(join(store.root, 'staging'))], [[], []]);
	await t.throwsAsync(pullImage(store, `${registry.host}/app`), {code: 'store.no-space'});
	registry.serve('tiny', 'latest', makeImage());
	await collectGarbage(store, {parts: true});
	t.true((await pullImage(store, `${registry.host}/tiny`)).changed);
});

test('on a disk that is full to the last byte images can still be removed', async t => {
	const {registry, folder} = t.context;
	const disk = join(folder, 'disk');
	mkdirSync(disk);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
	t.teardown(() => execFileSync('umount', [disk]));
	const store = makeStore(disk);
	t.teardown(() => store.close());
	await pullImage(store, `${registry.host}/app`);
	t.is(statSync(join(store.root, 'reserve')).size, 8 << 20);
	t.throws(() => execFileSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=1M'], {stdio: 'ignore'}));
	t.throws(() => writeFileSync(join(disk, 'more'), Buffer.alloc(100_000)), {code: 'ENOSPC'});
	await removeImage(store, `${registry.host}/app`);
	t.deepEqual([listImages(store), readdirSync(join(store.root, 'layers'))], [[], []]);
});
