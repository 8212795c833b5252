import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {busyboxImage} from '../helpers/busybox.ts';
import {runProgram} from '../helpers/cli.ts';
import {makeStore} from '../helpers/store.ts';

test('on a full disk ps, logs, inspect, stop, rm and prune work', async t => {
	const outer = await makeStore({image: false});
	const disk = join(outer.folder, 'disk');
	mkdirSync(disk);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
	const env = {HAWSER_ROOT: join(disk, 'root'), HAWSER_STATE: join(outer.folder, 'full-state')};
	const must = async (...args: string[]): Promise<string> => {
		const {code, stdout, stderr} = await runProgram(args, {env});
		t.is(code, 0, `${args.join(' ')}: ${stderr}`);
		return stdout.trim();
	};
	try {
		const archive = join(outer.folder, 'image.tar');
		writeFileSync(archive, busyboxImage('docker.io/library/busybox:latest'));
		await must('load', '-q', '-i', archive);
		await must('run', '-d', '--name', 'one', '--network', 'none', 'busybox', 'sh', '-c', 'echo tick; sleep 1000');
		await must('run', '-d', '--name', 'two', '--network', 'none', 'busybox', 'sleep', '1000');
		for (const name of ['old', 'older']) await must('run', '--name', name, '--network', 'none', 'busybox', 'true');
		t.throws(() => writeFileSync(join(disk, 'fill'), Buffer.alloc(32 * 1024 * 1024)), {code: 'ENOSPC'});
		t.is((await must('ps', '-aq')).split('\n').length, 4);
		t.is(await must('logs', 'one'), 'tick');
		t.is(await must('inspect', '-f', '{{.State.Status}}', 'two'), 'running');
		await must('rm', 'old');
		await must('stop', '-t', '0', 'one');
		t.is(await must('inspect', '-f', '{{.State.ExitCode}}', 'one'), '137');
		await must('rm', '-f', 'two');
		await must('container', 'prune', '-f');
		t.is(await must('ps', '-aq'), '');
		rmSync(join(disk, 'fill'));
		await must('run', '--rm', '--network', 'none', 'busybox', 'true');
	} finally {
		rmSync(join(disk, 'fill'), {force: true});
		await runProgram(['system', 'reset', '-f'], {env});
		execFileSync('umount', [disk]);
		await outer.close();
	}
});
