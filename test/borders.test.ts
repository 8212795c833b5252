import {spawnSync} from 'node:child_process';
import test from 'ava';

test('no folder imports what its border forbids', t => {
	const {status, stdout, stderr} = spawnSync(process.execPath, ['tools/borders.js'], {encoding: 'utf8'});
	t.is(status, 0, stdout + stderr);
});
