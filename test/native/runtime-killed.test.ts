/**
 * The runtime killed at any of its system calls, without space on the disk, and containers without memory. Afterwards one `delete --force`
 * leaves nothing. HAWSER_TEST_STRIDE=1 kills at every call; otherwise at every seventeenth.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {compileRace, compileStrike, race} from '../helpers/probe.ts';
import {type Box, isGone, openWorld, runtime, silently} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const strike = compileStrike(world.directory);
const racer = compileRace(world.directory);
const STEP = Number(process.env['HAWSER_TEST_STRIDE'] ?? 17);
const TRIES = 100;

const words = (verb: string, box: Box): string[] => [runtime, '--root', world.root, verb, ...(verb === 'create' || verb === 'run' ? ['--bundle', box.bundle] : []), box.id];

/** Processes that were started for the box, wherever they are now. */
const processesOf = (box: Box): string[] =>
	readdirSync('/proc').flatMap(pid => {
		if (!/^\d+$/.test(pid)) return [];
		try {
			const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/cgroup`, 'utf8');
			return text.includes(box.id) ? [text.replaceAll('\0', ' ')] : [];
		} catch {
			return [];
		}
	});

/** Kills the verb at one of its system calls after the other, until it comes to its end. */
function sweep(t: ExecutionContext, verb: string, box: Box, prepare: () => void): void {
	let kills = 0;
	for (let call = 1 + (process.pid % STEP); ; call += STEP) {
		prepare();
		const {status} = spawnSync(strike, [String(call), ...words(verb, box)], {stdio: 'ignore', timeout: 30_000});
		if (status === 0) break;
		t.is(status, 137);
		kills++;
		const {code, err} = world.call('delete', '--force', box.id);
		t.is(code, 0, `after the ${call}th call: ${err}`);
		t.true(isGone(world, box), `after the ${call}th call`);
		t.deepEqual(processesOf(box), [], `after the ${call}th call`);
	}
	t.log(`${kills} kills`);
	t.true(kills > 3);
	world.call('delete', '--force', box.id);
	t.true(isGone(world, box));
	t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(box.id));
}

test('create that is killed at any call leaves nothing that delete --force does not take away', t => {
	t.timeout(600_000);
	const box = world.box(['sleep', '1000']);
	box.verb('state');
	sweep(t, 'create', box, () => {});
});

test('start that is killed at any call, likewise', t => {
	t.timeout(600_000);
	const box = world.box(['sleep', '1000']);
	box.verb('state');
	sweep(t, 'start', box, () => {
		world.call('delete', '--force', box.id);
		t.is(silently(words('create', box).slice(1)), 0);
	});
});

test('delete that is killed at any call is done by the next', t => {
	t.timeout(600_000);
	const box = world.box(['true']);
	box.verb('state');
	sweep(t, 'delete', box, () => {
		if (existsSync(`${world.root}/${box.id}`)) world.call('delete', '--force', box.id);
		box.up();
		while (box.state().status !== 'stopped');
	});
});

test(`without space on the disk ${TRIES} of ${TRIES} creates are one line of error and leave nothing; what runs is told of, entered, stopped and deleted`, t => {
	const full = `${world.directory}/full`;
	mkdirSync(full);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', full]);
	try {
		const running = world.box(['sleep', '1000']);
		running.verb('state');
		const late = world.box(['true']);
		late.verb('state');
		const create = (box: Box) => ['--root', full, 'create', '--bundle', box.bundle, box.id];
		t.is(silently(create(running)), 0);
		t.is(silently(['--root', full, 'start', running.id]), 0);
		t.throws(() => writeFileSync(`${full}/rest`, Buffer.alloc(1 << 20)), {code: 'ENOSPC'});
		const {left, outcomes} = race(racer, [runtime, ...create(late)], {tries: TRIES, gone: [`${full}/${late.id}`]});
		t.is(left, 0);
		for (const {code, err} of outcomes) {
			t.is(code, 1);
			t.regex(err, /^[^\n]*No space left on device\n$/);
		}
		t.true(isGone(world, late));
		const verbs: ReadonlyArray<readonly [string, ...string[]]> = [['state'], ['exec', 'true'], ['kill', 'KILL'], ['delete', '--force']];
		for (const [verb, ...rest] of verbs) {
			const flags = rest.filter(word => word.startsWith('-'));
			const {status, stderr} = spawnSync(runtime, ['--root', full, verb, ...flags, running.id, ...rest.filter(word => !word.startsWith('-'))], {encoding: 'utf8', timeout: 30_000});
			t.is(status, 0, `${verb}: ${stderr}`);
		}
		t.deepEqual(
			readdirSync(full).filter(name => !name.startsWith('.')),
			['rest'],
		);
		t.true(isGone(world, running));
	} finally {
		execFileSync('umount', [full]);
	}
});

test(`a program that wants more memory than it may have is killed, and the runtime says so, ${TRIES} of ${TRIES} times`, t => {
	const box = world.box(['sh', '-c', 'a=x; while :; do a=$a$a; done'], config => void (config.linux.resources['memory'] = {limit: 16_777_216, swap: 16_777_216}));
	box.verb('state');
	const {left, outcomes} = race(racer, words('run', box), {tries: TRIES, gone: [`${world.root}/${box.id}`, ...box.cgroups()]});
	t.is(left, 0);
	t.deepEqual([...new Set(outcomes.map(({code}) => code))], [137]);
	t.true(isGone(world, box));
});
