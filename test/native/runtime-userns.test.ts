/** A container with a range of ids of its own, over layers whose files keep the ids that the image gave them. */
import {execFileSync} from 'node:child_process';
import {chownSync, lstatSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {type Config, isGone, openWorld, runtime} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const FIRST = 1_879_048_192;

function overlaid(config: Config, {rootfs, bundle}: {rootfs: string; bundle: string}, layers = 1): void {
	const lower = Array.from({length: layers - 1}, (_, number) => `${bundle}/layer${number}`);
	for (const folder of [...lower, `${bundle}/upper`, `${bundle}/work`, `${bundle}/root`]) mkdirSync(folder);
	for (const [number, folder] of lower.entries()) writeFileSync(`${folder}/layer${number}`, '');
	Object.assign(config.annotations ?? {}, {
		'io.hawser.rootfs.lower': [...lower, rootfs].join(':'),
		'io.hawser.rootfs.upper': `${bundle}/upper`,
		'io.hawser.rootfs.work': `${bundle}/work`,
		'io.hawser.rootfs.idmap': 'yes',
	});
	config.root.path = 'root';
	config.linux.namespaces.push({type: 'user'});
	config.linux['uidMappings'] = config.linux['gidMappings'] = [{containerID: 0, hostID: FIRST, size: 65_536}];
}

const list = 'stat -c "%u:%g" / /etc/passwd /mine; touch /made /etc/made; chown 7:8 /made; rm /mine; ls -d /mine 2>&1 | wc -l; stat -c "%u:%g" /made';

for (const layers of [1, 30])
	test(`${layers} layers of root's and others' files are root's and others' in a user namespace, and what is written keeps such ids`, t => {
		let [upper, passwd] = ['', ''];
		const box = world.box(['sh', '-c', list], (config, place) => {
			overlaid(config, place, layers);
			writeFileSync(`${place.rootfs}/mine`, '');
			chownSync(`${place.rootfs}/mine`, 1000, 1001);
			[upper, passwd] = [`${place.bundle}/upper`, `${place.rootfs}/etc/passwd`];
		});
		const before = lstatSync(passwd);
		const {out, err, code} = box.run();
		t.is(code, 0, err);
		t.is(out, '0:0\n0:0\n1000:1001\n1\n7:8\n');
		t.like(lstatSync(`${upper}/made`), {uid: 7, gid: 8});
		t.like(lstatSync(`${upper}/etc/made`), {uid: 0, gid: 0});
		t.true(lstatSync(`${upper}/mine`).isCharacterDevice(), 'a whiteout');
		t.is(lstatSync(passwd).ctimeMs, before.ctimeMs, 'nothing below was touched');
		t.true(isGone(world, box));
	});

test('its processes are nobody that the host knows, for the first program and for exec', t => {
	const box = world.box(['sleep', '100'], overlaid);
	box.up();
	t.is(lstatSync(`/proc/${box.state().pid}`).uid, FIRST);
	t.is(box.exec('sh', '-c', 'id -u; tr -s " " < /proc/self/uid_map').out, `0\n 0 ${FIRST} 65536\n`);
	box.verb('delete', ['--force']);
});

test('limits are set from outside, where a user namespace may not raise them', t => {
	const box = world.box(['sh', '-c', 'ulimit -n; ulimit -c'], (config, place) => {
		overlaid(config, place);
		config.process['rlimits'] = [
			{type: 'RLIMIT_NOFILE', soft: 77, hard: 99},
			{type: 'RLIMIT_CORE', soft: 0, hard: 0},
		];
	});
	t.is(box.run().out, '77\n0\n');
});

const openers = 'echo out > /dev/stdout; echo err > /dev/stderr';
for (const [who, uid, userns] of [
	['root in a user namespace', 0, true],
	['a user in a user namespace', 1000, true],
	['a user', 1000, false],
] as const)
	test(`${who} can open /dev/stdout and /dev/stderr, at run and at exec`, t => {
		const box = world.box(['sh', '-c', openers], (config, place) => {
			if (userns) overlaid(config, place);
			config.process['user'] = {uid, gid: uid};
		});
		// Node gives its children sockets, which nobody can open.
		const piped = (...words: string[]): string =>
			execFileSync('sh', ['-c', `{ ${[runtime, '--root', world.root, ...words].map(word => `'${word}'`).join(' ')} 2>&1; } | cat`], {encoding: 'utf8'});
		box.verb('state');
		t.is(piped('run', '--bundle', box.bundle, box.id), 'out\nerr\n');
		const running = world.box(['sleep', '100'], (config, place) => {
			if (userns) overlaid(config, place);
			config.process['user'] = {uid, gid: uid};
		});
		running.up();
		t.is(piped('exec', running.id, 'sh', '-c', openers), 'out\nerr\n');
		running.verb('delete', ['--force']);
	});

test("a bind mount with the word idmap has the container's ids; twin: without it the files are nobody's", t => {
	const box = world.box(['stat', '-c', '%u', '/mapped/f', '/plain/f'], (config, place) => {
		overlaid(config, place);
		mkdirSync(`${place.bundle}/volume`);
		writeFileSync(`${place.bundle}/volume/f`, '');
		for (const [destination, words] of [
			['/mapped', ['rbind', 'idmap']],
			['/plain', ['rbind']],
		] as const)
			config.mounts.push({destination, type: 'bind', source: `${place.bundle}/volume`, options: [...words]});
	});
	t.is(box.run().out, '0\n65534\n');
});

test('a mapping in the option itself, and what is none, as crun writes it', t => {
	const bound = (option: string): ReturnType<typeof world.box> =>
		world.box(['stat', '-c', '%u %g', '/mapped/f'], (config, {bundle}) => {
			mkdirSync(`${bundle}/volume`);
			writeFileSync(`${bundle}/volume/f`, '');
			config.mounts.push({destination: '/mapped', type: 'bind', source: `${bundle}/volume`, options: ['bind', option]});
		});
	t.is(bound('idmap=uids=0-7-1#10-20-5;gids=0-2-10').run().out, '7 2\n');
	for (const option of ['idmap=', 'idmap=uids=', 'idmap=uids=@0-1-10', 'ridmap=uids=0-1', 'idmap=uids=0-1-10;pids=0-1-10']) t.regex(bound(option).run().err, /must have the form idmap=/, option);
	t.regex(bound('dest-nofollow').run().err, /dest-nofollow, which is not supported/);
});

test('a mapping for layers without mappings of the container is an error', t => {
	const box = world.box(['true'], (config, place) => {
		overlaid(config, place);
		config.linux.namespaces.pop();
		delete config.linux['uidMappings'];
		delete config.linux['gidMappings'];
	});
	t.regex(box.run().err, /io\.hawser\.rootfs\.idmap needs linux\.uidMappings/);
	t.true(isGone(world, box));
	t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(box.bundle));
});
