import {closeSync, existsSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test from 'ava';
import {makeDisk} from '../helpers/power.ts';
import {torture, type TortureVerb} from '../helpers/torture.ts';

/** `npm run torture` sweeps all points; here a few of each. */
const points = Number(process.env['HAWSER_TEST_TORTURE'] ?? 2);

for (const verb of ['pull', 'load', 'commit', 'rmi', 'prune'] as const satisfies readonly TortureVerb[]) {
	test.serial(`${verb}: killed at any point, the store is whole, and the command can be given again`, async t => {
		t.timeout(1_000_000);
		t.deepEqual((await torture(verb, {points})).failures, []);
	});
	test.serial(`${verb}: after a power cut at any point no image is present and wrong, and the command can be given again`, async t => {
		t.timeout(1_000_000);
		t.deepEqual((await torture(verb, {points: Math.ceil(points / 2), powerCuts: true})).failures, []);
	});
	test.serial(`${verb}: when the disk is full or broken, or files run out, the store is whole`, async t => {
		t.timeout(1_000_000);
		t.deepEqual((await torture(verb, {points: Math.ceil(points / 2), errors: ['ENOSPC', 'EIO', 'EMFILE']})).failures, []);
	});
}

test.serial('a power cut takes what nobody synced, and nothing else', async t => {
	const folder = mkdtempSync(`${tmpdir()}/hawser-power-`);
	const disk = makeDisk(folder);
	t.teardown(async () => {
		await disk.remove();
		rmSync(folder, {recursive: true, force: true});
	});
	const file = openSync(`${disk.folder}/synced`, 'w');
	writeFileSync(file, 'all of it');
	fsyncSync(file);
	closeSync(file);
	writeFileSync(`${disk.folder}/later`, 'nothing of it');
	await disk.cut();
	t.is(readFileSync(`${disk.folder}/synced`, 'utf8'), 'all of it');
	t.false(existsSync(`${disk.folder}/later`));
});
