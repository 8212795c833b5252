import test from 'ava';
import {request, requestExit} from '../../core/monitor/request.ts';
import {attach, exec, execAttach} from '../../core/monitor/stream.ts';
import {type Container, collect, createWorld, processSpec, until} from './monitor-world.ts';

const world = await createWorld();
test.after.always(() => world.close());

async function running(): Promise<Container> {
	const container = world.container({args: ['sleep', '1000']});
	await container.launch();
	return container;
}

const run = (
	container: Container,
	id: string,
	args: readonly string[],
	options: {tty?: boolean; input?: boolean; detach?: boolean; rows?: number; columns?: number; lossless?: boolean} = {},
) => exec(container.directory, JSON.stringify(processSpec(args, options.tty)), {id, tty: options.tty ?? false, command: args.join(' '), ...options});

const finish = async (container: Container): Promise<void> => {
	await request(container.directory, 'kill', {signal: 9});
	await container.gone();
};

test('exec runs a process with streams of its own and tells its exit code', async t => {
	const container = await running();
	const stream = await run(container, 'one', ['sh', '-c', 'echo out; echo err >&2; exit 5']);
	const output = collect(stream);
	t.like(await stream.exit, {exitCode: 5, signal: 0});
	t.is(output.of(1), 'out\n');
	t.is(output.of(2), 'err\n');
	t.is(container.log(), '');
	t.deepEqual(container.actions(), ['start', 'exec_create: sh -c echo out; echo err >&2; exit 5', 'exec_start: sh -c echo out; echo err >&2; exit 5', 'exec_die']);
	t.like(container.events()[3]?.Actor.Attributes, {execID: 'one', exitCode: '5'});
	await finish(container);
});

test('exec with stdin: the end of input ends it', async t => {
	const container = await running();
	const stream = await run(container, 'in', ['cat'], {input: true});
	const output = collect(stream);
	await stream.write(Buffer.from('through\n'));
	stream.end();
	t.like(await stream.exit, {exitCode: 0});
	t.is(output.text(), 'through\n');
	await finish(container);
});

test('a session survives its client, and another joins it and sees what was on the terminal', async t => {
	const container = await running();
	const first = await run(container, 'shell', ['sh'], {tty: true, input: true, rows: 30, columns: 100});
	const one = collect(first);
	await first.write(Buffer.from('echo be""fore; stty size\n'));
	await until('the answer', () => one.text().includes('before') && one.text().includes('30 100'));
	first.detach();
	const list = await request(container.directory, 'exec-list');
	t.regex(list.get('exec')?.[0] ?? '', /^shell \d+ running 0$/);
	const second = await execAttach(container.directory, 'shell', {input: true});
	const two = collect(second);
	await until('the replay', () => two.text().includes('before'));
	await second.write(Buffer.from('exit 6\n'));
	t.like(await second.exit, {exitCode: 6});
	t.like(await t.throwsAsync(execAttach(container.directory, 'shell')), {code: 'monitor.not-found'});
	await finish(container);
});

test('an exit code that nobody has read is kept until it is read', async t => {
	const container = await running();
	await run(container, 'apart', ['sh', '-c', 'exit 4'], {detach: true});
	await until('its end', async () => ((await request(container.directory, 'exec-list')).get('exec')?.[0] ?? '').endsWith('exited 4'));
	const stream = await execAttach(container.directory, 'apart');
	stream.onOutput(() => {});
	t.like(await stream.exit, {exitCode: 4});
	t.is((await request(container.directory, 'exec-list')).get('exec'), undefined);
	await finish(container);
});

test('exec of what is missing is 127, of what may not run 126, and of a bad process an error', async t => {
	const container = await running();
	t.like(await t.throwsAsync(run(container, 'a', ['no-such-program'])), {code: 'command.not-found'});
	t.like(await t.throwsAsync(run(container, 'b', ['/etc'])), {code: 'command.not-invokable'});
	await t.throwsAsync(exec(container.directory, '{"args": 7', {id: 'c', tty: false, command: ''}));
	t.like(await t.throwsAsync(run(container, '../up', ['true'])), {code: 'monitor.invalid'});
	await run(container, 'same', ['sleep', '100'], {detach: true});
	t.like(await t.throwsAsync(run(container, 'same', ['true'])), {code: 'monitor.conflict'});
	t.is(container.state(), 'running');
	await finish(container);
});

test('exec takes arguments of a hundred kilobytes', async t => {
	const container = await running();
	const word = 'w'.repeat(100_000);
	const stream = await run(container, 'long', ['echo', word]);
	const output = collect(stream);
	t.like(await stream.exit, {exitCode: 0});
	t.is(output.text(), `${word}\n`);
	await t.throwsAsync(run(container, 'longer', ['echo', ...Array.from({length: 11}, () => word)]), {code: 'monitor.invalid'});
	await finish(container);
});

test('exec is refused while the container is paused', async t => {
	const container = await running();
	await request(container.directory, 'pause');
	await t.throwsAsync(run(container, 'x', ['true']), {code: 'monitor.conflict', message: /is paused, unpause the container/});
	await request(container.directory, 'unpause');
	await finish(container);
});

test('many sessions at once, each with its own output and code', async t => {
	const container = await running();
	await Promise.all(
		Array.from({length: 12}, async (_, index) => {
			const stream = await run(container, `s${index}`, ['sh', '-c', `echo ${index}; exit ${index}`], {tty: index % 2 === 0});
			const output = collect(stream);
			t.like(await stream.exit, {exitCode: index});
			t.is(output.text().trim(), String(index));
		}),
	);
	await finish(container);
});

test('an exec’s large output reaches a lossless client whole', async t => {
	const container = await running();
	const stream = await run(container, 'big', ['sh', '-c', 'yes 0123456789abcde | head -c 6000000'], {lossless: true});
	const output = collect(stream);
	t.like(await stream.exit, {exitCode: 0});
	t.is(output.bytes(), 6_000_000);
	await finish(container);
});

test('sessions end with their container, and their clients hear it', async t => {
	const container = await running();
	const session = await run(container, 's', ['sleep', '1000']);
	session.onOutput(() => {});
	const main = await attach(container.directory);
	main.onOutput(() => {});
	const {exit} = await requestExit(container.directory, 'stop', {timeout: 0});
	t.like(await exit, {exitCode: 137});
	t.like(await main.exit, {exitCode: 137});
	t.like(await session.exit, {exitCode: 137});
	await container.gone();
});
