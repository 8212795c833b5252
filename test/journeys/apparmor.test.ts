/** Where the kernel applies AppArmor's profiles and something can load them: containers get ours. Elsewhere there is nothing to see. */
import {existsSync} from 'node:fs';
import test from 'ava';
import {hasApparmor} from '../../core/container/apparmor.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

const withApparmor = hasApparmor() && ['/sbin/apparmor_parser', '/usr/sbin/apparmor_parser'].some(path => existsSync(path)) ? test.serial : test.serial.skip;

let store: TestStore;
test.before(async () => void (store = await makeStore()));
test.after.always(() => store.close());

const look = 'cat /proc/self/attr/current';

withApparmor('a program of a container, and whatever is executed in it, is under our profile; twin: unconfined when asked', async t => {
	await store.must('run', '-d', '--name', 'confined', '--network', 'none', 'busybox', 'sleep', '1000');
	t.is(await store.must('exec', 'confined', 'sh', '-c', look), 'hawser-default (enforce)');
	t.is(await store.must('exec', 'confined', 'cat', '/proc/1/attr/current'), 'hawser-default (enforce)');
	t.is(await store.must('inspect', '--format', '{{.AppArmorProfile}}', 'confined'), 'hawser-default');
	await store.must('rm', '-f', 'confined');
	const free = await store.must('run', '--rm', '--network', 'none', '--security-opt', 'apparmor=unconfined', 'busybox', 'sh', '-c', look);
	t.is(free, 'unconfined');
});

withApparmor('the profile refuses what capabilities would allow: mounts, and settings of the kernel; twin: without it they go through', async t => {
	const attempt = (...flags: string[]) =>
		store.run('run', '--rm', '--network', 'none', '--cap-add', 'SYS_ADMIN', ...flags, 'busybox', 'sh', '-c', 'mount -t tmpfs none /tmp && echo mounted');
	const confined = await attempt();
	t.not(confined.code, 0);
	t.regex(confined.stderr, /ermission denied/);
	t.is((await attempt('--security-opt', 'apparmor=unconfined')).stdout, 'mounted\n');
});

withApparmor('a profile that is not loaded is an error with its name', async t => {
	const {code, stderr} = await store.run('run', '--rm', '--network', 'none', '--security-opt', 'apparmor=no-such-profile', 'busybox', 'true');
	t.not(code, 0);
	t.regex(stderr, /no-such-profile/);
});
