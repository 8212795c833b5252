import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {waitFor} from '../helpers/cli.ts';
import {cableName, openWorld, program, type Space, type World} from './net-world.ts';

const resolver = join(dirname(program), 'hawser-resolver');
const network = 'ab'.repeat(32);
const idOf = (n: number): string => n.toString(16).padStart(64, '0');

/** Asks for names as a program of the container does, and prints each answer: rcode, truncated, size, addresses or names. */
const client = `
const {createSocket} = require('dgram'), {connect} = require('net');
const read = m => { let at = 12; while (m[at]) at += m[at] + 1; at += 5; const found = [];
  for (let n = m.readUInt16BE(6); n > 0; n--) { at += 2; const type = m.readUInt16BE(at), size = m.readUInt16BE(at + 8); at += 10; const data = m.subarray(at, at + size);
    found.push(type === 1 ? [...data].join('.') : type === 12 ? String(data.subarray(1, 1 + data[0])) : data.toString('hex')); at += size; }
  return {rcode: m[3] & 15, truncated: !!(m[2] & 2), size: m.length, found}; };
const make = ({name, type = 1, edns = 0, raw}) => raw ? Buffer.from(raw, 'hex') : Buffer.concat([Buffer.from([0x13, 0x37, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]),
  ...name.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0, 0, type, 0, 1]), edns ? Buffer.from([0, 0, 41, edns >> 8, edns & 255, 0, 0, 0, 0, 0, 0]) : Buffer.alloc(0)]);
const udp = q => new Promise(resolve => { const s = createSocket('udp4'); s.on('message', m => { s.close(); resolve(read(m)); }); s.send(make(q), 53, '127.0.0.11'); setTimeout(() => resolve('nothing'), q.patience ?? 15000).unref(); });
const tcp = q => new Promise(resolve => { const s = connect(53, '127.0.0.11'); let all = Buffer.alloc(0); const m = make(q); s.on('data', d => { all = Buffer.concat([all, d]); if (all.length > 1 && all.length === all.readUInt16BE(0) + 2) { s.destroy(); resolve(read(all.subarray(2))); } });
  s.on('error', () => resolve('nothing')); s.write(Buffer.concat([Buffer.from([m.length >> 8, m.length & 255]), m])); });
(async () => { for (const q of JSON.parse(process.argv[1])) console.log(JSON.stringify(await (q.tcp ? tcp : udp)(q))); process.exit(0); })();
`;

type Question = {name?: string; type?: number; edns?: number; tcp?: boolean; raw?: string; patience?: number};
type Answer = {rcode: number; truncated: boolean; size: number; found: string[]};

const ask = (space: Space, ...questions: Question[]): Answer[] =>
	space
		.get(process.execPath, '-e', client, JSON.stringify(questions))
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as Answer);

/** A server that answers everything with one address, at 10.99.0.2, or refuses everything. */
const serverScript = `
const [address, kind] = process.argv.slice(1);
const answer = m => { let end = 12; while (m[end]) end += m[end] + 1; end += 5; const head = Buffer.from(m.subarray(0, 12)); head.writeUInt16BE(kind === 'refuse' ? 0x8185 : 0x8180, 2); head.writeUInt16BE(kind === 'refuse' ? 0 : 1, 6); head.writeUInt32BE(0, 8);
  return Buffer.concat([head, m.subarray(12, end), kind === 'refuse' ? Buffer.alloc(0) : Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 9, 8, 7, 6])]); };
const s = require('dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(answer(m), r.port, r.address));
require('net').createServer(c => c.on('data', d => { const a = answer(d.subarray(2)); c.write(Buffer.concat([Buffer.from([a.length >> 8, a.length & 255]), a])); }).on('error', () => {})).listen(53, address, () => s.bind(53, address, () => console.log('ready')));
`;

const serve = async (space: Space, address: string, kind: string): Promise<() => void> => {
	const child = spawn('nsenter', ['-n', '-t', String(space.pid), '--', process.execPath, '-e', serverScript, address, kind], {stdio: ['ignore', 'pipe', 'inherit']});
	await new Promise(resolve => child.stdout.once('data', resolve));
	return () => child.kill('SIGKILL');
};

type Options = {names?: string; view?: string[]; bridge?: number};

/** A container with names at 172.30.0.N and fd30::N. */
const planOf = (world: World, folder: string, n: number, {names = `c${n}`, view = []}: Options = {}): string =>
	world.plan(
		`owner ${idOf(n)}`,
		`bridge ${world.bridges[0]} 172.30.0.1/24 1500 nat,ipv6`,
		`net ${world.bridges[0]} fd30::1/64`,
		`endpoint ${world.bridges[0]} ${cableName(`c${n}`)} eth0 02:42:ac:1e:00:${n.toString(16).padStart(2, '0')} 172.30.0.${n}/24 172.30.0.1 1500`,
		`address eth0 fd30::${n.toString(16)}/64 fd30::1`,
		`names ${folder}/names`,
		`resolver ${resolver}`,
		'ask host',
		...view,
		`network ${network} net`,
		`record ${network} ${names} 172.30.0.${n},fd30::${n.toString(16)}`,
	);

const withWorld = async (work: (world: World, up: (n: number, options?: Options) => Promise<Space>, folder: string) => Promise<void>): Promise<void> => {
	const world = await openWorld();
	const folder = mkdtempSync(join(tmpdir(), 'hawser-names-'));
	try {
		await work(
			world,
			async (n, options) => {
				const space = await world.space();
				const {code, stderr} = world.net('up', planOf(world, folder, n, options), String(space.pid));
				if (code !== 0) throw new Error(stderr);
				return space;
			},
			folder,
		);
	} finally {
		world.close();
		rmSync(folder, {recursive: true, force: true});
	}
};

