/** A machine of network namespaces: a host, its neighbour on the LAN, and containers on the host, with real programs in each. */
import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const program = process.env['TEST_NET'] ?? fileURLToPath(new URL('../../dist/hawser-net', import.meta.url));

export type Result = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** A network namespace, alive as long as its one process. */
export type Space = {
	readonly pid: number;
	run(command: string, ...args: string[]): Result;
	/** Runs a command that must succeed, and returns what it prints. */
	get(command: string, ...args: string[]): string;
	/** Calls a TCP or UDP server and returns what it says, or '' when it has said nothing after `patience` ms. */
	ask(protocol: 'tcp' | 'udp', address: string, port: number, options?: {from?: string; patience?: number}): Promise<string>;
	/** Answers every connection or datagram with `name` and the client's address, from when it is ready. */
	serve(protocol: 'tcp' | 'udp', port: number, name: string, address?: string): Promise<ChildProcess>;
};

/* npm puts its own programs first, and one of them is called nft. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const server = `
const [protocol, port, name, address] = process.argv.slice(1);
if (protocol === 'tcp') require('net').createServer(s => { s.on('error', () => {}); s.end(name + ' ' + s.remoteAddress); }).listen(+port, address, () => console.log('ready'));
else { const s = require('dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(name + ' ' + r.address, r.port, r.address)); s.bind(+port, address, () => console.log('ready')); }
`;

const client = `
const [protocol, address, port, patience, local] = process.argv.slice(1);
const done = text => { process.stdout.write(text); process.exit(0); };
if (protocol === 'tcp') { const s = require('net').connect({host: address, port: +port, ...(local && {localAddress: local})}); s.on('data', d => done(String(d))); s.on('error', () => done('')); s.on('close', () => done('')); }
else { const s = require('dgram').createSocket('udp4'); s.on('message', d => done(String(d))); s.on('error', () => done('')); s.bind(0, local || undefined, () => { const send = () => s.send('?', +port, address, e => e && done('')); send(); setInterval(send, 500); }); }
setTimeout(() => done(''), +patience);
`;

const inside = (pid: number, command: string, args: readonly string[]): [string, string[]] => ['nsenter', ['-n', '-t', String(pid), '--', command, ...args]];

const collect = async (child: ChildProcess): Promise<string> => {
	let text = '';
	child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
		text += chunk;
	});
	await new Promise(resolve => child.once('close', resolve));
	return text;
};

const until = (child: ChildProcess, word: string): Promise<void> =>
	new Promise((resolve, reject) => {
		let text = '';
		child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
			text += chunk;
			if (text.includes(word)) resolve();
		});
		child.once('close', code => reject(new Error(`ended with ${code} before it said ${word}`)));
	});

export type World = {
	readonly table: string;
	/** Names of two bridges. */
	readonly bridges: readonly [string, string];
	readonly host: Space;
	/** At 10.99.0.2; the host is 10.99.0.1. */
	readonly neighbour: Space;
	space(): Promise<Space>;
	/** Writes a plan of these lines (version and table are added) and returns its path. */
	plan(...lines: string[]): string;
	/** Runs hawser-net on the host. */
	net(...args: string[]): Result;
	close(): void;
};

export const openWorld = async (): Promise<World> => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-net-'));
	const children: ChildProcess[] = [];
	const tag = randomBytes(3).toString('hex');
	const table = `hawser_${tag}`;

	const makeSpace = async (): Promise<Space> => {
		const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 600'], {stdio: ['ignore', 'pipe', 'inherit']});
		children.push(holder);
		await until(holder, 'ready');
		const pid = holder.pid ?? 0;
		const run = (command: string, ...args: string[]): Result => {
			const {status, stdout, stderr} = spawnSync(...inside(pid, command, args), {encoding: 'utf8', env: {PATH: systemPath}});
			return {code: status ?? 128, stdout, stderr};
		};
		const get = (command: string, ...args: string[]): string => {
			const result = run(command, ...args);
			if (result.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr}`);
			return result.stdout;
		};
		get('ip', 'link', 'set', 'lo', 'up');
		return {
			pid,
			run,
			get,
			ask(protocol, address, port, {from = '', patience = 20_000} = {}) {
				return collect(spawn(...inside(pid, process.execPath, ['-e', client, protocol, address, String(port), String(patience), from]), {stdio: ['ignore', 'pipe', 'inherit']}));
			},
			async serve(protocol, port, name, address = '0.0.0.0') {
				const child = spawn(...inside(pid, process.execPath, ['-e', server, protocol, String(port), name, address]), {stdio: ['ignore', 'pipe', 'inherit']});
				children.push(child);
				await until(child, 'ready');
				return child;
			},
		};
	};

	const host = await makeSpace();
	const neighbour = await makeSpace();
	host.get('ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan0', 'netns', String(neighbour.pid));
	host.get('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'lan0');
	host.get('ip', 'link', 'set', 'lan0', 'up');
	neighbour.get('ip', 'address', 'add', '10.99.0.2/24', 'dev', 'lan0');
	neighbour.get('ip', 'link', 'set', 'lan0', 'up');

	let plans = 0;
	return {
		table,
		bridges: [`hwa${tag}`, `hwb${tag}`],
		host,
		neighbour,
		space: makeSpace,
		plan(...lines) {
			const path = join(folder, `plan${plans++}`);
			writeFileSync(path, ['version 1', `table ${table}`, ...lines, ''].join('\n'));
			return path;
		},
		net: (...args) => host.run(program, ...args),
		close() {
			for (const child of children) child.kill('SIGKILL');
			rmSync(folder, {recursive: true, force: true});
		},
	};
};

export const cableName = (name: string): string => `veth${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;

export const hasCommand = (name: string): boolean => {
	try {
		execFileSync('sh', ['-c', `command -v ${name}`], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
};
