import {execFileSync} from 'node:child_process';
import {existsSync, lstatSync, mkdirSync, readFileSync} from 'node:fs';
import type {ExecutionContext, TestFn} from 'ava';
import {unpackLayers} from '../../core/layer/unpack.ts';
import type {LayerStore} from '../../core/layer/model.ts';
import type {Digest} from '../../core/oci/digest.ts';
import type {Mountable, SnapshotDriver} from '../../core/snapshot/model.ts';
import {diffView} from '../../core/snapshot/view.ts';
import {layersOf, layerStore, sourceOf} from '../core/layer-world.ts';
import {file, folder, hardLink, symlink, tar} from '../helpers/tar.ts';

/** What every driver of writable layers must do: `create` makes it over a store, which `open` makes. */
export function snapshotContract(test: TestFn, name: string, create: (store: LayerStore) => SnapshotDriver, open: (t: ExecutionContext) => LayerStore = layerStore): void {
	const id = 'c0ffee';
	/* But for what every container has something mounted on. */
	const own = 'ls | grep -vxE "dev|etc|proc|sys" | tr "\\n" " "';
	const image = [
		tar(folder('./', {mode: 0o711}), file('a', 'low'), file('gone', 'low'), file('d/old', 'low')),
		tar(file('a', 'high'), file('.wh.gone'), file('d/.wh..wh..opq'), file('d/new', 'high')),
	];

	async function prepared(t: ExecutionContext, tars = image): Promise<{store: LayerStore; driver: SnapshotDriver; chainIds: Digest[]; mountable: Mountable}> {
		const store = open(t);
		const layers = layersOf(...tars);
		await unpackLayers(store, layers, sourceOf(layers).fetch);
		const driver = create(store);
		const chainIds = layers.map(({chainId}) => chainId);
		return {store, driver, chainIds, mountable: await driver.prepare(id, chainIds)};
	}

	/** Runs a command in the root; where that has to be mounted, in a mount namespace of its own. */
	function inside({root}: LayerStore, mountable: Mountable, command: string): string {
		if (mountable.kind === 'plain') return execFileSync('sh', ['-ec', command], {cwd: mountable.tree, encoding: 'utf8'});
		const {lower, upper, work, fuse} = mountable;
		const point = `${root}/merged`;
		mkdirSync(point, {recursive: true});
		const folders = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
		if (fuse !== undefined)
			// Its server lies in the mount namespace, and would be there for ever.
			return execFileSync('unshare', ['-m', 'sh', '-ec', `${fuse} -o ${folders} ${point}; cd ${point}; (${command}) || result=$?; cd /; umount ${point}; exit \${result:-0}`], {encoding: 'utf8'});
		return execFileSync(
			'unshare',
			['-m', 'sh', '-ec', `mount -t overlay overlay -o ${folders} ${point}; cd ${point}; ${command}`],
			{encoding: 'utf8'},
		);
	}

	const written = (mountable: Mountable): string => (mountable.kind === 'plain' ? mountable.tree : mountable.upper);

	const changes = ({helper}: LayerStore, mountable: Mountable): string[] => [...new Set(execFileSync(helper, ['diff', ...diffView(mountable)], {encoding: 'utf8'}).split('\0'))].filter(line => line !== '').sort();

	test(`${name}: a prepared snapshot shows the image, the upper layers over the lower`, async t => {
		const {store, mountable} = await prepared(t);
		t.is(inside(store, mountable, `cat a; ${own}; find ./d | sort | tr "\\n" " "`), 'higha d ./d ./d/new ');
		t.is(inside(store, mountable, 'stat -c %a .').trim(), '711');
	});

	test(`${name}: what is written stays with its container, and the layers stay as they are`, async t => {
		const {store, driver, chainIds, mountable} = await prepared(t);
		inside(store, mountable, 'echo mine > a; rm d/new; echo more > e');
		t.is(inside(store, await driver.prepare(id, chainIds), 'cat a; ls d'), 'mine\n');
		t.is(inside(store, await driver.prepare('other', chainIds), `cat a; ${own}`), 'higha d ');
		t.deepEqual(driver.mountable(id, chainIds), mountable);
	});

	test(`${name}: usage grows with what is written`, async t => {
		const {store, driver, chainIds, mountable} = await prepared(t);
		const before = await driver.usage(id, chainIds);
		inside(store, mountable, 'head -c 100000 /dev/zero > big');
		const after = await driver.usage(id, chainIds);
		t.is(after.bytes - before.bytes, 100_000);
		t.is(after.inodes - before.inodes, 1);
	});

	test(`${name}: removing takes the writable layer away, and may be done twice`, async t => {
		const {store, driver, mountable} = await prepared(t);
		inside(store, mountable, 'mkdir -p deep/er; ln -s / deep/link');
		await driver.remove(id);
		await driver.remove(id);
		t.false(existsSync(written(mountable)));
		t.true(existsSync(`${mountable.lower.at(-2)}/a`));
		await t.notThrowsAsync(driver.remove('never-there'));
	});

	test(`${name}: of an image's layers what is hidden, replaced and linked is as in one tree`, async t => {
		const {store, mountable} = await prepared(t, [
			tar(folder('bin'), file('bin/old', 'low'), symlink('lib', 'bin'), file('plain', 'low'), folder('was'), file('was/in', 'low')),
			tar(file('.wh.lib'), folder('lib'), file('lib/own', 'high'), folder('plain'), file('plain/in', 'high'), file('.wh.was'), file('was', 'high')),
			tar(file('one', 'same'), hardLink('two', 'one'), folder('bin', {mode: 0o700, uid: 3})),
		]);
		t.is(inside(store, mountable, 'echo $(ls bin lib plain) $(cat was) $(stat -c %h one) $(stat -c "%a %u" bin)'), 'bin: old lib: own plain: in high 2 700 3\n');
	});

	test(`${name}: only what was changed is told, whatever way it was changed`, async t => {
		const {store, mountable} = await prepared(t, [tar(folder('d'), file('d/x', 'same'), symlink('link', 'd'), folder('e'), file('e/1'), file('e/2', 'other'), folder('gone'), file('gone/in'))]);
		t.deepEqual(changes(store, mountable), []);
		// fuse-overlayfs 1.10 takes what lay behind the link for something that the folder in its place has.
		const copied = name === 'fuse-overlayfs' ? 'y' : 'x';
		inside(store, mountable, `rm link; mkdir link; cp -a d/x link/${copied}; rm e/1; echo new > e/3; rm -r gone; chmod 700 d; touch d/.new`);
		t.deepEqual(changes(store, mountable), ['A /d/.new', 'A /e/3', `A /link/${copied}`, 'C /d', 'C /e', 'C /link', 'D /e/1', 'D /gone']);
	});

	test(`${name}: a missing layer is named`, async t => {
		const {driver} = await prepared(t);
		const [absent] = layersOf(tar(file('absent')));
		await t.throwsAsync(driver.prepare('x', [absent!.chainId]), {message: new RegExp(absent!.chainId.slice(7, 19))});
	});

	test(`${name}: below an opaque root nothing of the lower layers shows`, async t => {
		const {store, mountable} = await prepared(t, [tar(file('low')), tar(file('.wh..wh..opq'), file('high')), tar(file('top'))]);
		t.is(inside(store, mountable, own), 'high top ');
		t.is(lstatSync(written(mountable)).mode & 0o777, 0o755);
		t.is(readFileSync(`${mountable.lower[0]}/top`, 'utf8'), '');
	});
}