test('A, AAAA and PTR, in any case and with the network’s name; what is no question is told so', t =>
	withWorld(async (world, up) => {
		const space = await up(2, {names: 'web,www'});
		await up(3, {names: 'app'});
		const [a, upper, long, aaaa, other, ptr, ptr6, none, opcode, two, garbage] = ask(
			space,
			{name: 'app'},
			{name: 'APP'},
			{name: 'app.net'},
			{name: 'app', type: 28},
			{name: 'app', type: 15},
			{name: '3.0.30.172.in-addr.arpa', type: 12},
			{name: `3.${'0.'.repeat(27)}0.3.d.f.ip6.arpa`.replace(/^3\.(0\.){27}/, `3.${'0.'.repeat(27)}`), type: 12},
			{name: 'nobody'},
			{raw: '133728000001000000000000036170700000010001'},
			{raw: '133701000002000000000000036170700000010001036170700000010001'},
			{raw: '1337', patience: 300},
		);
		for (const answer of [a, upper, long]) t.deepEqual(answer?.found, ['172.30.0.3']);
		t.deepEqual(aaaa?.found, ['fd300000000000000000000000000003']);
		t.like(other, {rcode: 0, found: []});
		t.deepEqual(ptr?.found, ['app']);
		t.deepEqual(ptr6?.found, ['app']);
		t.is(none?.rcode, 2);
		t.is(opcode?.rcode, 4);
		t.is(two?.rcode, 1);
		t.is(garbage as unknown, 'nothing');
	}));

test('a large answer is cut for UDP, larger with EDNS, and whole by TCP', t =>
	withWorld(async (world, up, folder) => {
		const space = await up(2);
		for (let n = 3; n < 123; n++) {
			const {code, stderr} = world.net('bridge', planOf(world, folder, n, {names: 'many'}));
			if (code !== 0) throw new Error(stderr);
		}
		// `bridge` tells nobody: the records are written as `up` does, by its own hand.
		for (let n = 3; n < 123; n++) execFileSync('sh', ['-c', `printf 'many 172.30.0.${n}\\n' > ${folder}/names/networks/${network}/${idOf(n)}`]);
		const [small, large, whole] = ask(space, {name: 'many'}, {name: 'many', edns: 1400}, {name: 'many', tcp: true});
		t.true(small?.truncated && small.size <= 512 && small.found.length > 20);
		t.true(large?.truncated && large.size <= 1400 && large.found.length > (small?.found.length ?? 0));
		t.false(whole?.truncated);
		t.is(new Set(whole?.found).size, 120);
	}));

test('the rest is asked of the servers, the next when one fails, by UDP and by TCP', t =>
	withWorld(async (world, up) => {
		const stopBad = await serve(world.host, '127.0.0.53', 'refuse');
		const stopGood = await serve(world.neighbour, '10.99.0.2', 'answer');
		const space = await up(2, {view: ['server 127.0.0.52', 'server 127.0.0.53', 'server 10.99.0.2']});
		const answers = ask(space, {name: 'example.org'}, {name: 'example.org', tcp: true}, {name: 'c2'});
		stopBad();
		stopGood();
		t.deepEqual(
			answers.map(({found}) => found),
			[['9.8.7.6'], ['9.8.7.6'], ['172.30.0.2']],
		);
	}));

test('a name is another’s at once: a rename, an end, a resolver that was killed', t =>
	withWorld(async (world, up, folder) => {
		const space = await up(2);
		const other = await up(3, {names: 'old'});
		t.deepEqual(ask(space, {name: 'old'})[0]?.found, ['172.30.0.3']);
		t.is(world.net('mend', planOf(world, folder, 3, {names: 'fresh'}), String(other.pid)).stderr, '');
		t.deepEqual(
			ask(space, {name: 'fresh'}, {name: 'old'}).map(({found}) => found),
			[['172.30.0.3'], []],
		);
		const plan = planOf(world, folder, 3, {names: 'fresh'});
		t.is(world.net('down', plan).stderr, '');
		t.deepEqual(ask(space, {name: 'fresh'})[0]?.found, []);
		const own = (): string[] =>
			execFileSync('sh', ['-c', 'pgrep -x hawser-resolver || true'], {encoding: 'utf8'})
				.trim()
				.split('\n')
				.filter(pid => execFileSync('sh', ['-c', `readlink /proc/${pid}/fd/4 || true`], {encoding: 'utf8'}).includes(`${folder}/names/containers/${idOf(2)}`));
		const [pid = ''] = own();
		t.regex(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Seccomp:\s+2$/m);
		process.kill(Number(pid), 'SIGKILL');
		await waitFor('the resolver to end', () => !own().includes(pid));
		t.is(world.net('mend', planOf(world, folder, 2), String(space.pid)).stderr, '');
		t.deepEqual(ask(space, {name: 'c2'})[0]?.found, ['172.30.0.2']);
		t.is(own().filter(found => found !== pid).length, 1);
	}));

test('messages are read and written within their bounds, whatever they hold', t => {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-fuzz-'));
	const native = fileURLToPath(new URL('../../native', import.meta.url));
	try {
		const flags = ['-O1', '-g', '-D_GNU_SOURCE', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', `-I${native}/resolver`, `-I${native}/common`];
		const sources = [fileURLToPath(new URL('resolver-fuzz.c', import.meta.url)), `${native}/resolver/packet.c`];
		execFileSync(process.env['CC'] ?? 'cc', [...flags, '-o', `${folder}/fuzz`, ...sources]);
		const count = process.env['HAWSER_FUZZ'] ?? '300000';
		t.is(execFileSync(`${folder}/fuzz`, [count], {encoding: 'utf8'}), `${count}\n`);
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
});
