/**
 * Good configurations with a few places made wrong, hostile, too large or contradictory, by chance but the same each time: either it works, or
 * one line of error says what was wrong, and nothing is left. HAWSER_TEST_MUTANTS=5000 for the long run.
 */
import {spawnSync} from 'node:child_process';
import {closeSync, openSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {type Config, isGone, type Json, openWorld, runtime} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const MUTANTS = Number(process.env['HAWSER_TEST_MUTANTS'] ?? 200);
const SEED = Number(process.env['HAWSER_TEST_SEED'] ?? 1);

/** xorshift32. */
function randomOf(seed: number): (below: number) => number {
	let state = seed || 1;
	return below => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
}

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const values: readonly unknown[] = [
	null,
	true,
	false,
	0,
	-1,
	1,
	2 ** 31,
	2 ** 32,
	2 ** 53,
	-(2 ** 63),
	1e308,
	0.5,
	'',
	' ',
	'0',
	'x',
	'x'.repeat(5000),
	'x'.repeat(70_000),
	'a\nb',
	'a\u0000b',
	'\ud800',
	'\u001b[31m',
	'..',
	'../../..',
	'/no/such/place',
	'/proc/self/fd/3',
	'/proc/1/root',
	'/dev/null',
	'/dev/full',
	'%s%n%s',
	'CAP_SYS_ADMIN',
	'SCMP_ACT_KILL',
	'SCMP_ACT_NOTIFY',
	[],
	[null],
	[[]],
	{},
	{a: {}},
	deep(100),
	deep(3000),
	Array.from({length: 5000}, () => 'x'),
]; // prettier-ignore

type Place = {readonly holder: Json | unknown[]; readonly key: string | number; readonly path: string};

/** Every place in a configuration that may be changed. The root stays a folder of ours, and cgroups below a parent of ours. */
function placesOf(value: unknown, path = ''): readonly Place[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) => {
		const key = Array.isArray(value) ? Number(name) : name;
		const own = `${path}.${name}`;
		if (['.root.path', '.root', '.linux.cgroupsPath', '.linux.namespaces'].includes(own)) return [];
		return [{holder: value as Json | unknown[], key, path: own}, ...placesOf(inner, own)];
	});
}

function mutate(config: Config, random: (below: number) => number): string {
	const places = placesOf(config);
	const place = places[random(places.length)];
	if (place === undefined) return '';
	const {holder, key, path} = place;
	const target = holder as Record<string | number, unknown>;
	const other = places[random(places.length)];
	switch (random(6)) {
		case 0:
			if (Array.isArray(holder)) holder.splice(Number(key), 1);
			else delete target[key];
			return `without ${path}`;
		case 1:
			if (Array.isArray(holder)) holder.push(...Array.from({length: 1 + random(3)}, () => structuredClone(target[key])));
			return `${path} again`;
		case 2:
			target[key] = structuredClone((other?.holder as Record<string | number, unknown> | undefined)?.[other?.key ?? '']);
			return `${path} from ${other?.path}`;
		default:
			target[key] = structuredClone(values[random(values.length)]);
			return `${path} as ${JSON.stringify(target[key])?.slice(0, 40)}`;
	}
}

/** More of the specification than Docker's containers have. */
function enrich(config: Config): void {
	config.process['rlimits'] = [{type: 'RLIMIT_NOFILE', soft: 1024, hard: 2048}];
	config.process['user'] = {uid: 1, gid: 1, umask: 18, additionalGids: [5, 7]};
	config.process['scheduler'] = {policy: 'SCHED_BATCH', nice: 3};
	config.process['ioPriority'] = {class: 'IOPRIO_CLASS_BE', priority: 4};
	config.hooks = {createRuntime: [{path: '/bin/true', args: ['true'], env: ['A=b'], timeout: 5}], poststop: [{path: '/bin/true'}]};
	config.mounts.push(
		{destination: '/extra', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=64k', 'rprivate']},
		{destination: '/mnt', type: 'bind', source: world.directory, options: ['rbind', 'rro']},
	);
	Object.assign(config.linux, {
		sysctl: {'net.ipv4.ip_forward': '1'},
		rootfsPropagation: 'slave',
		devices: [{path: '/dev/mine', type: 'c', major: 1, minor: 5, fileMode: 438, uid: 0, gid: 0}],
		personality: {domain: 'LINUX'},
	});
	config.annotations = {...config.annotations, 'io.hawser.user': 'app', 'org.example': 'x'};
}

const ledger = (): unknown => ({
	mounts: readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.filter(line => line.includes(world.directory)),
	folders: readdirSync(world.directory).filter(name => !name.startsWith('seccomp-')),
	state: readdirSync(world.root).filter(name => !name.startsWith('.')),
});

/** In namespaces of its own: what a wrong configuration might do to the host it does to them. The container keeps what it is given as stderr. */
function create(bundle: string, id: string): {status: number | null; signal: string | null; stderr: string} {
	const words = ['--mount', '--uts', '--ipc', '--net', '--propagation', 'private', runtime, '--root', world.root, 'create', '--bundle', bundle, id];
	const path = `${world.directory}/stderr`;
	const fd = openSync(path, 'w');
	const {status, signal} = spawnSync('unshare', words, {stdio: ['ignore', 'ignore', fd], timeout: 30_000, env: {PATH: process.env['PATH'] ?? '', ASAN_OPTIONS: 'detect_leaks=0'}});
	closeSync(fd);
	return {status, signal, stderr: readFileSync(path, 'utf8')};
}

for (const kind of ['docker', 'rich'] as const)
	test(`${MUTANTS} wrong configurations like ${kind === 'docker' ? "Docker's" : 'those of other clients'} are accepted or one line of error, and nothing is left`, t => {
		t.timeout(600_000);
		const random = randomOf(SEED);
		const box = world.box(['true']);
		box.verb('state');
		if (kind === 'rich') enrich(box.config);
		const good = JSON.stringify(box.config);
		writeFileSync(`${box.bundle}/config.json`, good);
		const twin = create(box.bundle, box.id);
		t.is(twin.status, 0, twin.stderr);
		world.call('delete', '--force', box.id);
		const before = ledger();
		let accepted = 0;
		for (let number = 0; number < MUTANTS; number++) {
			const config = JSON.parse(good) as Config;
			const changes = Array.from({length: 1 + random(3)}, () => mutate(config, random));
			let text = JSON.stringify(config);
			if (random(8) === 0) {
				const at = random(text.length);
				text = text.slice(0, at) + ['', '"', '{', '\0', ',', '9'][random(6)] + text.slice(at + random(4));
				changes.push(`text at ${at}`);
			}
			writeFileSync(`${box.bundle}/config.json`, text);
			const {status, signal, stderr} = create(box.bundle, box.id);
			const what = `${number}: ${changes.join('; ')}: ${stderr.slice(0, 500)}`;
			t.is(signal, null, what);
			if (status === 0) {
				accepted++;
				const removed = world.call('delete', '--force', box.id);
				if (removed.code !== 0) t.fail(`${what} ${removed.err}`);
			} else {
				if (!/^hawser-runtime: [ -~\u0080-\uffff]{1,4000}\n$/.test(stderr)) t.fail(`not one line: ${what}`);
				if (status !== 1) t.fail(`${status}: ${what}`);
			}
			if (!isGone(world, box)) t.fail(`left: ${what}`);
		}
		t.deepEqual(ledger(), before);
		t.log(`${accepted} of ${MUTANTS} were accepted`);
		t.true(accepted > 0 && accepted < MUTANTS);
	});
