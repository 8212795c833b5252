import {existsSync} from 'node:fs';
import test from 'ava';
import {readExitRecord} from '../../core/monitor/exit-record.ts';
import {createWorld, hasCgroup, until} from './monitor-world.ts';

const world = await createWorld();
test.after.always(() => world.close());

test('a container runs, logs both streams, and leaves its exit code and nothing else', async t => {
	const container = world.container({args: ['sh', '-c', 'echo out; echo err >&2; exit 3']});
	const {state, pid} = await container.launch();
	t.is(state, 'running');
	t.true(pid > 1);
	await container.gone();
	t.is(container.status()?.status.state, 'exited');
	t.is(container.status()?.status.exitCode, 3);
	t.is(container.output(), 'out\n');
	t.is(container.output('stderr'), 'err\n');
	t.like(readExitRecord(container.plan.exitRecord), {id: container.id, exitCode: 3, signal: 0, oom: false, manual: false, error: ''});
	t.deepEqual(container.actions(), ['start', 'die']);
	t.is(container.events()[1]?.Actor.Attributes['exitCode'], '3');
	t.false(existsSync(`${container.directory}/monitor.sock`));
	t.false(hasCgroup(container));
});
