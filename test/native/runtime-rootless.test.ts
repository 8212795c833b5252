/** The same runtime for an ordinary user: it goes into a user namespace of its own first. */
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {fillRoot, openWorld, type Outcome, runtime, until} from './runtime-world.ts';

const world = openWorld();
test.after.always(() => world.close());

const user = 61_234;
type RootlessConfig = {process: {args: string[]; terminal: boolean}; root: {readonly: boolean}; linux: Record<string, unknown>};

/** A bundle and a state folder that are the user's. */
function bundle(name: string, args: string[], change?: (config: RootlessConfig) => void): {call: (...words: string[]) => Outcome; folder: string} {
	const folder = `${world.directory}/${name}`;
	mkdirSync(folder);
	fillRoot(`${folder}/rootfs`);
	mkdirSync(`${folder}/run`);
	copyFileSync(runtime, `${folder}/runtime`);
	chmodSync(world.directory, 0o711);
	execFileSync('chown', ['-R', `${user}:${user}`, folder]);
	const call = (...words: string[]): Outcome => {
		const {status, stdout, stderr} = spawnSync(`${folder}/runtime`, words, {
			cwd: folder,
			uid: user,
			gid: user,
			encoding: 'utf8',
			timeout: 30_000,
			env: {XDG_RUNTIME_DIR: `${folder}/run`, ASAN_OPTIONS: 'detect_leaks=0'},
			stdio: words.includes('-d') ? 'ignore' : ['ignore', 'pipe', 'pipe'],
		});
		return {code: status, out: stdout, err: stderr};
	};
	call('spec', '--rootless');
	const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')) as RootlessConfig;
	config.process.args = args;
	config.process.terminal = false;
	config.root.readonly = false;
	change?.(config);
	writeFileSync(`${folder}/config.json`, JSON.stringify(config));
	return {call, folder};
}

test('an ordinary user runs a container as its root, with procfs, devices and a read-only root', t => {
	const {call, folder} = bundle(
		'run',
		['sh', '-c', 'id -u; cat /proc/self/uid_map | tr -s " "; echo x > /dev/null; touch /made 2>/dev/null; echo $?; ls /proc | grep -c "^1$"; hostname; cat /proc/self/status | grep NoNew'],
		config => void (config.root.readonly = true),
	);
	const {code, out, err} = call('run', 'r');
	t.is(code, 0, err);
	t.is(out, `0\n 0 ${user} 1\n1\n1\nhawser\nNoNewPrivs:\t1\n`);
	t.false(existsSync(`${folder}/run/hawser-runtime/r`));
});

test('a container in the background is seen, entered, signalled and deleted', async t => {
	const {call, folder} = bundle('life', ['sleep', '100']);
	t.is(call('run', '-d', 'r').code, 0);
	const {status, pid} = JSON.parse(call('state', 'r').out) as {status: string; pid: number};
	t.is(status, 'running');
	t.regex(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`Uid:\\t${user}\\t`));
	t.is(call('exec', 'r', 'sh', '-c', 'id -u; echo $$ > /from-exec; hostname').out, '0\nhawser\n');
	t.is(call('exec', 'r', 'sh', '-c', 'exit 9').code, 9);
	t.deepEqual(JSON.parse(call('ps', '--format', 'json', 'r').out), [pid]);
	t.is(call('kill', 'r', 'KILL').code, 0);
	await until('the end', () => (JSON.parse(call('state', 'r').out) as {status: string}).status === 'stopped');
	t.is(call('delete', 'r').code, 0);
	t.false(existsSync(`${folder}/run/hawser-runtime/r`));
});

test('what an ordinary user cannot have is one line of error, and nothing is left', t => {
	const without = bundle('without', ['true'], config => void (config.linux['namespaces'] = [{type: 'mount'}, {type: 'pid'}]));
	without.call('run', 'r');
	t.regex(without.call('run', 'r').err, /^hawser-runtime: config: linux\.uidMappings needs a user namespace\n$/);
	const limited = bundle('limited', ['true'], config => void (config.linux['resources'] = {pids: {limit: 5}}));
	const {code, err} = limited.call('run', 'r');
	t.is(code, 1);
	t.regex(err, /^hawser-runtime: cgroup: make cgroup .*\n$/);
	t.false(existsSync(`${limited.folder}/run/hawser-runtime/r`));
	const foreign = bundle('foreign', ['true']);
	mkdirSync(`${foreign.folder}/root`, {mode: 0o755});
	t.regex(foreign.call('--root', `${foreign.folder}/root`, 'run', 'r').err, /somebody else's/);
});
