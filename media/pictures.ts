import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {spawn} from 'node-pty';
import {createTerminal, drawSvg, toPng} from './picture.ts';

/** npm run pictures: shoots the real console on real containers of a store of its own, into media/. Needs root and a build. */

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, '../dist');
const program = process.env['HAWSER_BIN'] ?? join(dist, 'hawser');
const folder = mkdtempSync(join(tmpdir(), 'hawser-pictures-'));
const {CI: _, NO_COLOR: __, ...inherited} = process.env;
const env = {
	...inherited,
	HAWSER_ROOT: join(folder, 'root'),
	HAWSER_STATE: join(folder, 'state'),
	XDG_CONFIG_HOME: join(folder, 'config'),
	COLORTERM: 'truecolor',
	LANG: 'C.UTF-8',
	TZ: 'UTC',
} as Record<string, string>;
const size = {columns: 138, rows: 40};

const hawser = (...words: readonly string[]): string => execFileSync(program, words, {env, encoding: 'utf8'});
const wait = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

// Past the page cache: only such writes are counted to a container on cgroup v1.
const writes =
	'while :; do dd if=/dev/zero of=/burst bs=512k count=24 oflag=direct 2>/dev/null || dd if=/dev/zero of=/burst bs=512k count=24 conv=fsync 2>/dev/null; sleep 7; done';
const requests = `i=0; while :; do i=$((i+1)); case $((i%7)) in 0) printf '\\033[33mWARN\\033[0m  slow answer for /api/orders: %d ms\\n' $((i%900)) >&2;; *) printf '\\033[36mINFO\\033[0m  GET /api/orders/%d 200\\n' $i;; esac; sleep 0.4; done`;

function startContainers(): void {
	hawser('load', '-i', join(dist, 'demo-image.tar'));
	const run = (name: string, ...words: readonly string[]): string => hawser('run', '-d', '--name', name, ...words);
	run('web', '-p', '127.0.0.1:18088:80', 'hawser-demo', 'web');
	run('orders', '-m', '64m', 'hawser-demo', 'sh', '-c', requests);
	run('report', '-m', '128m', '--cpus', '0.5', '--pids-limit', '50', 'hawser-demo', 'sh', '-c', `${writes} & exec load rhythm`);
	run('queue', '--network', 'none', 'hawser-demo', 'sleep', '100000');
	hawser('pause', 'queue');
	hawser('run', '-d', '--network', 'none', '-m', '16m', '--name', 'filler', 'hawser-demo', 'sh', '-c', 'echo reading the archive; sleep 8; echo sorting; tail /dev/zero');
	try {
		hawser('run', '--network', 'none', '--name', 'migrate', 'hawser-demo', 'sh', '-c', 'exit 3');
	} catch {
		// It is there to have failed.
	}
}

type Shot = {readonly name: string; readonly keys: ReadonlyArray<readonly [keys: string, milliseconds: number]>};

const shots: readonly Shot[] = [
	{
		name: 'console',
		keys: [
			['/report\r', 1500],
			['\u001B', 2500],
		],
	},
	{
		name: 'console-shell',
		keys: [
			['/orders\r', 1200],
			['\u001B', 300],
			['s', 2500],
			['ps | head -5\r', 900],
			['df -h / | tail -1\r', 900],
		],
	},
	{
		name: 'console-log',
		keys: [
			['/orders\r', 1200],
			['\u001B', 300],
			['l', 800],
			['p', 200],
			['t', 200],
			['/WARN\r', 800],
			['n', 300],
			['N', 700],
		],
	},
	{
		name: 'console-why',
		keys: [
			['/filler\r', 1200],
			['\u001B', 300],
			['v', 1500],
		],
	},
	{
		name: 'console-layers',
		keys: [
			['2', 300],
			['\r', 2500],
			['j', 200],
			['\r', 700],
		],
	},
	{
		name: 'console-remove',
		keys: [
			['/report\r', 1200],
			['\u001B', 300],
			['D', 700],
		],
	},
];

async function shoot({name, keys}: Shot): Promise<void> {
	// Each begins as on the first day: how the last one was left is remembered.
	rmSync(join(folder, 'config'), {recursive: true, force: true});
	const terminal = createTerminal(size.columns, size.rows);
	const console = spawn(program, [], {name: 'xterm-256color', cols: size.columns, rows: size.rows, env});
	console.onData(data => terminal.write(data));
	await wait(3000);
	for (const [text, milliseconds] of keys) {
		console.write(text);
		await wait(milliseconds);
	}
	const svg = drawSvg(terminal);
	writeFileSync(join(here, `${name}.svg`), svg);
	writeFileSync(join(here, `${name}.png`), toPng(svg));
	console.kill('SIGTERM');
}

try {
	startContainers();
	// The charts show what has been: let something happen first.
	await wait(Number(process.env['HAWSER_PICTURE_SECONDS'] ?? 150) * 1000);
	for (const shot of shots) await shoot(shot);
} finally {
	hawser('system', 'reset', '--force');
	rmSync(folder, {recursive: true, force: true});
}
process.exit(0);
