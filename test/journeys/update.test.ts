import {readFileSync} from 'node:fs';
import test from 'ava';
import {cgroupFolder, cgroupLayout} from '../../core/platform/cgroup.ts';
import {makeStore, type TestStore} from '../helpers/store.ts';

let store: TestStore;
test.before(async () => {
	store = await makeStore();
	await store.must('run', '-d', '--name', 'web', '--network', 'none', '-m', '64m', 'busybox', 'sleep', '1000');
});
test.after.always('nothing is left behind', () => store.close());

async function limit(controller: string, legacy: string, unified: string): Promise<string> {
	const folder = cgroupFolder(`/${await store.must('info', '--format', '{{.ID}}')}/${await store.must('inspect', '-f', '{{.Id}}', 'web')}`, controller);
	return readFileSync(`${folder}/${cgroupLayout().version === 2 ? unified : legacy}`, 'utf8').trim();
}

test.serial('update changes the limits of a running container, and its record', async t => {
	t.is(await store.must('update', '-m', '128m', '--memory-swap', '256m', '--cpu-quota', '5000', '--pids-limit', '50', 'web'), 'web');
	t.is(await limit('memory', 'memory.limit_in_bytes', 'memory.max'), String(128 * 1024 * 1024));
	t.is(await limit('pids', 'pids.max', 'pids.max'), '50');
	t.is(await store.must('inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}} {{.HostConfig.PidsLimit}}', 'web'), '134217728 5000 50');
	await store.must('update', '--pids-limit', '-1', 'web');
	t.is(await limit('pids', 'pids.max', 'pids.max'), 'max');
});

test.serial('what cannot be is refused, and nothing changes', async t => {
	const before = await store.must('inspect', '-f', '{{json .HostConfig}}', 'web');
	const refuse = async (sentence: RegExp, ...flags: string[]): Promise<void> => {
		const {code, stderr} = await store.run('update', ...flags, 'web');
		t.is(code, 1, flags.join(' '));
		t.regex(stderr, sentence);
	};
	await refuse(/Memory limit should be smaller than already set memoryswap limit/, '-m', '1g');
	await refuse(/Nano CPUs cannot be updated as CPU Quota has already been set/, '--cpus', '1');
	await refuse(/Requested CPUs are not available - requested 900, available: 0/, '--cpuset-cpus', '900');
	await refuse(/Minimum memory limit allowed is 6MB/, '-m', '1m');
	await refuse(/invalid restart policy 'bogus'/, '--restart', 'bogus');
	t.regex((await store.run('update', 'web')).stderr, /must provide one or more flags/);
	t.is(await store.must('inspect', '-f', '{{json .HostConfig}}', 'web'), before);
});

test.serial('wait --condition removed ends with the code when the container has gone', async t => {
	const waiting = store.run('wait', '--condition', 'removed', 'web');
	await store.must('rm', '-f', 'web');
	t.is((await waiting).stdout, '137\n');
	t.is((await store.run('wait', '--condition', 'soon', 'web')).code, 125);
});
