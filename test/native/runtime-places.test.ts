/** Mounts and devices that the defaults do not use, and the flags of verbs for containers that are there. */
import {chmodSync, copyFileSync, mkdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {type Config, isGone, openWorld} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const mapped = (config: Config): void => {
	config.linux.namespaces.push({type: 'user'});
	config.linux['uidMappings'] = [{containerID: 0, hostID: 0, size: 1000}];
	config.linux['gidMappings'] = [{containerID: 0, hostID: 0, size: 1000}];
};

for (const user of [false, true])
	test(`a device has the owner, mode and place that are named${user ? ', in a user namespace' : ''}`, t => {
		const box = world.box(['stat', '-c', '%F %t:%T %a %u:%g', '/dev/one', '/made/two'], config => {
			if (user) mapped(config);
			config.linux['devices'] = [
				{path: '/dev/one', type: 'c', major: 1, minor: 5, fileMode: 0o157, uid: 10, gid: 11},
				{path: '/made/two/', type: 'b', major: 7, minor: 200, fileMode: 0o600},
			];
		});
		const {out, err} = box.run();
		t.is(out, 'character special file 1:5 157 10:11\nblock special file 7:c8 600 0:0\n', err);
		t.true(isGone(world, box));
	});

test('a device whose owner has no id in the user namespace is refused', t => {
	const box = world.box(['true'], config => {
		mapped(config);
		config.linux['devices'] = [{path: '/dev/one', type: 'c', major: 1, minor: 5, uid: 4000}];
	});
	t.regex(box.run().err, /device \/dev\/one: its owner has no mapping/);
	t.true(isGone(world, box));
});

test('a mount on / takes the place of the root', t => {
	const box = world.box(['/busybox', 'sh', '-c', '/busybox ls /; /busybox cat /proc/self/status | /busybox grep -c Name'], (config, {bundle}) => {
		mkdirSync(`${bundle}/other`);
		copyFileSync('/bin/busybox', `${bundle}/other/busybox`);
		config.mounts.unshift({destination: '/', type: 'bind', source: 'other', options: ['bind']});
		config.process.cwd = '/';
	});
	const {out, err} = box.run();
	t.regex(out, /^busybox\ndev\nproc\n(sys\n)1\n$/, err);
	t.true(isGone(world, box));
});

test('a tmpfs is as open as the folder that it covers, unless it says so itself', t => {
	const box = world.box(['stat', '-c', '%a', '/covered', '/told', '/new'], (config, {rootfs}) => {
		for (const name of ['covered', 'told']) {
			mkdirSync(`${rootfs}/${name}`);
			chmodSync(`${rootfs}/${name}`, 0o712);
		}
		for (const name of ['covered', 'told', 'new'])
			config.mounts.push({destination: `/${name}`, type: 'tmpfs', source: 'tmpfs', options: name === 'told' ? ['mode=700'] : ['ro', 'sync']});
		config.process.args[0] = 'stat';
	});
	t.is(box.run().out, '712\n700\n1777\n');
});

test('exec --env replaces a variable', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	t.is(box.verb('exec', ['-e', 'HOSTNAME=other', '--env', 'NEW=1'], ['env']).out.match(/(HOSTNAME|NEW)=.*/g)?.join(' '), 'HOSTNAME=other NEW=1');
	t.regex(box.verb('exec', ['-e', 'X'], ['true']).err, /--env must be KEY=value/);
	box.verb('delete', ['--force']);
});

test('kill and delete take a pattern', t => {
	const boxes = [world.box(['sleep', '100']), world.box(['sleep', '100'])];
	for (const box of boxes) box.up();
	const pattern = `^(${boxes.map(({id}) => id).join('|')})$`;
	t.is(world.call('kill', '--regex', pattern, 'CONT').code, 0);
	t.is(world.call('delete', '--force', '--regex', pattern).code, 0);
	for (const box of boxes) t.true(isGone(world, box));
	t.regex(world.call('delete', '--regex', '(').err, /'\(' is not a regular expression/);
});

test('a log that cannot be written is an error before anything is done; another gets a line of each error', t => {
	t.regex(world.call('--log', '/no/such/folder/log', 'list').err, /open the log \/no\/such\/folder\/log: No such file/);
	t.is(world.call('--log', `${world.directory}/log`, '--log-format', 'json', 'state', 'nobody').code, 1);
	const {level, msg} = JSON.parse(readFileSync(`${world.directory}/log`, 'utf8')) as {level: string; msg: string};
	t.deepEqual([level, msg], ['error', 'container nobody does not exist']);
});
