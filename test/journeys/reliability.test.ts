import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {cleanEnv, program} from '../helpers/cli.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';
import {countAll, grown} from '../soak/ledger.ts';

/** Points of each command at which it is killed; HAWSER_TEST_KILLS=500 for the long run. */
const points = Number(process.env['HAWSER_TEST_KILLS'] ?? 5);
/** Longer than any of the commands takes on a busy machine would leave most kills behind its end. */
const SPAN_MS = 160;

let store: TestStore;
test.before(async () => {
	store = await makeStore();
	await store.must('run', '--rm', '--network', 'none', 'busybox', 'true');
});
test.after.always('nothing is left behind', () => store.close());

/** Starts the command and kills it, and nothing but it, after so long. */
async function killed(args: readonly string[], afterMs: number): Promise<void> {
	const child = spawn(program, args, {env: cleanEnv(store.env), stdio: 'ignore'});
	const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
	await new Promise(resolve => child.once('close', resolve));
	clearTimeout(timer);
}

const place = () => ({root: store.root, state: store.state, store: readFileSync(`${store.state}/store`, 'utf8').split('\n')[0] ?? ''});

/** Each command is killed at points spread over its time; then the same container is brought to its end, and nothing of it is left. */
for (const verb of ['run', 'stop', 'rm', 'exec'] as const)
	test.serial(`kill -9 of ${verb} at ${points} points: the next command sees the truth and finishes the work`, async t => {
		t.timeout(60_000 + points * 20_000);
		const before = countAll(place());
		for (let point = 0; point < points; point++) {
			const name = `${verb}-${point}`;
			if (verb !== 'run') await store.must('run', '-d', '--name', name, '--network', 'none', 'busybox', 'sleep', '1000');
			const args = {
				run: ['run', '-d', '--name', name, '--network', 'none', 'busybox', 'sleep', '1000'],
				stop: ['stop', '-t', '0', name],
				rm: ['rm', '-f', name],
				exec: ['exec', name, 'true'],
			}[verb];
			await killed(args, (SPAN_MS * (point + 1)) / points);
			const listed = await store.must('ps', '-a', '--filter', `name=^/${name}$`, '--format', '{{.State}}');
			t.regex(listed, /^(|created|running|exited|removing|dead)$/, name);
			if (verb === 'exec') t.is(await store.must('exec', name, 'echo', 'still'), 'still');
			const {code, stderr} = await store.run('rm', '-f', name);
			t.is(code, 0, stderr);
			t.is(await store.must('ps', '-aq', '--filter', `name=^/${name}$`), '');
			// The name is free again.
			await store.must('run', '--rm', '--name', name, '--network', 'none', 'busybox', 'true');
		}
		await store.must('container', 'prune', '-f');
		t.deepEqual(
			grown(before, countAll(place())).filter(line => !/^(mounts|network namespaces|cables)/.test(line)),
			[],
		);
	});

test.serial('forty starts asked at once from four processes: all run, nothing is locked, nothing is left', async t => {
	const before = countAll(place());
	const script = (worker: number): string => `i=0; while [ $i -lt 10 ]; do "$0" run -d --name many-${worker}-$i --network none busybox sleep 1000 & i=$((i+1)); done; wait`;
	const texts = await Promise.all(
		[0, 1, 2, 3].map(
			worker =>
				new Promise<string>(resolve => {
					const child = spawn('/bin/sh', ['-c', script(worker), program], {env: cleanEnv(store.env), stdio: ['ignore', 'ignore', 'pipe']});
					let text = '';
					child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
					child.once('close', () => resolve(text));
				}),
		),
	);
	t.is(texts.join(''), '');
	const names = (await store.must('ps', '--filter', 'name=many-', '--format', '{{.Names}}')).split('\n');
	t.is(names.length, 40);
	await store.must('rm', '-f', ...names);
	t.deepEqual(
		grown(before, countAll(place())).filter(line => !/^(mounts|network namespaces|cables)/.test(line)),
		[],
	);
});
