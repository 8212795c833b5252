/** A systemd for tests: a D-Bus peer on a socket that notes what it is asked, and makes the cgroups of scopes as systemd would. */
import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {unified} from './runtime-world.ts';

export type Value = string | number | bigint | boolean | Buffer | Value[];
export type Call = {readonly member: string; readonly args: Value[]; readonly properties: Record<string, Value>};
export type Manner = 'good' | 'silent' | 'refuses' | 'garbage' | 'oversized' | 'fails' | 'leaves' | 'hangs up' | 'is old' | 'rejects';

const sizes: Record<string, number> = {y: 1, b: 4, u: 4, t: 8};
const align = (at: number, to: number): number => Math.ceil(at / to) * to;
const alignment = (type: string): number => ({'(': 8, t: 8, y: 1, g: 1, v: 1})[type[0] as string] ?? 4;

/** The first whole type of a signature. */
function first(signature: string): string {
	if (signature.startsWith('a')) return `a${first(signature.slice(1))}`;
	if (!signature.startsWith('(')) return signature.slice(0, 1);
	let depth = 0;
	for (let i = 0; ; i++) {
		depth += signature[i] === '(' ? 1 : signature[i] === ')' ? -1 : 0;
		if (depth === 0) return signature.slice(0, i + 1);
	}
}

class Reader {
	readonly #data: Buffer;
	at = 0;
	constructor(data: Buffer) {
		this.#data = data;
	}
	all(signature: string): Value[] {
		const values: Value[] = [];
		for (let left = signature; left; left = left.slice(first(left).length)) values.push(this.one(first(left)));
		return values;
	}
	one(type: string): Value {
		this.at = align(this.at, alignment(type));
		const from = this.at;
		this.at += sizes[type] ?? 0;
		if (type === 'y') return this.#data.readUInt8(from);
		if (type === 'u') return this.#data.readUInt32LE(from);
		if (type === 'b') return this.#data.readUInt32LE(from) === 1;
		if (type === 't') return this.#data.readBigUInt64LE(from);
		if (type === 'v') return this.one(this.one('g') as string);
		if (type.startsWith('(')) return this.all(type.slice(1, -1));
		const length = type === 'g' ? this.#data.readUInt8(this.at++) : this.#data.readUInt32LE(this.at);
		this.at += type === 'g' ? 0 : 4;
		if (!type.startsWith('a')) return this.#data.toString('utf8', this.at, (this.at += length + 1) - 1);
		this.at = align(this.at, alignment(type.slice(1)));
		const end = this.at + length;
		if (type === 'ay') return this.#data.subarray(this.at, (this.at = end));
		const list: Value[] = [];
		while (this.at < end) list.push(this.one(type.slice(1)));
		return list;
	}
}

const u32 = (value: number): Buffer => {
	const data = Buffer.alloc(4);
	data.writeUInt32LE(value);
	return data;
};
const pad = (data: Buffer, to: number): Buffer => Buffer.concat([data, Buffer.alloc(align(data.length, to) - data.length)]);
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]);
const body = (...values: Array<string | number>): Buffer =>
	values.reduce<Buffer>((data, value) => Buffer.concat([pad(data, 4), typeof value === 'string' ? text(value) : u32(value)]), Buffer.alloc(0));
const fieldTypes: Record<number, string> = {1: 'o', 2: 's', 3: 's', 4: 's', 5: 'u', 8: 'g'};

function message(type: number, fields: Record<number, string | number>, signature = '', data: Buffer = Buffer.alloc(0)): Buffer {
	let list = Buffer.alloc(0);
	for (const [code, value] of Object.entries(signature ? {...fields, 8: signature} : fields)) {
		const kind = fieldTypes[Number(code)] as string;
		const head = Buffer.from([Number(code), 1, kind.charCodeAt(0), 0]);
		const rest = typeof value === 'number' ? u32(value) : kind === 'g' ? Buffer.concat([Buffer.from([value.length]), Buffer.from(`${value}\0`)]) : text(value);
		list = Buffer.concat([pad(list, 8), head, rest]);
	}
	return Buffer.concat([Buffer.from([0x6c, type, 0, 1]), u32(data.length), u32(1), u32(list.length), pad(list, 8), data]);
}

const managed = unified ? [''] : ['/systemd', '/unified', '/memory', '/pids', '/cpu', '/blkio', '/devices'].filter(name => existsSync(`/sys/fs/cgroup${name}`));
export const hierarchies = managed.map(name => `/sys/fs/cgroup${name}`);

/** "a-b.slice" lies in a.slice. */
export const sliceFolder = (slice: string): string =>
	slice
		.replace(/\.slice$/, '')
		.split('-')
		.map((_word, i, words) => `/${words.slice(0, i + 1).join('-')}.slice`)
		.join('');

export class Systemd {
	readonly calls: Call[] = [];
	readonly pids: number[] = [];
	manner: Manner = 'good';
	readonly #units = new Map<string, string>();
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #slices = new Set<string>();
	#jobs = 0;

