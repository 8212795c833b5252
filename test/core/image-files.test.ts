import test from 'ava';
import {imageFiles} from '../../core/image/files.ts';
import {pullImage} from '../../core/image/pull.ts';
import {startRegistry} from '../helpers/registry.ts';
import {makeImage, makeTar} from '../helpers/registry-image.ts';
import {makeStore} from '../helpers/registry-store.ts';

const bytes = (count: number): string => 'x'.repeat(count);

const image = makeImage({
	layers: [
		makeTar([
			{name: 'etc/', type: '5', mode: 0o755},
			{name: 'etc/conf', content: bytes(100)},
			{name: 'etc/gone', content: bytes(50)},
			{name: 'data/', type: '5', mode: 0o755},
			{name: 'data/one', content: bytes(10)},
			{name: 'data/two\nlines', content: bytes(20)},
			{name: 'data/again', type: '1', link: 'data/one'},
			{name: 'link', type: '2', link: 'etc/conf'},
		]),
		makeTar([{name: 'etc/', type: '5', mode: 0o700}, {name: 'etc/conf', content: bytes(70)}, {name: 'etc/.wh.gone'}]),
		makeTar([{name: 'data/', type: '5', mode: 0o755}, {name: 'data/.wh..wh..opq'}, {name: 'data/three', content: bytes(5)}, {name: 'etc', content: bytes(3)}]),
	],
});

test('the files of an image tell what each layer adds, changes, removes and hides', async t => {
	const registry = await startRegistry();
	const store = makeStore();
	t.teardown(async () => {
		store.close();
		await registry.close();
	});
	registry.serve('app', 'latest', image);
	await pullImage(store, `${registry.host}/app`);
	const {layers, size, wasted, wastedFiles} = await imageFiles(store, `${registry.host}/app`);
	const told = layers.map(({files}) => files.map(({path, change, size: own, hides}) => `${change} ${path} ${own} ${hides}`));
	t.deepEqual(told, [
		[
			'added data 0 0',
			'added data/again 10 0',
			'added data/one 0 0',
			'added data/two\nlines 20 0',
			'added etc 0 0',
			'added etc/conf 100 0',
			'added etc/gone 50 0',
			'added link 8 0',
		],
		['changed etc/conf 70 100', 'removed etc/gone 0 50'],
		['changed data 0 30', 'added data/three 5 0', 'changed etc 3 70'],
	]);
	t.deepEqual(
		layers.map(({added, changed, removed, createdBy}) => [added, changed, removed, createdBy]),
		[
			[8, 0, 0, 'step 0'],
			[0, 1, 1, 'step 1'],
			[1, 2, 0, 'step 2'],
		],
	);
	t.is(size, 100 + 50 + 10 + 20 + 8 + 70 + 5 + 3);
	t.is(wasted, 100 + 50 + 30 + 70);
	t.deepEqual(wastedFiles[0], {path: 'etc/conf', count: 2, bytes: 170});
});
