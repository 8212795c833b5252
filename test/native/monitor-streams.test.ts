import {execFileSync} from 'node:child_process';
import {createReadStream, existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {createInterface} from 'node:readline';
import test from 'ava';
import {request} from '../../core/monitor/request.ts';
import {attach} from '../../core/monitor/stream.ts';
import {collect, createWorld, until} from './monitor-world.ts';

const world = await createWorld();
test.after.always(() => world.close());

const kill = (directory: string): Promise<unknown> => request(directory, 'kill', {signal: 9});

/** Runs `cat FILE` in a container whose root holds FILE, and gives the log's records back. */
async function logOf(name: string, content: Buffer): Promise<Array<{log: string; stream: string; time: string}>> {
	writeFileSync(`${world.directory}/rootfs/tmp/${name}`, content);
	const container = world.container({args: ['cat', `/tmp/${name}`]});
	await container.launch();
	await container.gone();
	return container
		.log()
		.split('\n')
		.slice(0, -1)
		.map(line => JSON.parse(line));
}

test('log lines are Docker’s: a record a line, escaped, the last without an end as it is', async t => {
	const records = await logOf('lines', Buffer.from('one\n\n<a href="x">&\\ \u2028 \t\u001b[1m ünïcödé 🎉\nno end'));
	t.deepEqual(
		records.map(({log}) => log),
		['one\n', '\n', '<a href="x">&\\ \u2028 \t\u001b[1m ünïcödé 🎉\n', 'no end'],
	);
	t.true(records.every(({stream, time}) => stream === 'stdout' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time)));
});

test('the log’s own form is Docker’s to the byte, but for the time', async t => {
	const container = world.container({args: ['printf', 'a<b>&"\\\\\\t\\r\\377\\303\\n']});
	await container.launch();
	await container.gone();
	t.regex(container.log(), /^\{"log":"a\\u003cb\\u003e\\u0026\\"\\\\\\u0009\\r\\ufffd\\ufffd\\n","stream":"stdout","time":"[^"]+"\}\n$/);
});

test('any bytes make valid JSON and valid UTF-8, and every byte that was valid comes back', async t => {
	const noise = Buffer.from(Array.from({length: 200_000}, (_, index) => (index * 2_654_435_761) >>> (index % 23)).map(number => number & 255));
	const records = await logOf('noise', noise);
	const text = records.map(({log}) => log).join('');
	t.is(text, new TextDecoder('utf-8', {ignoreBOM: true}).decode(noise).replaceAll(/\ufffd+/g, '\ufffd') === text.replaceAll(/\ufffd+/g, '\ufffd') ? text : '');
});

test('a line of more than 16 KiB is cut into records without an end, never inside a character', async t => {
	const long = `${'x'.repeat(16_384)}\n${'y'.repeat(40_000)}\n${'é'.repeat(10_000)}z\nend\n`;
	const records = await logOf('long', Buffer.from(long));
	t.is(records.map(({log}) => log).join(''), long);
	t.deepEqual(
		records.map(({log}) => log.length),
		[16_384, 1, 16_384, 16_384, 7233, 8192, 1810, 4],
	);
	t.true(records.every(({log}) => Buffer.byteLength(log) <= 16_384));
});

test('rotation by size keeps so many files, none too large, and no line is lost or doubled', async t => {
	const log = `${world.directory}/rotated/json.log`;
	execFileSync('mkdir', ['-p', dirname(log)]);
	const container = world.container({args: ['seq', '1', '2000'], log: {path: log, maxSize: 20_000, maxFiles: 4}});
	await container.launch();
	await container.gone();
	const files = readdirSync(dirname(log)).sort();
	t.deepEqual(files, ['json.log', 'json.log.1', 'json.log.2', 'json.log.3']);
	const numbers = files
		.reverse()
		.flatMap(file =>
			readFileSync(`${dirname(log)}/${basename(file)}`, 'utf8')
				.split('\n')
				.slice(0, -1),
		)
		.map(line => Number((JSON.parse(line) as {log: string}).log));
	t.is(numbers.at(-1), 2000);
	t.deepEqual(
		numbers,
		Array.from({length: numbers.length}, (_, index) => 2001 - numbers.length + index),
	);
	for (const file of files) t.true(readFileSync(`${dirname(log)}/${file}`).length <= 20_000);
});

test('a million lines are all in the log, in order', async t => {
	const container = world.container({args: ['seq', '100000000000001', '100000001000000']});
	const begun = Date.now();
	await container.launch();
	await until('the end', () => container.state() === 'gone', 60_000);
	t.log(`${Date.now() - begun} ms`);
	let number = 100_000_000_000_000;
	for await (const text of createInterface({input: createReadStream(container.plan.log?.path ?? '')})) {
		number++;
		if (!text.startsWith(`{"log":"${number}\\n","stream":"stdout","time":"`)) return t.fail(`line ${number}: ${text}`);
	}
	t.is(number, 100_000_001_000_000);
});

test('a full disk drops and counts log lines; the container and its exit code are none the worse', async t => {
	const mount = `${world.directory}/small`;
	execFileSync('mkdir', ['-p', mount]);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount]);
	try {
		const container = world.container({args: ['sh', '-c', 'seq 1 10000; exit 9'], log: {path: `${mount}/json.log`, maxSize: 0, maxFiles: 1}, exitRecord: `${mount}/exit`});
		await container.launch();
		await container.gone();
		const lines = container.log().split('\n');
		t.is(lines.pop(), '');
		t.is((container.status()?.status.logDropped ?? 0) + lines.length, 10_000);
		t.notThrows(() => lines.forEach(line => JSON.parse(line)));
		t.regex(readFileSync(`${mount}/exit`, 'utf8'), /^exit-code 9$/m);
	} finally {
		execFileSync('umount', [mount]);
	}
});