	constructor(path: string) {
		this.#server = createServer(socket => this.#serve(socket)).listen(path);
	}

	close(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
		for (const folder of [...this.#units.values(), ...this.#slices]) this.#remove(folder);
	}

	#remove(folder: string): void {
		for (const root of hierarchies)
			for (let path = folder; path.includes('.s'); path = path.slice(0, path.lastIndexOf('/')))
				try {
					rmdirSync(`${root}${path}`);
				} catch {
					break;
				}
	}

	#serve(socket: Socket): void {
		let data = Buffer.alloc(0);
		let begun = false;
		this.#sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.on('data', (chunk: Buffer) => {
			data = Buffer.concat([data, chunk]);
			for (let end = begun ? -1 : data.indexOf('\n'); end >= 0; end = begun ? -1 : data.indexOf('\n')) {
				const line = data.toString('latin1', 0, end).trim();
				data = data.subarray(end + 1);
				begun = line === 'BEGIN';
				if (!begun)
					socket.write(
						this.manner !== 'rejects' && line === `\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}` ? 'OK 1234\r\n' : 'REJECTED EXTERNAL\r\n',
					);
			}
			if (!begun) return;
			while (data.length >= 16) {
				const head = align(16 + data.readUInt32LE(12), 8);
				const size = head + data.readUInt32LE(4);
				if (data.length < size) break;
				this.#take(socket, data.subarray(0, size), head);
				data = data.subarray(size);
			}
		});
	}

	#take(socket: Socket, data: Buffer, head: number): void {
		const reader = new Reader(data);
		reader.at = 12;
		const fields = Object.fromEntries((reader.one('a(yv)') as Array<[number, string]>).map(([code, value]) => [code, value]));
		const args = new Reader(data.subarray(head)).all(fields[8] ?? '');
		const list = args.find(value => Array.isArray(value)) as Array<[string, Value]> | undefined;
		const call = {member: fields[3] as string, args, properties: Object.fromEntries(list ?? [])};
		this.calls.push(call);
		this.#answer(socket, data.readUInt32LE(8), call);
	}

	#answer(socket: Socket, serial: number, call: Call): void {
		const done = (signature = '', data?: Buffer): unknown => socket.write(message(2, {5: serial}, signature, data));
		const error = (name: string, sentence: string): unknown => socket.write(message(3, {4: name, 5: serial}, 's', body(sentence)));
		const job = (unit: string, result: string): void => {
			const path = `/org/freedesktop/systemd1/job/${++this.#jobs}`;
			done('o', body(path));
			const signal = (name: string, how: string): unknown =>
				socket.write(message(4, {1: '/org/freedesktop/systemd1', 2: 'org.freedesktop.systemd1.Manager', 3: 'JobRemoved'}, 'uoss', body(this.#jobs, name, unit, how)));
			signal('/org/freedesktop/systemd1/job/999', 'failed');
			signal(path, result);
		};
		if (call.member === 'StartTransientUnit') return this.#start(socket, call, job, error);
		if (call.member !== 'StopUnit') return void done();
		const unit = String(call.args[0]);
		const folder = this.#units.get(unit);
		if (folder === undefined) return void error('org.freedesktop.systemd1.NoSuchUnit', `Unit ${unit} not loaded.`);
		this.#units.delete(unit);
		this.#remove(folder);
		job(unit, 'done');
	}

	#start(socket: Socket, call: Call, job: (unit: string, result: string) => void, error: (name: string, sentence: string) => unknown): void {
		const unit = String(call.args[0]);
		const pids = call.properties['PIDs'] as number[];
		this.pids.push(...pids);
		if (this.manner === 'silent') return;
		if (this.manner === 'hangs up') return void socket.destroy();
		if (this.manner === 'garbage') return void socket.write(Buffer.alloc(64, 0x41));
		if (this.manner === 'oversized') return void socket.write(Buffer.concat([Buffer.from([0x6c, 2, 0, 1]), u32(0x7fffffff), u32(1), u32(8)]));
		if (this.manner === 'refuses') return void error('org.freedesktop.systemd1.UnitExists', `Unit ${unit} already exists.`);
		if (this.manner === 'is old' && 'CPUQuotaPeriodUSec' in call.properties)
			return void error('org.freedesktop.DBus.Error.PropertyReadOnly', 'Cannot set property CPUQuotaPeriodUSec, or unknown property.');
		if (this.manner === 'fails' || this.manner === 'leaves') return job(unit, this.manner === 'fails' ? 'failed' : 'done');
		const slice = sliceFolder(String(call.properties['Slice']));
		this.#slices.add(slice);
		this.#units.set(unit, `${slice}/${unit}`);
		for (const root of hierarchies) {
			mkdirSync(`${root}${slice}/${unit}`, {recursive: true});
			for (const pid of pids) writeFileSync(`${root}${slice}/${unit}/cgroup.procs`, String(pid));
		}
		job(unit, 'done');
	}
}

export const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
