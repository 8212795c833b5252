import test from 'ava';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

const end = (name: string, ...args: string[]) => store.run('run', '--name', name, '--network', 'none', ...args);

test('why tells an end by itself, with its last words', async t => {
	await end('one', 'busybox', 'sh', '-c', 'echo bye; exit 3');
	t.regex(
		await store.must('why', 'one'),
		/^one ended with 3 .* ago, after less than a second\n {2}reason {5}its program ended by itself\n {2}asked for {2}no: nobody stopped it\n(.*\n)* {4}bye$/,
	);
	t.is(await store.must('why', '-f', '{{.exitCode}} {{.manual}}', 'one'), '3 false');
});

test('why tells memory that was not there, and a program that was not', async t => {
	await end('big', '-m', '16m', '--memory-swap', '16m', 'busybox', 'sh', '-c', 'x=$(head -c 40000000 /dev/zero | tr "\\0" x); echo ${#x}');
	t.regex(await store.must('why', 'big'), /reason {5}out of memory: the kernel killed it at its limit of 16MiB/);
	await end('none', 'busybox', 'no-such-program');
	t.regex(await store.must('why', 'none'), /^none could not be started\n {2}reason .*executable file not found in \$PATH/);
});

test('why tells who asked, and what still runs', async t => {
	await store.must('run', '-d', '--name', 'web', '--network', 'none', 'busybox', 'sleep', '1000');
	t.regex(await store.must('why', 'web'), /^web is running, since/);
	await store.must('stop', '-t', '0', 'web');
	const text = await store.must('why', 'web');
	t.regex(text, /^web ended with 137/);
	t.regex(text, /asked for {2}kill with SIGTERM .* ago, kill with SIGKILL .* ago, stop .* ago/);
	t.regex((await store.run('why', 'nobody')).stderr, /No such container: nobody/);
});