test('two clients see the same output, and one may leave', async t => {
	const container = world.container({args: ['cat'], stdin: true});
	await container.launch();
	const [first, second] = await Promise.all([attach(container.directory, {input: true}), attach(container.directory)]);
	const [one, two] = [collect(first), collect(second)];
	await first.write(Buffer.from('to both\n'));
	await until('both', () => one.text() === 'to both\n' && two.text() === 'to both\n');
	second.detach();
	t.is(await second.exit, 'detached');
	await first.write(Buffer.from('to one\n'));
	await until('one', () => one.text() === 'to both\nto one\n');
	t.is(container.state(), 'running');
	await kill(container.directory);
	t.like(await first.exit, {exitCode: 137});
	await container.gone();
});

test('stdin: megabytes go through unharmed, and its end is the end of input with stdin-once', async t => {
	const container = world.container({args: ['md5sum'], stdin: true, stdinOnce: true, start: 'wait'});
	await container.launch();
	const stream = await attach(container.directory, {input: true});
	const output = collect(stream);
	await request(container.directory, 'start');
	const data = Buffer.alloc(3_000_000, 'some bytes ');
	await stream.write(data);
	stream.end();
	t.like(await stream.exit, {exitCode: 0});
	const {createHash} = process.getBuiltinModule('node:crypto');
	t.is(output.text().slice(0, 32), createHash('md5').update(data).digest('hex'));
	await container.gone();
});

test('without stdin-once a client’s end does not end the program’s input', async t => {
	const container = world.container({args: ['cat'], stdin: true});
	await container.launch();
	const first = await attach(container.directory, {input: true});
	first.onOutput(() => {});
	first.end();
	first.detach();
	const second = await attach(container.directory, {input: true});
	const output = collect(second);
	await second.write(Buffer.from('still here\n'));
	await until('the echo', () => output.text() === 'still here\n');
	await kill(container.directory);
	t.like(await second.exit, {exitCode: 137});
	await container.gone();
});

