import {
	appendFileSync,
	chmodSync,
	closeSync,
	lutimesSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {checkImages} from '../../core/image/check.ts';
import {findImage} from '../../core/image/find.ts';
import {pullImage} from '../../core/image/pull.ts';
import {file, folder, hardLink, symlink, tar} from '../helpers/tar.ts';
import {makeImage} from '../helpers/registry-image.ts';
import {startRegistry} from '../helpers/registry.ts';
import {makeStore, type TestStore} from '../helpers/registry-store.ts';

type World = {readonly store: TestStore; readonly name: string; readonly tree: (layer: number) => string; readonly blobs: () => string[]; readonly close: () => Promise<void>};

async function pulled(t: ExecutionContext): Promise<World> {
	const layers = [
		tar(folder('./'), folder('usr/'), folder('usr/lib/', {mode: 0o700}), symlink('lib', 'usr/lib'), file('a', 'content'), hardLink('b', 'a'), file('gone', '')),
		tar(file('lib/x', 'through a link'), file('.wh.gone'), folder('implicit/deep/')),
	];
	const registry = await startRegistry();
	registry.serve('app', 'latest', makeImage({layers}));
	const store = makeStore();
	t.teardown(async () => {
		store.close();
		await registry.close().catch(() => {});
	});
	const name = `${registry.host}/app`;
	await pullImage(store, name);
	const {chainIds} = findImage(store, name);
	const blobs = join(store.root, 'content/blobs/sha256');
	return {
		store,
		name: `${name}:latest`,
		tree: layer => join(store.root, 'layers', (chainIds[layer] ?? '').slice(7), 'fs'),
		blobs: () => readdirSync(blobs).map(hex => join(blobs, hex)),
		close: () => registry.close(),
	};
}

/** The times stay: only the bytes tell. */
function flip(path: string, at: number): void {
	const {mode, mtimeMs} = statSync(path);
	chmodSync(path, 0o600);
	const bytes = readFileSync(path);
	const fd = openSync(path, 'r+');
	writeSync(fd, Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
	closeSync(fd);
	chmodSync(path, mode & 0o7777);
	lutimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
}

test('a store as it was brought is whole, in short and in depth', async t => {
	const {store} = await pulled(t);
	t.deepEqual(await checkImages(store), {images: 1, layers: 2, problems: []});
	t.deepEqual(await checkImages(store, {deep: true}), {images: 1, layers: 2, problems: []});
	t.deepEqual(readdirSync(join(store.root, 'staging')), []);
});

const damages: ReadonlyArray<readonly [what: string, damage: (tree: string, upper: string) => void, path: string, said: string]> = [
	['a flipped bit', tree => flip(join(tree, 'a'), 3), '/a', 'has other content'],
	['a missing file', tree => unlinkSync(join(tree, 'gone')), '/gone', 'is missing'],
	['a file too many', tree => writeFileSync(join(tree, 'usr/new'), ''), '/usr/new', 'does not belong there'],
	['another mode', tree => chmodSync(join(tree, 'usr/lib'), 0o755), '/usr/lib', 'has another mode'],
	['a shorter file', tree => truncateSync(join(tree, 'a'), 2), '/a', 'has another size'],
	['a longer one', tree => appendFileSync(join(tree, 'a'), 'x'), '/a', 'has another size'],
	[
		'a link that leads elsewhere',
		tree => {
			unlinkSync(join(tree, 'lib'));
			symlinkSync('usr/xyz', join(tree, 'lib'));
			lutimesSync(join(tree, 'lib'), 1_600_000_000, 1_600_000_000);
		},
		'/lib',
		'leads elsewhere',
	],
	[
		'a broken hard link',
		tree => {
			unlinkSync(join(tree, 'b'));
			writeFileSync(join(tree, 'b'), 'content');
			lutimesSync(join(tree, 'b'), 1_600_000_000, 1_600_000_000);
		},
		'/b',
		'has other hard links',
	],
	['another time', tree => lutimesSync(join(tree, 'a'), 1, 1), '/a', 'has another time'],
	['a deletion undone', (_, upper) => unlinkSync(join(upper, 'gone')), '/gone', 'is missing'],
	['a file of the upper layer', (_, upper) => flip(join(upper, 'usr/lib/x'), 0), '/usr/lib/x', 'has other content'],
];

for (const [what, damage, path, said] of damages)
	test(`${what} is found in depth, named, and healed from the bytes that are kept`, async t => {
		const {store, name, tree} = await pulled(t);
		damage(tree(0), tree(1));
		const found = (await checkImages(store, {deep: true})).problems;
		const one = found.find(problem => problem.path.endsWith(`/fs${path}`));
		t.is(one?.image, name);
		t.is(one?.what, said, JSON.stringify(found));
		t.false(one?.healed);
		t.true((await checkImages(store, {deep: true, repair: true})).problems.every(({healed}) => healed));
		t.deepEqual((await checkImages(store, {deep: true})).problems, []);
	});

test('a missing layer is found at once, and unpacked again', async t => {
	const {store, tree} = await pulled(t);
	rmSync(join(tree(1), '..'), {recursive: true});
	t.regex((await checkImages(store)).problems[0]?.what ?? '', /is missing$/);
	t.true((await checkImages(store, {repair: true})).problems[0]?.healed);
	t.deepEqual((await checkImages(store, {deep: true})).problems, []);
});

test('any damaged or missing blob is named, and brought again from its registry', async t => {
	const {store, blobs} = await pulled(t);
	for (const blob of blobs()) {
		flip(blob, Math.floor(statSync(blob).size / 2));
		const {problems} = await checkImages(store, {deep: true});
		t.true(
			problems.some(({path, healed}) => path === blob && !healed),
			`${blob}: ${JSON.stringify(problems)}`,
		);
		t.true(
			(await checkImages(store, {deep: true, repair: true})).problems.every(({healed}) => healed),
			blob,
		);
		t.deepEqual((await checkImages(store, {deep: true})).problems, [], blob);
		rmSync(blob);
		t.true(
			(await checkImages(store)).problems.some(({path}) => path === blob),
			`${blob} is missing`,
		);
		t.true(
			(await checkImages(store, {repair: true})).problems.every(({healed}) => healed),
			blob,
		);
		t.deepEqual((await checkImages(store, {deep: true})).problems, [], blob);
	}
	t.deepEqual(readdirSync(join(store.root, 'content/ingest')), []);
});

test('what cannot be brought again stays as it is, and is said', async t => {
	const {store, blobs, close} = await pulled(t);
	await close();
	const [largest = ''] = blobs().toSorted((a, b) => statSync(b).size - statSync(a).size);
	flip(largest, 40);
	const {problems} = await checkImages(store, {deep: true, repair: true});
	t.true(
		problems.some(({path, what, healed}) => path === largest && !healed && /damaged/.test(what)),
		JSON.stringify(problems),
	);
	t.true(blobs().includes(largest));
	t.deepEqual(
		readdirSync(join(store.root, 'content/ingest')).filter(name => name.startsWith('damaged')),
		[],
	);
});
