import {createSocket} from 'node:dgram';
import {readdirSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {type ContainerSpec, type Engine, type LogEntry, type LogOptions, readLogs, startContainer, waitContainer} from '../../core/index.ts';
import {addBusybox, create, openTestStore, until} from './store.ts';

function openStore(t: ExecutionContext): Engine {
	const engine = openTestStore(t);
	addBusybox(engine);
	return engine;
}

async function linesOf(engine: Engine, id: string, options: LogOptions = {}): Promise<string[]> {
	let text = '';
	for await (const entries of readLogs(engine, id, options)) text += entries.map(({log}) => log).join('');
	return text.split('\n').slice(0, -1);
}

const numbers = (from: number, to: number): string[] => Array.from({length: to - from + 1}, (_, index) => String(from + index));

const rotated = {'max-size': '40k', 'max-file': '100', compress: 'true'};

test('a log that is rotated and compressed is read whole, by its end, and by who follows meanwhile', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'i=0; while [ $i -lt 20 ]; do seq $((i * 500 + 1)) $((i * 500 + 500)); sleep 0.01; i=$((i + 1)); done'], {logOptions: rotated});
	await startContainer(engine, id);
	t.deepEqual(await linesOf(engine, id, {follow: true}), numbers(1, 10_000));
	const folder = `${engine.root}/containers/${id}/log`;
	await until('compressed files', () => readdirSync(folder).some(name => name.endsWith('.gz')));
	t.deepEqual(await linesOf(engine, id), numbers(1, 10_000));
	for (const tail of [1, 40, 1234, 9999, 20_000]) t.deepEqual(await linesOf(engine, id, {tail}), numbers(Math.max(1, 10_001 - tail), 10_000));
});

test('lines around a time are found without reading what lies before them', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'i=0; while [ $i -lt 20 ]; do seq $((i * 500 + 1)) $((i * 500 + 500)); sleep 0.01; i=$((i + 1)); done'], {
		logOptions: {'max-size': '200k', 'max-file': '100'},
	});
	await startContainer(engine, id);
	await waitContainer(engine, id);
	const entries: LogEntry[] = [];
	for await (const batch of readLogs(engine, id)) entries.push(...batch);
	t.is(entries.length, 10_000);
	for (const [at, lead] of [
		[0, 10],
		[1, 0],
		[4321, 0],
		[4321, 700],
		[7000, 6999],
		[9999, 20_000],
	] as const) {
		const since = new Date(entries[at]?.time ?? '');
		const from = entries.findIndex(({time}) => new Date(time) >= since);
		t.deepEqual((await linesOf(engine, id, {since, lead}))[0], numbers(Math.max(1, from + 1 - lead), 10_000)[0], `${lead} before ${at}`);
		t.is((await linesOf(engine, id, {since, lead})).length, 10_000 - Math.max(0, from - lead));
	}
	t.deepEqual(await linesOf(engine, id, {since: new Date(Date.now() + 60_000), lead: 3}), numbers(9998, 10_000));
});

test('what is left plain by an end is compressed after the next start', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['sh', '-c', 'seq 1 5000; [ ! -e /tmp/again ] || exec sleep 60; touch /tmp/again'], {logOptions: rotated});
	await startContainer(engine, id);
	await waitContainer(engine, id);
	await startContainer(engine, id);
	const folder = `${engine.root}/containers/${id}/log`;
	await until('only the newest to be plain', () => readdirSync(folder).filter(name => /^json\.log(\.\d+)?$/.test(name)).length <= 2);
	t.deepEqual(await linesOf(engine, id), [...numbers(1, 5000), ...numbers(1, 5000)]);
});

test('labels, variables and the tag that were asked for stand beside each line', async t => {
	const engine = openStore(t);
	const logOptions = {labels: 'team,none', 'env-regex': '^A', tag: '{{.Name}}|{{.ImageName}}'};
	const id = await create(engine, ['sh', '-c', 'echo one; printf two'], {name: 'noted', labels: {team: 'x & "y"'}, env: ['AB=1', 'BA=2'], logOptions});
	await startContainer(engine, id);
	await waitContainer(engine, id);
	for await (const entries of readLogs(engine, id))
		t.deepEqual(
			entries.map(({log, attrs}) => [log, attrs]),
			['one\n', 'two'].map(log => [log, {AB: '1', tag: 'noted|busybox', team: 'x & "y"'}]),
		);
});

