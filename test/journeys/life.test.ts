import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {runProgram, spawnProgram, waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

const isolated = ['run', '--network', 'none'];

test.serial('run prints what the program prints, and ends with its code', async t => {
	t.deepEqual(await store.run(...isolated, '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7'), {code: 7, stdout: 'out\n', stderr: 'err\n'});
	t.is((await store.run(...isolated, '--rm', 'busybox', 'sh', '-c', 'kill -TERM $$; sleep 0.1')).code, 0, 'the init process of a container is deaf to what it does not handle');
	t.is(await store.must('ps', '-aq'), '');
});

test.serial('run hands its stdin to the program, to the end', async t => {
	const input = 'x'.repeat(300_000);
	const {code, stdout} = await store.runWith({input}, ...isolated, '--rm', '-i', 'busybox', 'wc', '-c');
	t.is(code, 0);
	t.is(stdout.trim(), '300000');
	t.is((await store.runWith({input: 'ignored'}, ...isolated, '--rm', 'busybox', 'wc', '-c')).stdout.trim(), '0', 'without -i there is none');
});

test.serial('not a byte of a fast program is lost on the way to a slow reader', async t => {
	const child = spawnProgram([...isolated, '--rm', 'busybox', 'dd', 'if=/dev/zero', 'bs=64k', 'count=256', 'status=none'], {env: store.env});
	child.stdin.end();
	let bytes = 0;
	for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes < 2_000_000) await new Promise(resolve => setTimeout(resolve, 5));
	}
	t.is(bytes, 64 * 1024 * 256);
});

