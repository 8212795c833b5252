/** Attacks that are won or lost by timing. HAWSER_TEST_RACES=2000 makes the long run of them. */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {release} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {compileProbe, compileRace, type Outcome, race, RACES} from '../helpers/probe.ts';
import {type Box, cgroupsOf, isGone, openWorld, runtime, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const probe = compileProbe(world.directory);
const racer = compileRace(world.directory);
const canary = `${world.directory}/canary`;
mkdirSync(canary);
const secret = `${world.directory}/secret`;
writeFileSync(secret, 'of the host\n');

const hostFiles = ['/proc/sys/kernel/core_pattern', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/kernel/hostname', secret];

const programSum = (): string => createHash('sha256').update(readFileSync(runtime)).digest('hex');

/** Runs the box again and again while two names of its root, or of a volume, change places; its outcomes, none of which left or touched anything. */
function outcomesOf(t: ExecutionContext, box: Box, swap: readonly [string, string], rmdir: readonly string[] = []): readonly Outcome[] {
	box.verb('state');
	const {left, touched, outcomes} = race(racer, [runtime, '--root', world.root, 'run', '--bundle', box.bundle, box.id], {
		swap,
		gone: [`${world.root}/${box.id}`, ...cgroupsOf(box.id)],
		empty: [canary],
		same: hostFiles,
		rmdir,
	});
	t.is(left, 0, 'something is left');
	t.is(touched, 0, 'something of the host has changed');
	t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(world.directory));
	const codes = Object.entries(Object.groupBy(outcomes, ({code}) => code)).map(([code, list]) => `${list?.reduce((sum, {count}) => sum + count, 0)} ended with ${code}`);
	t.log(`${RACES} tries: ${codes.join(', ')}`);
	return outcomes;
}

const ran = (outcomes: readonly Outcome[]): readonly Outcome[] => outcomes.filter(({code}) => code === 0);

test.serial("A1, A3: a container's loop gets no descriptor, memory or program file of a process on its way into it", async t => {
	const sum = programSum();
	const log = `${world.directory}/log`;
	const box = world.box(['sh', '-c', '/bin/probe peek > /log/peeked'], (config, {rootfs}) => {
		copyFileSync(probe, `${rootfs}/bin/probe`);
		mkdirSync(log);
		config.mounts.push({destination: '/log', type: 'bind', source: log, options: ['bind']});
	});
	box.up();
	await until('the loop', () => existsSync(`${log}/peeked`) && readFileSync(`${log}/peeked`, 'utf8').startsWith('peeking'));
	const {outcomes} = race(racer, [runtime, '--root', world.root, 'exec', box.id, 'true'], {});
	t.deepEqual(outcomes, [{count: RACES, code: 0, out: '', err: ''}]);
	t.is(readFileSync(`${log}/peeked`, 'utf8'), 'peeking\n');
	box.verb('delete', ['--force']);
	t.is(programSum(), sum);
});

test('A1: an entry point of #!/proc/self/exe runs nothing of ours that could be written', t => {
	const sum = programSum();
	const box = world.box(['/self', 'state', 'x'], (_config, {rootfs}) => writeFileSync(`${rootfs}/self`, '#!/proc/self/exe\n', {mode: 0o755}));
	const {code} = box.run();
	t.not(code, 0);
	t.is(programSum(), sum);
	t.true(isGone(world, box));
});

for (const name of ['dev', 'proc', 'sys', 'tmp'])
	test(`A4, A5, A7, A9: /${name} that is a link to the host every other moment never leads there`, t => {
		const box = world.box(['sh', '-c', 'stat -c %F /dev/null; grep NoNewPrivs /proc/self/status; cat /proc/kcore | wc -c'], (config, {rootfs}) => {
			symlinkSync(canary, `${rootfs}/other`);
			config.mounts.push({destination: `/${name === 'tmp' ? 'tmp' : 'mnt'}/below/file`, type: 'bind', source: secret, options: ['bind', 'ro']});
		});
		const outcomes = outcomesOf(t, box, [`${box.rootfs}/${name}`, `${box.rootfs}/other`]);
		// A name may change once more when the program runs: then there is nothing at it, but never another thing.
		for (const {out} of ran(outcomes)) t.regex(out, /^(character special file\n)?(NoNewPrivs:\t0\n)?0\n$/);
		for (const {code, err} of outcomes.filter(({code: number}) => number !== 0)) t.regex(err, /root file system|mount|working folder|program|exec/, `${code}: ${err}`);
		t.true(ran(outcomes).length > 0, 'the twin: now and then it runs');
	});

test('A4: a /dev/null of the image that is a link to a setting of the host every other moment masks nothing with it', t => {
	const box = world.box(['sh', '-c', 'stat -c %F /dev/null; cat /proc/kcore | wc -c; echo x 2>/dev/null >/proc/sys/kernel/core_pattern || echo refused'], (_config, {rootfs}) => {
		writeFileSync(`${rootfs}/dev/null`, '');
		symlinkSync('/proc/sys/kernel/core_pattern', `${rootfs}/other`);
	});
	const outcomes = outcomesOf(t, box, [`${box.rootfs}/dev/null`, `${box.rootfs}/other`]);
	t.deepEqual([...new Set(outcomes.map(({out}) => out))], ['character special file\n0\nrefused\n']);
});

test('A5: with a terminal, a /dev/console that is a link every other moment gets nothing mounted on what it leads to', t => {
	const box = world.box(['sh', '-c', 'stat -c %F /dev/console; test -t 0 && echo terminal'], (config, {rootfs}) => {
		config.process['terminal'] = true;
		writeFileSync(`${rootfs}/dev/console`, '');
		symlinkSync(secret, `${rootfs}/other`);
	});
	const outcomes = outcomesOf(t, box, [`${box.rootfs}/dev/console`, `${box.rootfs}/other`]);
	t.deepEqual([...new Set(outcomes.map(({out}) => out))], ['character special file\r\nterminal\r\n']);
});

test('A6: sysctls are in force in the namespace of the container, or it does not start, whatever lies at /proc', t => {
	// A second procfs, at a place that does not change, tells what is in force.
	const box = world.box(['cat', '/own/sys/net/ipv4/ip_forward', '/own/sys/kernel/msgmax'], (config, {rootfs}) => {
		config.linux['sysctl'] = {'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4242'};
		config.mounts.push({destination: '/own', type: 'proc', source: 'proc', options: []});
		for (const folder of ['net/ipv4', 'kernel']) mkdirSync(`${rootfs}/fake/sys/${folder}`, {recursive: true});
		for (const name of ['net/ipv4/ip_forward', 'kernel/msgmax']) symlinkSync(secret, `${rootfs}/fake/sys/${name}`);
	});
	const outcomes = outcomesOf(t, box, [`${box.rootfs}/proc`, `${box.rootfs}/fake`]);
	t.deepEqual([...new Set(ran(outcomes).map(({out}) => out))], ['1\n4242\n']);
});

for (const place of ['/proc/sys/net/ipv4', '/proc/self/attr', '/proc/sys'])
	test(`A6: a volume of two containers whose place of a mount is a link to ${place} every other moment hides nothing there`, t => {
		const volume = `${world.directory}/shared${place.replaceAll('/', '-')}`;
		mkdirSync(`${volume}/place`, {recursive: true});
		symlinkSync(place, `${volume}/link`);
		const box = world.box(['sh', '-c', `cat /own/sys/net/ipv4/ip_forward; grep -cE ' /proc/(sys|[0-9]+)(/[^ ]*)? tmpfs' /own/self/mounts; true`], (config, {rootfs}) => {
			mkdirSync(`${rootfs}/own`);
			config.linux['sysctl'] = {'net.ipv4.ip_forward': '1'};
			config.mounts.push(
				{destination: '/own', type: 'proc', source: 'proc', options: []},
				{destination: '/v', type: 'bind', source: volume, options: ['rbind']},
				{destination: '/v/place', type: 'tmpfs', source: 'tmpfs', options: []},
			);
		});
		const outcomes = outcomesOf(t, box, [`${volume}/place`, `${volume}/link`]);
		const started = outcomes.filter(({out}) => out !== '');
		t.deepEqual([...new Set(started.map(({out}) => out))], ['1\n0\n']);
		for (const {err} of outcomes.filter(({out}) => out === '')) t.regex(err, /mount \/v\/place/);
	});

test('A8: the place of a mount that is swapped for a link to / of the host never shows the host', t => {
	const volume = `${world.directory}/volume`;
	mkdirSync(`${volume}/place`, {recursive: true});
	symlinkSync('/', `${volume}/link`);
	const box = world.box(['sh', '-c', `cat /v/place/f; cat /v/place${secret} /v/link${secret} 2>/dev/null; ls /v/place | wc -l`], (config, {bundle}) => {
		writeFileSync(`${bundle}/f`, 'f\n');
		config.mounts.push({destination: '/v', type: 'bind', source: volume, options: ['rbind']}, {destination: '/v/place/f', type: 'bind', source: `${bundle}/f`, options: ['bind']});
	});
	const outcomes = outcomesOf(t, box, [`${volume}/place`, `${volume}/link`]);
	for (const {out} of outcomes) t.false(out.includes('of the host'));
	t.true(
		outcomes.some(({out}) => out.startsWith('f\n')),
		'the twin',
	);
	t.false(existsSync('/f'));
});

test('A10: a working folder is made inside while a part of its path changes places with a link', t => {
	const box = world.box(['pwd'], (config, {rootfs}) => {
		mkdirSync(`${rootfs}/a`);
		symlinkSync(canary, `${rootfs}/b`);
		config.process.cwd = '/a/deep';
	});
	const made = [`${box.rootfs}${canary}/deep`, `${box.rootfs}/a/deep`, `${box.rootfs}/b/deep`, `${box.rootfs}${canary}`];
	const outcomes = outcomesOf(t, box, [`${box.rootfs}/a`, `${box.rootfs}/b`], made);
	t.true(ran(outcomes).length > 0, 'the twin');
	for (const {out} of ran(outcomes)) t.true(['/a/deep\n', '/b/deep\n', `${canary}/deep\n`].includes(out), out);
});

test('A16: user files that change places with a link to the host are never read as the host has them', t => {
	const box = world.box(['id', '-u'], (config, {rootfs}) => {
		config.annotations = {...config.annotations, 'io.hawser.user': 'app'};
		writeFileSync(`${world.directory}/passwd`, 'app:x:4242:4242::/:\n');
		symlinkSync(`../../../../../../../../..${world.directory}/passwd`, `${rootfs}/etc/other`);
	});
	const outcomes = outcomesOf(t, box, [`${box.rootfs}/etc/passwd`, `${box.rootfs}/etc/other`]);
	t.deepEqual([...new Set(ran(outcomes).map(({out}) => out))], ['1000\n']);
});

test('A40: a part of a volume that changes places with a link to / is a part of that volume, or an error', t => {
	const volume = `${world.directory}/parts`;
	mkdirSync(`${volume}/a/b`, {recursive: true});
	writeFileSync(`${volume}/a/b/of-the-volume`, '');
	symlinkSync(`/../../../../../../../..${world.directory}`, `${volume}/out`);
	mkdirSync(`${world.directory}/b`);
	writeFileSync(`${world.directory}/b/of-the-host`, '');
	const box = world.box(['ls', '/p'], config => void config.mounts.push({destination: '/p', type: 'bind', source: volume, options: ['rbind', 'X-mount.subdir=a/b']}));
	const outcomes = outcomesOf(t, box, [`${volume}/a`, `${volume}/out`]);
	t.deepEqual([...new Set(ran(outcomes).map(({out}) => out))], ['of-the-volume\n']);
	for (const {err} of outcomes.filter(({code}) => code !== 0)) t.regex(err, /cannot access path .*parts\/a\/b/);
});

/** Before pidfs a process is known by its pid and the hundredth of a second in which it started. */
const pidfs = release().localeCompare('6.9', undefined, {numeric: true}) >= 0;

test('A27: a stranger who got the pid of the first process is neither signalled, nor entered, nor killed by delete', t => {
	const box = world.box(['sleep', '1000']);
	box.verb('state');
	const script = `
		R="${runtime} --root ${world.root}"
		attempt() {
			$R run --detach --bundle ${box.bundle} ${box.id} </dev/null >/dev/null || return
			pid=$($R state ${box.id} | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')
			kill -9 $pid
			while [ "$($R state ${box.id} | grep -c stopped)" = 0 ]; do :; done
			wait
			${pidfs ? '' : 'sleep 0.02'}
			for turn in 1 2 3 4 5 6 7 8 9; do
				echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
				sleep 1000 &
				[ $! = $pid ] && break
				kill -9 $!
			done
			[ $! = $pid ] && met=yes || met=missed
			hit() { [ $met != yes ] || kill -0 $pid || met=$1; }
			[ $met = yes ] && { $R kill ${box.id} KILL; hit killed; $R exec ${box.id} true && met=entered; hit exec; $R kill --all ${box.id} KILL; hit all; }
			$R delete --force ${box.id}
			hit deleted
			[ $met = yes ] && met=alive
			echo $met
			kill -9 $!
			wait
		}
		for try in $(seq ${Math.min(RACES, 500)}); do attempt; done`;
	const out = execFileSync('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', script], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
		timeout: 600_000,
	});
	const words = Object.groupBy(out.trim().split('\n'), word => word);
	t.log(
		Object.entries(words)
			.map(([word, list]) => `${list?.length} ${word}`)
			.join(', '),
	);
	t.deepEqual(
		Object.keys(words).filter(word => word !== 'missed'),
		['alive'],
	);
	t.true(isGone(world, box));
});
