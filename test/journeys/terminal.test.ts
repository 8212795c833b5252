import {readFileSync} from 'node:fs';
import test from 'ava';
import {program, waitFor} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
});
test.after.always('nothing is left behind', () => store.close());

const CTRL_C = '\u0003';
const DETACH = '\u0010\u0011';

test.serial('run -it is a terminal: size, resize, keys, exit code', async t => {
	const screen = store.pty(['run', '-it', '--rm', '--network', 'none', 'busybox', 'sh']);
	await screen.see('/ #');
	screen.type('stty size; tty\r');
	await screen.see(/24 80\n\/dev\/pts\/0/);
	screen.resize(100, 30);
	screen.type('sleep 0.2; stty size\r');
	await screen.see('30 100');
	screen.type('sleep 100\r');
	await waitFor('the sleep', async () => /sleep 100/.test(await store.must('top', await store.must('ps', '-lq'))));
	screen.type(CTRL_C);
	screen.type('echo code $?\r');
	await screen.see('code 130');
	screen.type('exit 5\r');
	t.is((await screen.exit).exitCode, 5);
	t.is(await store.must('ps', '-aq', '--filter', 'ancestor=busybox', '--filter', 'status=exited'), '');
});

test.serial('the detach keys leave the container running, and attach comes back to it', async t => {
	const first = store.pty(['run', '-it', '--name', 'stay', '--network', 'none', 'busybox', 'sh']);
	await first.see('/ #');
	first.type(`x=42\r`);
	first.type(DETACH);
	t.is((await first.exit).exitCode, 0);
	t.regex(await store.must('ps'), /Up .* stay/);
	const again = store.pty(['attach', '--detach-keys', 'ctrl-x,d', 'stay']);
	again.type('\recho value $x\r');
	await again.see('value 42');
	again.type('\u0018d');
	t.is((await again.exit).exitCode, 0);
	const last = store.pty(['attach', 'stay']);
	last.type('\rexit 6\r');
	t.is((await last.exit).exitCode, 6);
	await store.must('rm', 'stay');
});

test.serial('exec -it opens a second terminal in the container', async t => {
	await store.must('run', '-d', '--name', 'host', '--network', 'none', 'busybox', 'sleep', '1000');
	const screen = store.pty(['exec', '-it', '-e', 'PS1=here> ', 'host', 'sh'], {columns: 90, rows: 20});
	await screen.see('here>');
	screen.type('stty size; exit 3\r');
	await screen.see('20 90');
	t.is((await screen.exit).exitCode, 3);
	await store.must('rm', '-f', 'host');
});

test.serial('the terminal is sane again after run -it has ended or been killed', async t => {
	// A shell of the host around it, which says what its terminal is like before and after.
	const {HAWSER_ROOT: root = '', HAWSER_STATE: state = ''} = store.env;
	const screen = store.pty([], {command: '/bin/sh', env: {PS1: 'host> '}});
	await screen.see('host>');
	const settings = async (mark: string): Promise<string> => {
		// Ctrl-U first: the terminal's answer to a program that was killed while it asked is not ours to judge.
		screen.type(`\u0015echo ${mark}-$(stty -g)-end\r`);
		await screen.see(new RegExp(`${mark}-[\\da-f:\\n]+-end`));
		return new RegExp(`${mark}-([\\da-f:\\n]+)-end`).exec(screen.text())?.[1]?.replaceAll('\n', '') ?? '';
	};
	const before = await settings('one');
	const run = `${program} --root ${root} --state ${state} run -it --rm --name sane --network none busybox sh\r`;
	screen.type(run);
	await screen.see('/ #');
	screen.type('exit\r');
	await screen.see(/exit\nhost>/);
	t.is(await settings('two'), before);
	screen.type(`clear; ${run}`);
	await screen.see(/^\/ #$/m);
	process.kill(await waitFor('the client', () => childOf(screen.pid)), 'SIGTERM');
	await screen.see('host>');
	t.is(await settings('three'), before);
	await store.run('rm', '-f', 'sane');
});

/** The one program that a shell runs just now. */
const childOf = (pid: number): number | undefined => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()) || undefined;

test.serial('-t without a terminal is refused, and names from outside cannot steer the screen', async t => {
	const {code, stderr} = await store.run('run', '-it', '--rm', 'busybox', 'true');
	t.is(code, 1);
	t.regex(stderr, /the input device is not a TTY/);
	await store.must('run', '--name', 'bad', '--network', 'none', '-l', 'x=\u001b]0;owned\u0007\u001b[31m', 'busybox', 'true');
	const screen = store.pty(['ps', '-a', '--format', '{{.Names}} {{.Labels}} end']);
	await screen.see('end');
	await screen.exit;
	t.notRegex(screen.raw(), /\u001b|\u0007/);
	t.true((await store.must('ps', '-a', '--format', '{{.Labels}}')).includes('\u001b[31m'), 'a pipe gets the text as it is');
	await store.must('rm', 'bad');
});

test.serial('stats draws over itself until it is interrupted', async t => {
	await store.must('run', '-d', '--name', 'busy', '--network', 'none', 'busybox', 'sleep', '1000');
	const screen = store.pty(['stats'], {columns: 120});
	await screen.see(/busy +\d+\.\d\d%/);
	await waitFor('a second frame', () => screen.raw().split('\u001b[H').length > 2);
	t.is(screen.lines().filter(line => line.includes('CONTAINER ID')).length, 1);
	screen.type(CTRL_C);
	await screen.exit;
	await store.must('rm', '-f', 'busy');
});
