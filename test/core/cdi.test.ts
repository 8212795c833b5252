import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {cdiEdits} from '../../core/bundle/cdi.ts';

const folder = mkdtempSync(join(tmpdir(), 'hawser-cdi-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

const gpu = (name: string) => ({name, containerEdits: {env: [`GPU_${name}=yes`], deviceNodes: [{path: `/dev/gpu${name}`, hostPath: '/dev/null', permissions: 'rw'}]}});
writeFileSync(
	join(folder, 'vendor.json'),
	JSON.stringify({
		cdiVersion: '0.6.0',
		kind: 'vendor.com/gpu',
		containerEdits: {
			mounts: [{hostPath: '/usr/lib', containerPath: '/opt/vendor', options: ['ro']}],
			hooks: [{hookName: 'createContainer', path: '/usr/bin/true', args: ['true']}],
		},
		devices: [gpu('0'), gpu('1'), {name: 'all', containerEdits: {additionalGids: [44]}}],
	}),
);

const gpus = (count: number, deviceIds: readonly string[] = []) => ({driver: '', count, deviceIds, capabilities: ['gpu'], options: {}});
const named = (...deviceIds: string[]) => ({driver: 'cdi', count: 0, deviceIds, capabilities: [], options: {}});

test('--gpus all and --device vendor.com/gpu=… bring what the vendor’s file says', t => {
	const all = cdiEdits([gpus(-1)], [folder]);
	t.deepEqual(all.env, ['GPU_0=yes', 'GPU_1=yes']);
	t.like(all.nodes[1], {path: '/dev/gpu1', type: 'c', major: 1, minor: 3});
	t.deepEqual(all.mounts, [{destination: '/opt/vendor', source: '/usr/lib', type: 'bind', options: ['rbind', 'ro']}]);
	t.deepEqual(all.hooks, {createContainer: [{path: '/usr/bin/true', args: ['true'], env: []}]});
	t.deepEqual(cdiEdits([gpus(0, ['1'])], [folder]).env, ['GPU_1=yes']);
	t.deepEqual(cdiEdits([named('vendor.com/gpu=all')], [folder]).groups, [44]);
});

test('GPUs that nobody describes are refused by name', t => {
	t.regex(t.throws(() => cdiEdits([gpus(1)], [])).message, /could not select device driver "" with capabilities: \[\[gpu\]\]/);
	t.regex(t.throws(() => cdiEdits([named('vendor.com/gpu=9')], [folder])).message, /unresolvable CDI devices vendor\.com\/gpu=9/);
	t.regex(t.throws(() => cdiEdits([gpus(3)], [folder])).message, /3 GPUs are asked for, and vendor\.com\/gpu has 2/);
});