const refusals: ReadonlyArray<readonly [string, Partial<ContainerSpec>, RegExp]> = [
	['a driver', {logDriver: 'paper'}, /error looking up logging plugin paper: plugin "paper" not found/],
	['an option', {logOptions: {foo: '1'}}, /^unknown log opt 'foo' for json-file log driver$/],
	['an option of local', {logDriver: 'local', logOptions: {foo: '1'}}, /^unknown log opt 'foo' for log driver local$/],
	['a mode', {logOptions: {mode: 'fast'}}, /^logger: logging mode not supported: fast$/],
	['a buffer of a mode that has none', {logOptions: {'max-buffer-size': '1m'}}, /max-buffer-size option is only supported with 'mode=non-blocking'/],
	['an address of syslog', {logDriver: 'syslog', logOptions: {'syslog-address': 'tcp+tls://far:1'}}, /the syslog address tcp\+tls:\/\/far:1 is not one/],
	['a facility of syslog', {logDriver: 'syslog', logOptions: {'syslog-address': 'udp://127.0.0.1', 'syslog-facility': 'moon'}}, /invalid syslog facility/],
	['a size', {logOptions: {'max-size': 'big'}}, /invalid size: 'big'/],
	['no file', {logOptions: {'max-file': '0'}}, /max-file cannot be less than 1/],
	['compression of nothing', {logOptions: {compress: 'true'}}, /compress cannot be true when max-file is less than 2/],
	['a tag', {logOptions: {tag: '{{.Nope}}'}}, /\{\{\.Nope\}\}, which is not known/],
	['a regular expression', {logOptions: {'labels-regex': '('}}, /error parsing regexp/],
];

for (const [what, spec, message] of refusals)
	test(`create refuses a log with ${what} that is not known`, async t => {
		const engine = openStore(t);
		await t.throwsAsync(create(engine, ['true'], spec), {message});
	});

test('syslog gets each line at once, by its priority and tag, and logs can still be read', async t => {
	const engine = openStore(t);
	const daemon = createSocket('udp4');
	t.teardown(() => daemon.close());
	const heard: string[] = [];
	daemon.on('message', data => heard.push(data.toString()));
	await new Promise<void>(resolve => daemon.bind(0, '127.0.0.1', resolve));
	const logOptions = {'syslog-address': `udp://127.0.0.1:${daemon.address().port}`, 'syslog-facility': 'local1', 'syslog-format': 'rfc5424micro', tag: '{{.Name}}'};
	const id = await create(engine, ['sh', '-c', 'echo good; echo bad >&2'], {name: 'teller', logDriver: 'syslog', logOptions});
	await startContainer(engine, id);
	await until('both lines', () => heard.length === 2);
	const line = (priority: number, text: string): RegExp => new RegExp(`^<${priority}>1 \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z \\S+ teller \\d+ teller - ${text}\n$`);
	t.regex(heard.find(text => text.includes('good')) ?? '', line(17 * 8 + 6, 'good'));
	t.regex(heard.find(text => text.includes('bad')) ?? '', line(17 * 8 + 3, 'bad'));
	await waitContainer(engine, id);
	t.deepEqual((await linesOf(engine, id)).toSorted(), ['bad', 'good']);
});

test('the local driver is bounded by itself, none keeps nothing', async t => {
	const engine = openStore(t);
	const id = await create(engine, ['echo', 'here'], {logDriver: 'local', logOptions: {mode: 'non-blocking', 'max-buffer-size': '4m'}});
	await startContainer(engine, id);
	await waitContainer(engine, id);
	t.deepEqual(await linesOf(engine, id), ['here']);
	const none = await create(engine, ['echo', 'gone'], {logDriver: 'none'});
	t.throws(() => readLogs(engine, none), {message: 'configured logging driver does not support reading'});
});