test.serial('a container goes through its life, and each command sees it', async t => {
	const id = await store.must(...isolated, '-d', '--name', 'web', '-l', 'team=blue', 'busybox', 'sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done');
	t.regex(id, /^[\da-f]{64}$/);
	await waitFor('the log', async () => (await store.must('logs', 'web')) === 'ready');
	t.regex(await store.must('ps'), /^CONTAINER ID {3}IMAGE .*\n[\da-f]{12} +busybox +"sh -c 'trap \\"exit 3…" +\S.* ago +Up .* +web$/);
	t.is(await store.must('ps', '--format', '{{.Names}}/{{.State}}/{{.Label "team"}}', '--filter', 'label=team=blue'), 'web/running/blue');
	t.is(await store.must('exec', 'web', 'sh', '-c', 'echo $PPID-$(hostname)'), `0-${id.slice(0, 12)}`);
	await store.must('pause', 'web');
	t.regex(await store.must('ps'), /\(Paused\)/);
	t.is((await store.run('exec', 'web', 'true')).code, 1);
	await store.must('unpause', 'web');
	t.is(await store.must('rename', 'web', 'site'), '');
	t.is(await store.must('stop', 'site'), 'site');
	t.is(await store.must('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'site'), 'exited 3');
	t.regex(await store.must('ps', '-a'), /Exited \(3\) /);
	t.is(await store.must('start', 'site'), 'site');
	t.is(await store.must('restart', '-t', '0', 'site'), 'site');
	t.is(await store.must('kill', 'site'), 'site');
	t.is(await store.must('wait', 'site'), '137');
	t.is(await store.must('rm', 'site'), 'site');
	t.is(await store.must('ps', '-aq'), '');
});

test.serial('logs shows the end, the times, both streams, and follows', async t => {
	await store.must(...isolated, '-d', '--name', 'talk', 'busybox', 'sh', '-c', 'for i in 1 2 3; do echo line $i; done; echo oops >&2; sleep 0.3; echo last');
	const follow = store.run('logs', '-f', 'talk');
	const followed = await follow;
	t.is(followed.stdout, 'line 1\nline 2\nline 3\nlast\n');
	t.is(followed.stderr, 'oops\n');
	t.is(await store.must('logs', '--tail', '1', 'talk'), 'last');
	t.regex(await store.must('logs', '-t', '--tail', '1', 'talk'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z last$/);
	t.is(await store.must('logs', '--since', '2999-01-01T00:00:00Z', 'talk'), '');
	await store.must('rm', 'talk');
});

test.serial('exec takes variables, folder, user and stdin, and gives the code', async t => {
	await store.must(...isolated, '-d', '--name', 'box', 'busybox', 'sleep', '1000');
	t.is(await store.must('exec', '-e', 'A=1', '-w', '/tmp', 'box', 'sh', '-c', 'echo $A $PWD'), '1 /tmp');
	t.regex(await store.must('exec', '-u', 'app', 'box', 'id'), /^uid=1000\(app\) gid=1000\(app\) groups=.*2000\(extra\)$/);
	t.is((await store.runWith({input: 'data'}, 'exec', '-i', 'box', 'cat')).stdout, 'data');
	t.is((await store.run('exec', 'box', 'sh', '-c', 'exit 9')).code, 9);
	t.is((await store.run('exec', 'box', 'no-such-program')).code, 127);
	t.is((await store.run('exec', 'box', '/etc')).code, 126);
	t.is((await store.run('exec', '-d', 'box', 'touch', '/tmp/done')).code, 0);
	await waitFor('the detached command', async () => (await store.run('exec', 'box', 'test', '-e', '/tmp/done')).code === 0);
	t.regex(await store.must('top', 'box'), /^UID +PID .*\nroot .*sleep 1000$/);
	t.regex(await store.must('stats', '--no-stream', 'box'), /\n[\da-f]{12} +box +\d+\.\d\d% .* \/ .*iB /);
	await store.must('rm', '-f', 'box');
});

test.serial('--env-file is ours alone: Node, which knows such a flag too, does not read it', async t => {
	const path = join(store.folder, 'env');
	writeFileSync(path, '# comment\nHAWSER_ROOT=/nonexistent/elsewhere\nTAKEN\nKEPT=a b\n');
	t.regex(await store.must(...isolated, '--rm', '--env-file', path, '-e', 'LAST=1', 'busybox', 'env'), /HAWSER_ROOT=\/nonexistent\/elsewhere\nKEPT=a b\nLAST=1/);
	const {code, stdout} = await runProgram([...isolated, '--rm', '--env-file', path, 'busybox', 'true'], {env: {...store.env, HAWSER_ROOT: store.root}});
	t.is(code, 0, stdout);
});

test.serial('a signal to run reaches the program', async t => {
	const child = spawnProgram([...isolated, '--rm', '--name', 'sig', 'busybox', 'sh', '-c', 'trap "echo got it; exit 5" INT; echo ready; while :; do sleep 0.05; done'], {
		env: store.env,
	});
	child.stdin.end();
	let output = '';
	child.stdout.on('data', (data: Buffer) => (output += data.toString()));
	await waitFor('ready', () => output.includes('ready'));
	child.kill('SIGINT');
	const code = await new Promise(resolve => child.on('close', resolve));
	t.is(code, 5);
	t.is(output, 'ready\ngot it\n');
});

test.serial('a container goes on when the program that started it is killed', async t => {
	const child = spawnProgram([...isolated, '--name', 'orphan', 'busybox', 'sh', '-c', 'echo ready; until [ -e /go ]; do sleep 0.05; done; echo still here; exit 4'], {
		env: store.env,
	});
	let output = '';
	child.stdout.on('data', (data: Buffer) => (output += data.toString()));
	await waitFor('ready', () => output.includes('ready'));
	child.kill('SIGKILL');
	t.regex(await store.must('ps'), /orphan/);
	await store.must('exec', 'orphan', 'touch', '/go');
	t.is(await store.must('wait', 'orphan'), '4');
	t.is(await store.must('logs', 'orphan'), 'ready\nstill here');
	await store.must('rm', 'orphan');
});

test.serial('--rm is kept though the program that promised it is killed', async t => {
	const child = spawnProgram([...isolated, '--rm', '--name', 'brief', 'busybox', 'sh', '-c', 'echo ready; sleep 0.3'], {env: store.env});
	let output = '';
	child.stdout.on('data', (data: Buffer) => (output += data.toString()));
	await waitFor('ready', () => output.includes('ready'));
	child.kill('SIGKILL');
	await waitFor('the container to be gone', async () => (await store.must('ps', '-aq', '--filter', 'name=brief')) === '');
	t.pass();
});

test.serial('create, --cidfile and start -a', async t => {
	const cidfile = join(store.folder, 'cid');
	const id = await store.must('create', '--network', 'none', '--name', 'later', '--cidfile', cidfile, 'busybox', 'echo', 'hello');
	t.regex(await store.must('ps', '-a'), /Created +later/);
	t.deepEqual(await store.run('start', '-a', 'later'), {code: 0, stdout: 'hello\n', stderr: ''});
	t.is(await store.must('inspect', '-f', '{{.Id}}', 'later'), id);
	t.is((await store.run('create', '--cidfile', cidfile, 'busybox')).code, 125);
	t.true(existsSync(cidfile));
	await store.must('rm', 'later');
});

test.serial('events tell the story, filtered and in every form', async t => {
	await store.must(...isolated, '--name', 'story', 'busybox', 'true');
	await store.must('rm', 'story');
	const actions = await store.must('events', '--since', '1m', '--until', '0s', '--filter', 'container=story', '--format', '{{.Action}}');
	t.deepEqual(
		actions.split('\n').filter(action => action !== 'attach'),
		['create', 'start', 'die', 'destroy'],
	);
	t.regex(
		await store.must('events', '--since', '1m', '--until', '0s', '--filter', 'event=die', '--filter', 'container=story'),
		/^\S+Z container die [\da-f]{64} \(.*exitCode=0, image=busybox,.* name=story\)$/,
	);
	const watcher = spawnProgram(['events', '--format', 'json', '--filter', 'type=volume'], {env: store.env});
	let output = '';
	watcher.stdout.on('data', (data: Buffer) => (output += data.toString()));
	await waitFor('an event of a new volume', async () => {
		await store.must('volume', 'create', 'seen');
		return output.includes('"Action":"create"') || (await store.must('volume', 'rm', 'seen'), false);
	});
	watcher.kill();
	await store.run('volume', 'rm', 'seen');
});

test.serial('images, history, tag and rmi', async t => {
	t.regex(await store.must('images'), /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\nbusybox +latest +[\da-f]{12} +\S.* ago +\d\S+B$/m);
	await store.must('tag', 'busybox', 'mine:1');
	t.is(await store.must('images', '--format', '{{.Repository}}:{{.Tag}}', 'mine'), 'mine:1');
	t.regex(await store.must('history', 'busybox'), /IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n[\da-f]{12} /);
	t.regex(await store.must('rmi', 'mine:1'), /^Untagged: mine:1$/);
	t.is(await store.must('inspect', '--type', 'image', '-f', '{{json .Config.Cmd}} {{.Architecture}}', 'busybox'), `["sh"] ${process.arch === 'x64' ? 'amd64' : process.arch}`);
});

test.serial('volumes keep what is written, and prune takes what nobody uses', async t => {
	await store.must('volume', 'create', 'data');
	await store.must(...isolated, '--rm', '-v', 'data:/d', 'busybox', 'sh', '-c', 'echo kept > /d/file');
	t.is(await store.must(...isolated, '--rm', '-v', 'data:/d:ro', 'busybox', 'cat', '/d/file'), 'kept');
	t.regex(await store.must('volume', 'ls'), /^DRIVER +VOLUME NAME\nlocal +data$/);
	t.is((await store.run('volume', 'rm', 'nope')).code, 1);
	t.is(await store.must('volume', 'rm', 'data'), 'data');
	await store.must(...isolated, '--name', 'old', 'busybox', 'true');
	t.regex(await store.must('container', 'prune', '-f'), /^Deleted Containers:\n[\da-f]{64}\n\nTotal reclaimed space: \S+B$/);
	t.regex(await store.must('system', 'df'), /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +1 /);
});
