/** Which calls a container's filter lets through, asked one by one inside a container, beside what was reviewed. HAWSER_GOLDEN=write writes it anew. */
import {spawnSync} from 'node:child_process';
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {defaultsFor} from '../../core/bundle/hardening.ts';
import {seccompFor} from '../../core/bundle/seccomp.ts';
import {compileProbe} from '../helpers/probe.ts';
import {openWorld, runtime} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const probe = compileProbe(world.directory);
const onX64 = process.arch === 'x64' ? test : test.skip;

for (const name of ['docker', 'hardened'] as const)
	onX64(`A21: the ${name} profile lets through what was reviewed: every system call to 600 in three forms, every socket family, ioctls, clone flags, personalities`, t => {
		t.timeout(600_000);
		const golden = fileURLToPath(new URL(`golden/seccomp-${name}.txt`, import.meta.url));
		const box = world.box(['/bin/probe', 'calls'], (config, {rootfs}) => {
			copyFileSync(probe, `${rootfs}/bin/probe`);
			config.linux['seccomp'] = seccompFor(defaultsFor(name === 'hardened').capabilities, {hardened: name === 'hardened'});
		});
		box.verb('state');
		// A slow machine takes longer than other calls may.
		const {status: code, stdout: out, stderr: err} = spawnSync(runtime, ['--root', world.root, 'run', '--bundle', box.bundle, box.id], {encoding: 'utf8', timeout: 300_000});
		t.is(code, 0, err);
		if (process.env['HAWSER_GOLDEN'] === 'write') writeFileSync(golden, out);
		t.is(out, readFileSync(golden, 'utf8'));
	});

onX64('A21: the reviewed tables: no way round the filter by another form of a call, or by high bits', t => {
	const table = readFileSync(new URL('golden/seccomp-hardened.txt', import.meta.url), 'utf8');
	t.regex(table, /^x32 0-450 (killed|EPERM|ENOSYS)$/m);
	t.regex(table, /^i386 0-600 killed$/m);
	for (const line of [
		'ioctl TIOCSTI EPERM',
		'ioctl TIOCSTI+2^32 EPERM',
		'ioctl TIOCLINUX+2^32 EPERM',
		'ioctl TCGETS allowed',
		'socket 38 EPERM',
		'socket 40 EPERM',
		'socket 17 EPERM',
		'socket 2 allowed',
	])
		t.true(table.includes(`${line}\n`), line);
	const docker = readFileSync(new URL('golden/seccomp-docker.txt', import.meta.url), 'utf8');
	for (const line of [
		'socket 38 EPERM',
		'socket 40 EPERM',
		'socket 17 allowed',
		'personality 0x40000 EPERM',
		'personality 0x100000000 EPERM',
		'clone 1<<28 EPERM',
		'clone 1<<8 allowed',
	])
		t.true(docker.includes(`${line}\n`), line);
	for (const text of [table, docker]) t.regex(text, /^x86_64 \d+-600 ENOSYS$/m);
});
