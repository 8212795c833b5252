/** Attacks that are won or lost by timing. HAWSER_TRIES=2000 makes the long run of them. */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {compileProbe} from '../helpers/probe.ts';
import {beside, type Box, isGone, openWorld, runtime, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const TRIES = Number(process.env['HAWSER_TRIES'] ?? 10);
const probe = compileProbe(world.directory);
const canary = `${world.directory}/canary`;
mkdirSync(canary);
const secret = `${world.directory}/secret`;
writeFileSync(secret, 'of the host\n');

const hostFiles = ['/proc/sys/kernel/core_pattern', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/kernel/hostname', secret];
const before = hostFiles.map(path => readFileSync(path, 'utf8'));

function assertHostUntouched(t: ExecutionContext): void {
	t.deepEqual(
		hostFiles.map(path => readFileSync(path, 'utf8')),
		before,
	);
	t.deepEqual(readdirSync(canary), []);
}

const programSum = (): string => createHash('sha256').update(readFileSync(runtime)).digest('hex');

/** Runs the box again and again while two names of its root, or of a volume, change places; each outcome's code and words. */
function race(t: ExecutionContext, box: Box, [a, b]: readonly [string, string]): Array<{code: number | null; out: string; err: string}> {
	const stop = beside(probe, 'swap', a, b);
	try {
		return Array.from({length: TRIES}, () => {
			const outcome = box.run();
			if (!isGone(world, box)) t.fail('something is left');
			return outcome;
		});
	} finally {
		stop();
		t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(world.directory));
		assertHostUntouched(t);
	}
}

test("A1, A3: a container's loop gets no descriptor, memory or program file of a process on its way into it", async t => {
	const sum = programSum();
	const log = `${world.directory}/peeked`;
	const box = world.box(['sh', '-c', '/bin/probe peek > /log/peeked'], (config, {rootfs}) => {
		copyFileSync(probe, `${rootfs}/bin/probe`);
		mkdirSync(`${world.directory}/log`);
		config.mounts.push({destination: '/log', type: 'bind', source: `${world.directory}/log`, options: ['bind']});
	});
	box.up();
	await until('the loop', () => existsSync(`${world.directory}/log/peeked`) && readFileSync(`${world.directory}/log/peeked`, 'utf8').startsWith('peeking'));
	for (let number = 0; number < TRIES; number++) t.is(box.exec('true').code, 0);
	t.is(readFileSync(`${world.directory}/log/peeked`, 'utf8'), 'peeking\n', log);
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
		const outcomes = race(t, box, [`${box.rootfs}/${name}`, `${box.rootfs}/other`]);
		const ran = outcomes.filter(({code}) => code === 0);
		// A name may change once more when the program runs: then there is nothing at it, but never another thing.
		for (const {out} of ran) t.regex(out, /^(character special file\n)?(NoNewPrivs:\t0\n)?0\n$/);
		for (const {code, err} of outcomes.filter(({code: number}) => number !== 0)) t.regex(err, /root file system|mount|working folder|program|exec/, `${code}: ${err}`);
		t.true(ran.length > 0, 'the twin: now and then it runs');
	});

test('A6: sysctls reach the namespace of the container or nothing, whatever lies at /proc', t => {
	const box = world.box(['cat', '/proc/sys/net/ipv4/ip_forward'], (config, {rootfs}) => {
		config.linux['sysctl'] = {'net.ipv4.ip_forward': '1'};
		mkdirSync(`${rootfs}/fake/sys/net/ipv4`, {recursive: true});
		symlinkSync('/proc/sys/kernel/core_pattern', `${rootfs}/fake/sys/net/ipv4/ip_forward`);
	});
	for (const {code, out} of race(t, box, [`${box.rootfs}/proc`, `${box.rootfs}/fake`])) if (code === 0) t.not(out, '0\n');
});

test('A8: the place of a mount that is swapped for a link to / of the host never shows the host', t => {
	const volume = `${world.directory}/volume`;
	mkdirSync(`${volume}/place`, {recursive: true});
	symlinkSync('/', `${volume}/link`);
	const box = world.box(['sh', '-c', `cat /v/place/f; cat /v/place${secret} /v/link${secret} 2>/dev/null; ls /v/place | wc -l`], (config, {bundle}) => {
		writeFileSync(`${bundle}/f`, 'f\n');
		config.mounts.push({destination: '/v', type: 'bind', source: volume, options: ['rbind']}, {destination: '/v/place/f', type: 'bind', source: `${bundle}/f`, options: ['bind']});
	});
	const outcomes = race(t, box, [`${volume}/place`, `${volume}/link`]);
	for (const {out} of outcomes) t.false(out.includes('of the host'));
	t.true(outcomes.some(({out}) => out.startsWith('f\n')), 'the twin');
	t.false(existsSync('/f'));
});

test('A10: a working folder is made inside while a part of its path changes places with a link', t => {
	const box = world.box(['pwd'], (config, {rootfs}) => {
		mkdirSync(`${rootfs}/a`);
		symlinkSync(canary, `${rootfs}/b`);
		config.process.cwd = '/a/deep/folder';
	});
	const stop = beside(probe, 'swap', `${box.rootfs}/a`, `${box.rootfs}/b`);
	try {
		for (let number = 0; number < TRIES; number++) {
			box.run();
			rmSync(`${box.rootfs}/${canary}`, {recursive: true, force: true});
			for (const name of ['a', 'b']) rmSync(`${box.rootfs}/${name}/deep`, {recursive: true, force: true});
			assertHostUntouched(t);
		}
	} finally {
		stop();
	}
});

test('A16: user files that change places with a link to the host are never read as the host has them', t => {
	const box = world.box(['id', '-u'], (config, {rootfs}) => {
		config.annotations = {...config.annotations, 'io.hawser.user': 'app'};
		symlinkSync('/etc/passwd', `${rootfs}/etc/other`);
	});
	for (const {code, out} of race(t, box, [`${box.rootfs}/etc/passwd`, `${box.rootfs}/etc/other`])) if (code === 0) t.is(out, '1000\n');
});

test('A27: a stranger who got the pid of the first process is neither signalled, nor entered, nor killed by delete', t => {
	const box = world.box(['sleep', '1000']);
	box.verb('state');
	const script = `
		R="${runtime} --root ${world.root}"
		$R run --detach --bundle ${box.bundle} ${box.id} </dev/null >/dev/null || exit 1
		pid=$($R state ${box.id} | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')
		kill -9 $pid
		while [ "$($R state ${box.id} | grep -c stopped)" = 0 ]; do :; done
		wait
		for try in 1 2 3 4 5 6 7 8 9; do
			echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
			sleep 1000 &
			[ $! = $pid ] && break
			kill -9 $!
		done
		[ $! = $pid ] || { echo missed; kill -9 $!; exit 0; }
		$R kill ${box.id} KILL; $R exec ${box.id} true && echo entered; $R kill --all ${box.id} KILL; $R delete --force ${box.id}
		kill -0 $pid && echo alive
		kill -9 $pid`;
	const out = execFileSync('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', script], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000});
	t.regex(out, /^(alive|missed)\n$/);
	t.true(isGone(world, box));
});

test('A7: crun wrote through a /dev that is a link, and changed the owner of /dev/null: a user namespace on top makes no difference', t => {
	const box = world.box(['true'], (config, {rootfs}) => {
		rmdirSync(`${rootfs}/dev`);
		symlinkSync('/dev', `${rootfs}/dev`);
		config.linux.namespaces.push({type: 'user'});
		config.linux['uidMappings'] = config.linux['gidMappings'] = [{containerID: 0, hostID: 0, size: 4_294_967_295}];
		config.process['user'] = {uid: 4242, gid: 4242};
	});
	const owner = execFileSync('stat', ['-c', '%u:%g:%a', '/dev/null'], {encoding: 'utf8'});
	t.is(box.run().code, 1);
	t.is(execFileSync('stat', ['-c', '%u:%g:%a', '/dev/null'], {encoding: 'utf8'}), owner);
	assertHostUntouched(t);
});
