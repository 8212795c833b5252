import {appendFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {crc32} from 'node:zlib';
import test from 'ava';
import {parseExitRecord, readExitRecord} from '../../core/monitor/exit-record.ts';
import {decodeFields, encodeFields, flagField, numberField, textField} from '../../core/monitor/fields.ts';
import {createFrameReader, encodeFrame, type Frame, frameType} from '../../core/monitor/frame.ts';
import {encodePlan} from '../../core/monitor/plan.ts';
import {openStatsRing} from '../../core/monitor/stats-ring.ts';
import {readStatus} from '../../core/monitor/status.ts';
import {createWorld} from './monitor-world.ts';

const directory = mkdtempSync(`${tmpdir()}/hawser-monitor-formats-`);
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

test('encodeFields() repeats lists, spells booleans, leaves undefined out, and refuses what would break a line', t => {
	t.is(encodeFields({a: 1, 'b-2': ['x y', ''], c: true, d: undefined, e: []}), 'a 1\nb-2 x y\nb-2 \nc yes\n');
	for (const bad of [{a: 'one\ntwo'}, {a: 'nul\0'}, {'A b': 1}, {a: 'x'.repeat(65_536)}]) t.throws(() => encodeFields(bad), {code: 'monitor.bad-fields'});
});

test('decodeFields() reads them back, and refuses half a line, a NUL and a line without a key', t => {
	const fields = decodeFields('state running\npid 12\noom yes\nlist a\nlist b c\nempty\n');
	t.is(textField(fields, 'state'), 'running');
	t.is(numberField(fields, 'pid'), 12);
	t.true(flagField(fields, 'oom'));
	t.deepEqual(fields.get('list'), ['a', 'b c']);
	t.is(textField(fields, 'empty'), '');
	t.is(numberField(fields, 'none'), 0);
	for (const bad of ['half', 'a\0\n', ' x\n', '\n', 'Key 1\n']) t.throws(() => decodeFields(bad), {code: 'monitor.bad-fields'});
});

test('a plan with a key that the monitor does not know, or a value that is none, is refused by name', async t => {
	const world = await createWorld();
	for (const [line, named] of [
		['colour red', /colour/],
		['tty maybe', /tty maybe/],
		['log relative/path', /relative\/path/],
		['journal /a/../b', /\/a\/\.\.\/b/],
		['stop-signal 65', /stop-signal 65/],
	] as const) {
		const container = world.container({});
		appendFileSync(`${container.directory}/plan`, `${line}\n`);
		await t.throwsAsync(container.launch(), {code: 'runtime.failed', message: named});
	}
	const empty = world.container({});
	writeFileSync(`${empty.directory}/plan`, '');
	await t.throwsAsync(empty.launch(), {message: /missing/});
	t.regex(encodePlan(empty.plan), /^version 1\nid /);
	await world.close();
});

test('an exit record is believed only with its sum', t => {
	const body = 'version 1\nid abc\nexit-code 3\nsignal 0\noom no\nstarted-at a\nfinished-at b\nrestarts 1\nmanual yes\nerror \n';
	const whole = `${body}sum ${crc32(body).toString(16).padStart(8, '0')}\n`.padEnd(4096, '\n');
	t.like(parseExitRecord(whole, 'x'), {id: 'abc', exitCode: 3, restarts: 1, manual: true});
	t.is(parseExitRecord('\n'.repeat(4096), 'x'), undefined);
	t.throws(() => parseExitRecord(whole.replace('exit-code 3', 'exit-code 0'), 'x'), {code: 'monitor.damaged-record'});
	t.throws(() => parseExitRecord(whole.slice(0, 50), 'x'), {code: 'monitor.damaged-record'});
	t.is(readExitRecord(`${directory}/none`), undefined);
});

test('frames come out whole, however the stream is cut; an oversized one is an error', t => {
	const stream = Buffer.concat([encodeFrame(frameType.ok, 'pid 1\n'), encodeFrame(frameType.output, Buffer.alloc(32_768, 7)), encodeFrame(frameType.exit, '')]);
	for (const size of [1, 7, 8, 9, 1000, stream.length]) {
		const frames: Frame[] = [];
		const read = createFrameReader(frame => frames.push({...frame, payload: Buffer.from(frame.payload)}));
		for (let at = 0; at < stream.length; at += size) read(stream.subarray(at, at + size));
		t.deepEqual(
			frames.map(({type, payload}) => [type, payload.length]),
			[
				[frameType.ok, 6],
				[frameType.output, 32_768],
				[frameType.exit, 0],
			],
		);
	}
	const read = createFrameReader(() => {});
	t.throws(() => read(Buffer.from([0, 0, 2, 0, 4, 1, 0, 0])), {instanceOf: RangeError});
});

test('a sample of the statistics ring has memory by kind and I/O by device', t => {
	const path = `${directory}/stats-2`;
	const now = Math.floor(Date.now() / 1000);
	const file = Buffer.alloc(4096 + (3600 + 1440) * 60);
	file.write('HWSTATS1', 'latin1');
	for (const [index, word] of [2, 60, 3600, 1440].entries()) file.writeUInt32LE(word, 8 + index * 4);
	file.writeBigUInt64LE(1n, 24);
	file.writeUInt32LE((8 << 20) | 3, 48);
	const at = 4096;
	for (const [index, word] of [now, 1500, 2048].entries()) file.writeUInt32LE(word, at + index * 4);
	// 2047; 1024 << 1; 5; 6; 7; 8; 1025 << 20; 9; pids; flags
	for (const [index, half] of [2047, (1 << 11) | 1024, 5, 6, 7, 8, (20 << 11) | 1025, 9, 4, 1].entries()) file.writeUInt16LE(half, at + 12 + index * 2);
	file.writeUInt16LE((31 << 11) | 2047, at + 42);
	file.writeUInt16LE(11, at + 44);
	file.writeUInt16LE(12, at + 54);
	writeFileSync(path, file);
	const ring = openStatsRing(path);
	t.like(ring?.last(), {time: now, cpuMicros: 1500, memory: 2048 * 1024, throttledMicros: 2047, anon: 2048 * 1024, cache: 5 * 1024, kernel: 6 * 1024, shmem: 7 * 1024, swap: 8 * 1024});
	t.like(ring?.last(), {receivedBytes: 1025 * 2 ** 20, sentBytes: 9, pids: 4, oomKill: true, readBytes: 2047 * 2 ** 31 + 12, writtenBytes: 11});
	t.deepEqual(ring?.last()?.devices, [
		{device: '8:3', readBytes: 2047 * 2 ** 31, writtenBytes: 11},
		{device: '', readBytes: 12, writtenBytes: 0},
	]);
	ring?.close();
});

test('the statistics ring gives its newest samples in order, also after it has wrapped', t => {
	const path = `${directory}/stats`;
	const now = Math.floor(Date.now() / 1000);
	const written = 3600 + 10;
	const file = Buffer.alloc(4096 + (3600 + 1440) * 56);
	file.write('HWSTATS1', 'latin1');
	for (const [index, word] of [1, 56, 3600, 1440].entries()) file.writeUInt32LE(word, 8 + index * 4);
	file.writeBigUInt64LE(BigInt(written), 24);
	file.writeBigUInt64LE(BigInt(now - written), 40);
	for (let sample = 0; sample < written; sample++) {
		const at = 4096 + (sample % 3600) * 56;
		file.writeUInt32LE(now - written + sample + 1, at);
		file.writeUInt32LE(sample, at + 4);
		file.writeUInt16LE(sample % 2, at + 42);
	}
	writeFileSync(path, file);
	const ring = openStatsRing(path);
	t.is(ring?.last()?.time, now);
	t.is(ring?.startedAt, now - written);
	const last = ring?.history(now - 20, now) ?? [];
	t.deepEqual(
		last.map(({time}) => time),
		Array.from({length: 21}, (_, index) => now - 20 + index),
	);
	t.is(ring?.history(0, now).length, 3600);
	t.is(ring?.history(now - 5, now - 3).length, 3);
	t.deepEqual(ring?.history(0, now, 'coarse'), []);
	ring?.close();
	t.is(openStatsRing(`${directory}/none`), undefined);
	writeFileSync(path, 'x'.repeat(100));
	t.throws(() => openStatsRing(path), {code: 'monitor.damaged-stats'});
});

test('a status is trusted only while the monitor named in it lives', t => {
	t.is(readStatus(directory), undefined);
	writeFileSync(`${directory}/status`, `version 1\nstate running\npid 1\nmonitor ${process.pid}\nmonitor-start 1\nfuture field\n`);
	t.like(readStatus(directory), {alive: false, status: {state: 'running', pid: 1}});
});
