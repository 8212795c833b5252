import {execFileSync, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, statfsSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {LayerStore} from '../../core/layer/model.ts';
import {unpackLayers} from '../../core/layer/unpack.ts';
import {chooseDriver} from '../../core/snapshot/choose.ts';
import {btrfsDriver} from '../../core/snapshot/btrfs.ts';
import {copyDriver} from '../../core/snapshot/copy.ts';
import {findFuse, fuseDriver, overlayDriver} from '../../core/snapshot/overlay.ts';
import {snapshotContract} from '../contracts/snapshot.ts';
import {file, tar} from '../helpers/tar.ts';
import {layersOf, layerStore, sourceOf} from './layer-world.ts';

snapshotContract(test, 'overlay', overlayDriver);
snapshotContract(test, 'copy', copyDriver);

if (existsSync(findFuse()) && existsSync('/dev/fuse')) snapshotContract(test, 'fuse-overlayfs', fuseDriver);
else skip('fuse-overlayfs', 'there is no fuse-overlayfs here');

/** A line in the report in place of the tests. */
function skip(name: string, why: string): void {
	test(name, t => {
		t.log(`skipped: ${why}`);
		t.pass();
	});
}

/** A file system of its own in the store's folder, until the end of the test. */
function mounted(t: ExecutionContext, point: string, ...args: readonly string[]): string {
	mkdirSync(point, {recursive: true});
	execFileSync('mount', [...args, point]);
	t.teardown(() => execFileSync('umount', [point]));
	return point;
}

const MIB = 1024 * 1024;

/** Why there can be no btrfs on this machine. */
function lacksBtrfs(): string | undefined {
	if (!/\bbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'this kernel has no btrfs';
	return spawnSync('mkfs.btrfs', ['--version']).status === 0 ? undefined : 'there is no mkfs.btrfs';
}

function btrfsStore(t: ExecutionContext): LayerStore {
	const {root: folder, helper} = layerStore(t);
	execFileSync('truncate', ['-s', '256M', `${folder}/disk`]);
	execFileSync('mkfs.btrfs', ['-q', `${folder}/disk`]);
	return {root: mounted(t, `${folder}/btrfs`, '-o', 'loop', `${folder}/disk`), helper};
}

const lack = lacksBtrfs();

if (lack === undefined) snapshotContract(test, 'btrfs', btrfsDriver, btrfsStore);
else skip('btrfs', lack);

const onBtrfs = lack === undefined ? test : test.skip;

onBtrfs('copy: where the file system can share blocks, a container costs no data', async t => {
	const {root, helper} = btrfsStore(t);
	const layers = layersOf(tar(file('big', randomBytes(16 * MIB))));
	await unpackLayers({root, helper}, layers, sourceOf(layers).fetch);
	const free = (): number => {
		execFileSync('sync', ['-f', root]);
		const {bavail, bsize} = statfsSync(root);
		return bavail * bsize;
	};
	const before = free();
	const driver = copyDriver({root, helper});
	await driver.prepare('c0ffee', [layers[0]!.chainId]);
	t.true(before - free() < 4 * MIB);
	await driver.remove('c0ffee');
});

test('a new store takes overlay where that can stack, and keeps to it', t => {
	const store = layerStore(t);
	t.is(
		chooseDriver(store, 'auto', text => t.fail(text)),
		'overlay',
	);
	t.throws(() => chooseDriver(store, 'copy', () => {}), {message: /keeps its containers with the storage driver overlay, and copy was asked for$/});
	t.is(
		chooseDriver(store, 'auto', () => {}),
		'overlay',
	);
});

test('a new store where overlay cannot stack takes copies, and says so once', t => {
	const {root: folder, helper} = layerStore(t);
	for (const name of ['lower', 'upper', 'work']) mkdirSync(`${folder}/${name}`);
	const root = mounted(t, `${folder}/stacked`, '-t', 'overlay', '-o', `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`, 'overlay');
	const said: string[] = [];
	for (let times = 0; times < 2; times++) t.is(chooseDriver({root, helper}, 'auto', text => said.push(text)), 'copy');
	t.is(said.length, 1);
	t.regex(said[0] ?? '', /cannot stack on the file system/);
});
