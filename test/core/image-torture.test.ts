import test from 'ava';
import {torture, type TortureVerb} from '../helpers/torture.ts';

/** `npm run torture` sweeps all points; here a few of each. */
const points = Number(process.env['HAWSER_TEST_TORTURE'] ?? 2);

for (const verb of ['pull', 'load', 'commit', 'rmi', 'prune'] as const satisfies readonly TortureVerb[]) {
	test.serial(`${verb}: killed at any point, the store is whole, and the command can be given again`, async t => {
		t.timeout(1_000_000);
		t.deepEqual((await torture(verb, {points})).failures, []);
	});
	test.serial(`${verb}: when the disk is full or broken, or files run out, the store is whole`, async t => {
		t.timeout(1_000_000);
		t.deepEqual((await torture(verb, {points: Math.ceil(points / 2), errors: ['ENOSPC', 'EIO', 'EMFILE']})).failures, []);
	});
}
