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

test('--gpus all and --device vendor.com/gpu=… bring what the vendor’s file says', async t => {
	const all = await cdiEdits([gpus(-1)], [folder]);
	t.deepEqual(all.env, ['GPU_0=yes', 'GPU_1=yes']);
	t.like(all.nodes[1], {path: '/dev/gpu1', type: 'c', major: 1, minor: 3});
	t.deepEqual(all.mounts, [{destination: '/opt/vendor', source: '/usr/lib', type: 'bind', options: ['rbind', 'ro']}]);
	t.deepEqual(all.hooks, {createContainer: [{path: '/usr/bin/true', args: ['true'], env: []}]});
	t.deepEqual((await cdiEdits([gpus(0, ['1'])], [folder])).env, ['GPU_1=yes']);
	t.deepEqual((await cdiEdits([named('vendor.com/gpu=all')], [folder])).groups, [44]);
});

test('GPUs that nobody describes are refused by name', async t => {
	t.regex((await t.throwsAsync(cdiEdits([gpus(1)], []))).message, /could not select device driver "" with capabilities: \[\[gpu\]\]/);
	t.regex((await t.throwsAsync(cdiEdits([named('vendor.com/gpu=9')], [folder]))).message, /unresolvable CDI devices vendor\.com\/gpu=9/);
	t.regex((await t.throwsAsync(cdiEdits([gpus(3)], [folder]))).message, /3 GPUs are asked for, and vendor\.com\/gpu has 2/);
});

test('a vendor’s file may be YAML; one that is none, or that multiplies itself, is refused by its path', async t => {
	const own = mkdtempSync(join(tmpdir(), 'hawser-cdi-'));
	t.teardown(() => rmSync(own, {recursive: true, force: true}));
	writeFileSync(join(own, 'v.yaml'), '---\ncdiVersion: 0.6.0\nkind: vendor.com/gpu\ndevices:\n- name: "0"\n  containerEdits:\n    env: [A=b]\n    deviceNodes:\n    - path: /dev/gpu0\n      hostPath: /dev/null\n');
	t.deepEqual((await cdiEdits([gpus(-1)], [own])).env, ['A=b']);
	for (const text of ['a: [', `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: [${'*c,'.repeat(9)}*c]\n`, '']) {
		writeFileSync(join(own, 'v.yaml'), text);
		t.regex((await t.throwsAsync(cdiEdits([gpus(-1)], [own]))).message, /the CDI file .*v\.yaml cannot be used/);
	}
});
