import {existsSync, readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';

const installed = (name: string): boolean => ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'].some(folder => existsSync(`${folder}/${name}`));

let store: TestStore;
/** Of which the runtime still has a state. */
const known = (): string[] => readdirSync(`${store.state}/runtime`).filter(name => !name.startsWith('.'));
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

for (const runtime of ['hawser', 'crun', 'runc']) {
	const there = runtime === 'hawser' || installed(runtime);
	const journey = there ? test.serial : test.serial.skip;
	const run = (...args: string[]): ReturnType<TestStore['run']> => store.run('run', '--rm', '--network', 'none', '--runtime', runtime, 'busybox', ...args);

	journey(`run on ${runtime}${there ? '' : ' (not installed here)'}: output, exit codes, and Docker's words for what cannot be run`, async t => {
		t.like(await run('echo', 'hi'), {code: 0, stdout: 'hi\n', stderr: ''});
		t.is((await run('sh', '-c', 'exit 3')).code, 3);
		const missing = await run('nonexistent');
		t.is(missing.code, 127);
		t.regex(missing.stderr, /executable file .?nonexistent.? not found in \$PATH|"nonexistent": executable file not found in \$PATH/);
		t.is((await run('/etc/passwd')).code, 126);
		t.deepEqual(known(), []);
	});

	journey(`a container on ${runtime}: exec, limits, pause, restart, logs, stop and rm`, async t => {
		await store.must('run', '-d', '--runtime', runtime, '--name', 'guest', '--network', 'none', '-m', '64m', '-v', 'seed:/bin', 'busybox', 'sh', '-c', 'echo begun; sleep 1000');
		t.is(await store.must('inspect', '-f', '{{.HostConfig.Runtime}}', 'guest'), runtime);
		t.is(await store.must('exec', '-u', '1:2', 'guest', 'sh', '-c', 'id -u; id -g'), '1\n2');
		t.is((await store.run('exec', 'guest', 'sh', '-c', 'exit 4')).code, 4);
		t.is((await store.run('exec', 'guest', 'nonexistent')).code, 127);
		t.regex(await store.must('exec', 'guest', 'ls', '/bin'), /busybox/, 'the volume has what the image has there');
		t.notRegex(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(store.state), 'the host has no mount');
		await store.must('update', '-m', '80m', '--memory-swap', '160m', 'guest');
		await store.must('pause', 'guest');
		t.is(await store.must('inspect', '-f', '{{.State.Status}}', 'guest'), 'paused');
		await store.must('unpause', 'guest');
		await store.must('restart', '-t', '0', 'guest');
		t.is(await store.must('logs', 'guest'), 'begun\nbegun');
		await store.must('stop', '-t', '0', 'guest');
		t.is(await store.must('inspect', '-f', '{{.State.ExitCode}}', 'guest'), '137');
		await store.must('rm', 'guest');
		await store.must('volume', 'rm', 'seed');
		t.deepEqual(known(), []);
	});

	if (runtime === 'hawser') continue;
	journey(`what ${runtime} could do only by unsafe paths is refused when the container is made`, async t => {
		const refused = await store.run('create', '--runtime', runtime, '--mount', 'type=volume,src=part,dst=/part,volume-subpath=a', 'busybox');
		t.is(refused.code, 1);
		t.regex(refused.stderr, new RegExp(`runtime ${runtime} cannot give a container a part of a volume`));
	});
}

test.serial('a runtime that is not there is named, and what can be said instead', async t => {
	const {code, stderr} = await store.run('run', '--rm', '--runtime', 'kata', 'busybox', 'true');
	t.is(code, 125);
	t.regex(stderr, /unknown or invalid runtime name: kata\n.*hawser is the default/s);
});