test('a program that reads nothing holds its client back, not the monitor', async t => {
	const container = world.container({args: ['sleep', '1000'], stdin: true});
	await container.launch();
	const stream = await attach(container.directory, {input: true});
	stream.onOutput(() => {});
	let done = false;
	void stream.write(Buffer.alloc(8_000_000)).then(() => {
		done = true;
	});
	t.is((await request(container.directory, 'status')).get('state')?.[0], 'running');
	t.false(done);
	await kill(container.directory);
	t.like(await stream.exit, {exitCode: 137});
	await container.gone();
});

test('a terminal: size, resize, echo, and its output on one stream', async t => {
	const container = world.container({
		args: ['sh', '-c', 'trap "stty size" WINCH; stty size; echo err >&2; while :; do sleep 0.05; done'],
		tty: true,
		stdin: true,
		size: {rows: 33, columns: 111},
	});
	await container.launch();
	const stream = await attach(container.directory, {input: true});
	const output = collect(stream);
	await until('the first size', () => container.output().includes('33 111\r\nerr\r\n'));
	stream.resize(44, 122);
	await until('the second size', () => output.text().includes('44 122\r\n'));
	await stream.write(Buffer.from('typed'));
	await until('the echo', () => output.of(1).includes('typed'));
	await kill(container.directory);
	t.like(await stream.exit, {exitCode: 137});
	await container.gone();
});

test('a client that stands still loses the oldest output, counted, and delays nobody', async t => {
	const container = world.container({args: ['sh', '-c', 'yes 0123456789abcde | head -c 4000000; echo end'], start: 'wait'});
	await container.launch();
	const slow = await attach(container.directory);
	let lost = 0;
	slow.onLost(bytes => {
		lost += bytes;
	});
	await request(container.directory, 'start');
	await until('the program to end, though nobody reads', () => container.log().includes('{"log":"end\\n"'), 60_000);
	const output = collect(slow);
	t.like(await slow.exit, {exitCode: 0});
	t.true(lost > 0);
	t.is(output.bytes() + lost, 4_000_004);
	t.true(output.text().endsWith('end\n'));
	await container.gone();
});

test('a lossless client that stands still holds the program, and gets every byte', async t => {
	const container = world.container({
		args: ['sh', '-c', 'yes 0123456789abcde | head -c 4000000; echo end'],
		start: 'wait',
		log: {path: `${world.directory}/lossless.log`, maxSize: 0, maxFiles: 1},
	});
	await container.launch();
	const stream = await attach(container.directory, {lossless: true});
	await request(container.directory, 'start');
	await until('the queue to fill', () => existsSync(container.plan.log?.path ?? '') && container.log().length > 300_000);
	t.is(container.state(), 'running');
	const output = collect(stream);
	t.like(await stream.exit, {exitCode: 0});
	t.is(output.bytes(), 4_000_004);
	await container.gone();
});

test('a client killed at any time leaves the container running and the monitor well', async t => {
	const container = world.container({args: ['sh', '-c', 'while :; do echo tick; sleep 0.01; done'], stdin: true, tty: true});
	await container.launch();
	const script = `
		import {attach} from '${new URL('../../core/monitor/stream.ts', import.meta.url).href}';
		const stream = await attach('${container.directory}', {input: true, lossless: true});
		process.stdout.write('ready');
		stream.onOutput(() => {});
		for (;;) await stream.write(Buffer.alloc(1000, 'x'));`;
	const {spawn} = await import('node:child_process');
	for (let round = 0; round < 5; round++) {
		const client = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: ['ignore', 'pipe', 'ignore']});
		await new Promise(resolve => client.stdout.once('data', resolve));
		client.kill('SIGKILL');
		await new Promise(resolve => client.once('close', resolve));
		t.is((await request(container.directory, 'status')).get('state')?.[0], 'running');
	}
	const before = container.output().length;
	await until('more output', () => container.output().length > before);
	await kill(container.directory);
	await container.gone();
});
