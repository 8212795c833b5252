/** The notify listener of a system call filter. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, rmSync} from 'node:fs';
import test from 'ava';
import {compileListener} from '../helpers/probe.ts';
import {type Config, isGone, openWorld, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());
const program = compileListener(world.directory);

/** Somebody who answers the first call with "Bad message"; what it printed at its end. */
async function listen(path: string): Promise<() => Promise<string>> {
	const child = spawn(program, [path, '74'], {stdio: ['ignore', 'pipe', 'inherit']});
	let out = '';
	child.stdout.on('data', chunk => (out += String(chunk)));
	const ended = once(child, 'close');
	await until('the listener', () => existsSync(path));
	return async () => {
		await ended;
		return out;
	};
}

const notify = (config: Config, listenerPath: string): void => {
	config.linux['seccomp'] = {
		defaultAction: 'SCMP_ACT_ALLOW',
		listenerPath,
		listenerMetadata: 'of ours',
		syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY'}],
	};
};

for (const noNewPrivileges of [false, true])
	test(`a listener gets the container's state and answers its calls${noNewPrivileges ? ', with no_new_privs' : ''}`, async t => {
		const box = world.box(['mkdir', '/x'], (config, {bundle}) => {
			notify(config, `${bundle}/listener`);
			config.process['noNewPrivileges'] = noNewPrivileges;
		});
		const printed = await listen(`${box.bundle}/listener`);
		const {code, err} = box.run();
		t.is(code, 1);
		t.regex(err, /Bad message/);
		const [message, call] = (await printed()).split('\n');
		const {fds, pid, metadata, state} = JSON.parse(message ?? '') as {fds: string[]; pid: number; metadata: string; state: {status: string; id: string; pid: number}};
		t.deepEqual([fds, metadata, state.status, state.id, state.pid], [['seccompFd'], 'of ours', 'creating', box.id, pid]);
		t.true(Number(call) > 0);
		t.true(isGone(world, box));
	});

test("exec's process has a listener too", async t => {
	const box = world.box(['sleep', '100'], (config, {bundle}) => notify(config, `${bundle}/listener`));
	const first = await listen(`${box.bundle}/listener`);
	box.up();
	const {pid} = box.state();
	// The first listener waits for a call that never comes: the next one takes its name.
	rmSync(`${box.bundle}/listener`);
	const second = await listen(`${box.bundle}/listener`);
	t.regex(box.exec('mkdir', '/y').err, /Bad message/);
	const {state, pid: own} = JSON.parse((await second()).split('\n')[0] ?? '') as {pid: number; state: {status: string; pid: number}};
	t.is(state.status, 'running');
	t.not(own, pid);
	box.verb('delete', ['--force']);
	await first();
	t.true(isGone(world, box));
});

const wrong: Array<[string, (seccomp: Record<string, unknown>) => void, RegExp]> = [
	['nobody to answer', seccomp => delete seccomp['listenerPath'], /listenerPath is missing/],
	['nobody at the socket', () => {}, /connect to .*listener: No such file/],
	['write to be answered', seccomp => void (seccomp['syscalls'] = [{names: ['write'], action: 'SCMP_ACT_NOTIFY'}]), /must not notify of write/],
	['everything to be answered', seccomp => void (seccomp['defaultAction'] = 'SCMP_ACT_NOTIFY'), /defaultAction must not be/],
];
for (const [title, change, words] of wrong)
	test(`a filter with ${title} is refused`, t => {
		const box = world.box(['true'], (config, {bundle}) => {
			notify(config, `${bundle}/listener`);
			change(config.linux['seccomp'] as Record<string, unknown>);
		});
		const {code, err} = box.run();
		t.is(code, 1);
		t.regex(err, words);
		t.true(isGone(world, box));
	});

test('a filter that forbids all but the needed calls does not stop the runtime itself', t => {
	const box = world.box(['echo', 'on'], config => {
		config.process['noNewPrivileges'] = true;
		config.linux['seccomp'] = {defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{names: ['close_range', 'openat2', 'mount_setattr'], action: 'SCMP_ACT_KILL_PROCESS'}]};
	});
	t.is(box.run().out, 'on\n');
});
