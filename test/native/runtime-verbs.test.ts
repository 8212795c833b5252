/** Verbs that only tell, and what is refused rather than passed over. */
import {readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {isGone, openWorld} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

test('events tells what a container uses', t => {
	const box = world.box(['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 100']);
	box.up();
	const {type, id, data} = JSON.parse(box.verb('events', ['--stats']).out) as {
		type: string;
		id: string;
		data: {cpu: {usage: {total: number}}; memory: {usage: {usage: number; limit: number}; raw: Record<string, number>}; pids: {current: number; limit: number}};
	};
	t.deepEqual([type, id], ['stats', box.id]);
	t.true(data.cpu.usage.total > 0);
	t.is(data.memory.usage.limit, 268_435_456);
	t.true(data.memory.usage.usage > 0 && Object.keys(data.memory.raw).length > 5);
	t.deepEqual(data.pids, {current: 1, limit: 100});
	t.regex(box.verb('events', ['--interval', 'soon']).err, /--interval is a time/);
	box.verb('kill', [], ['KILL']);
	box.verb('delete', ['--force']);
	t.regex(box.verb('events', ['--stats']).err, /does not exist/);
});

test('update refuses a limit below what is in use when it is told to check', t => {
	const box = world.box(['sleep', '100']);
	box.up();
	const {code, err} = box.verb('update', ['--resources', '-'], [], '{"memory":{"limit":4096,"swap":4096,"checkBeforeUpdate":true}}');
	t.is(code, 1);
	t.regex(err, /limit 4096 is below what is in use/);
	t.is(box.limit('memory.limit_in_bytes', 'memory.max'), '268435456');
	box.verb('delete', ['--force']);
	t.true(isGone(world, box));
});

test('checkpoint and restore say that they are not there', t => {
	for (const verb of ['checkpoint', 'restore']) t.is(world.call(verb, 'x').err.trim(), `hawser-runtime: ${verb} is not supported: an image of a running process is not to be trusted as the process was`);
});

const refused: Array<[string, Record<string, unknown>, RegExp]> = [
	['intelRdt', {intelRdt: {closID: 'x'}}, /linux\.intelRdt is not supported/],
	['netDevices', {netDevices: {eth9: {}}}, /linux\.netDevices is not supported/],
	["the caller's own mount namespace by path", {namespaces: [{type: 'mount', path: `/proc/${process.pid}/ns/mnt`}, {type: 'uts'}]}, /is the caller's own: the container's mounts would stay in it/],
	['a device of no type', {devices: [{path: '/dev/x', type: 'q', major: 1, minor: 1}]}, /type must be c, u, b or p/],
	['hugepages of a size with a slash', {resources: {hugepageLimits: [{pageSize: '../x', limit: 1}]}}, /is not a page size/],
];
for (const [title, change, words] of refused)
	test(`${title} is refused, and not passed over`, t => {
		const box = world.box(['true'], config => void Object.assign(config.linux, change));
		const {code, err} = box.run();
		t.is(code, 1);
		t.regex(err, words);
		t.true(isGone(world, box));
	});

test('features has what the specification wants of it', t => {
	const features = JSON.parse(world.call('features').out) as {
		ociVersionMin: string;
		ociVersionMax: string;
		hooks: string[];
		linux: {seccomp: {actions: string[]; archs: string[]; knownFlags: string[]}; capabilities: string[]; intelRdt: {enabled: boolean}};
	};
	t.deepEqual([features.ociVersionMin, features.ociVersionMax], ['1.0.0', '1.3.0']);
	t.true(features.linux.seccomp.actions.includes('SCMP_ACT_NOTIFY'));
	t.true(features.linux.seccomp.archs.includes('SCMP_ARCH_X86_64'));
	t.true(features.linux.capabilities.every(name => /^CAP_[A-Z_]+$/.test(name)));
	t.is(features.linux.intelRdt.enabled, false);
});

test('unknown keys and annotations are passed over, as the specification wants', t => {
	const box = world.box(['echo', 'on'], config => {
		config.annotations = {...config.annotations, 'org.example.unknown': 'x'};
		config.linux['futureThing'] = {a: 1};
	});
	box.verb('state');
	const file = `${box.bundle}/config.json`;
	writeFileSync(file, readFileSync(file, 'utf8').replace('"hostname"', '"unknown":{"a":[1,null]},"hostname"'));
	t.is(world.call('run', '--bundle', box.bundle, box.id).out, 'on\n');
});
