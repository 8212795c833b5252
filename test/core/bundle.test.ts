import test from 'ava';
import {mergeEnv, processEnv} from '../../core/bundle/build.ts';
import {chooseCapabilities} from '../../core/bundle/capabilities.ts';
import {planDevices} from '../../core/bundle/devices.ts';
import {bind, planMounts} from '../../core/bundle/mounts.ts';
import {planResources} from '../../core/bundle/resources.ts';
import {resolveProfile} from '../../core/bundle/seccomp-profile.ts';
import {seccompFor, type SeccompOptions} from '../../core/bundle/seccomp.ts';
import {parseSecurity} from '../../core/bundle/security.ts';
import type {SeccompRule} from '../../core/bundle/spec.ts';

const none = {privileged: false, capAdd: [], capDrop: []};
const MIB = 1024 * 1024;

test('chooseCapabilities() gives Docker’s fourteen', t => {
	t.is(chooseCapabilities(none).length, 14);
	t.true(chooseCapabilities(none).includes('CAP_NET_BIND_SERVICE'));
	t.false(chooseCapabilities(none).includes('CAP_SYS_ADMIN'));
});

test('chooseCapabilities() adds and drops by Docker’s rules', t => {
	t.deepEqual(chooseCapabilities({...none, capDrop: ['ALL'], capAdd: ['net_raw']}), ['CAP_NET_RAW']);
	t.false(chooseCapabilities({...none, capAdd: ['ALL'], capDrop: ['CAP_SYS_ADMIN']}).includes('CAP_SYS_ADMIN'));
	t.true(chooseCapabilities({...none, capAdd: ['SYS_TIME']}).includes('CAP_SYS_TIME'));
	t.is(t.throws(() => chooseCapabilities({...none, capAdd: ['FLY']})).message, 'unknown capability: "CAP_FLY"');
});

test('seccompFor() lets no unprivileged container make namespaces, and hides clone3', t => {
	const {syscalls, defaultErrnoRet, architectures} = seccompFor(chooseCapabilities(none), {machine: 'x64'});
	const rules = (name: string) => syscalls.filter(({names}) => names.includes(name));
	t.is(defaultErrnoRet, 1);
	t.deepEqual(architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
	t.deepEqual(rules('clone'), [{names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ'}]}]);
	t.like(rules('clone3')[0], {action: 'SCMP_ACT_ERRNO', errnoRet: 38});
	for (const name of ['mount', 'unshare', 'setns', 'bpf', 'keyctl', 'add_key', 'io_uring_setup', 'userfaultfd', 'kexec_load', 'init_module', 'reboot', 'swapon'])
		t.deepEqual(rules(name), [], name);
});

const evaluate = (rules: readonly SeccompRule[], name: string, index: number, value: bigint): boolean =>
	rules
		.filter(({names}) => names.includes(name))
		.some(({args = []}) =>
			args.every(arg => {
				const wanted = BigInt(arg.value);
				if (arg.index !== index) return false;
				if (arg.op === 'SCMP_CMP_MASKED_EQ') return (value & wanted) === BigInt(arg.valueTwo ?? 0);
				return arg.op === 'SCMP_CMP_EQ' ? value === wanted : arg.op === 'SCMP_CMP_LT' ? value < wanted : value > wanted;
			}),
		);

test('seccompFor() lets Docker’s families of sockets through, and few when hardened', t => {
	const families = (options: SeccompOptions, capabilities: string[] = []): number[] => {
		const {syscalls} = seccompFor(capabilities, {machine: 'x64', ...options});
		return Array.from({length: 51}, (_, family) => family).filter(family => evaluate(syscalls, 'socket', 0, BigInt(family)));
	};
	t.deepEqual(
		families({}),
		Array.from({length: 51}, (_, family) => family).filter(family => family !== 38 && family !== 40),
	);
	t.deepEqual(families({hardened: true}), [1, 2, 10, 16]);
	t.deepEqual(families({hardened: true}, ['CAP_NET_RAW']), [1, 2, 10, 16, 17]);
});

test('seccompFor() hardened: no ioctl types into a terminal, whatever the high bits are; twins: all others', t => {
	const {syscalls, architectures} = seccompFor([], {machine: 'x64', hardened: true});
	const allowed = (number: bigint): boolean => evaluate(syscalls, 'ioctl', 1, number);
	for (const high of [0n, 1n << 32n, 0xffff_ffffn << 32n]) for (const number of [0x5412n, 0x541cn]) t.false(allowed(high | number), (high | number).toString(16));
	for (let number = 0x5400n; number < 0x5500n; number++) t.is(allowed(number), number !== 0x5412n && number !== 0x541cn, number.toString(16));
	for (let bit = 0n; bit < 32n; bit++) t.true(allowed(0x5412n ^ (1n << bit)) || (0x5412n ^ (1n << bit)) === 0x541cn);
	t.deepEqual(architectures, ['SCMP_ARCH_X86_64']);
	const names = syscalls.flatMap(rule => (rule.args ? [] : rule.names));
	for (const name of ['vmsplice', 'name_to_handle_at', 'statmount', 'ioctl', 'clone3'])
		t.false(names.includes(name) && !syscalls.some(rule => rule.errnoRet === 38 && rule.names.includes(name)), name);
});

test('resolveProfile() keeps what holds for these capabilities, this machine and this kernel', t => {
	const profile = JSON.stringify({
		defaultAction: 'SCMP_ACT_ERRNO',
		defaultErrnoRet: 38,
		archMap: [
			{architecture: 'SCMP_ARCH_AARCH64', subArchitectures: null},
			{architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86']},
		],
		syscalls: [
			{names: ['read'], action: 'SCMP_ACT_ALLOW', args: null, comment: 'c', includes: {}, excludes: {}},
			{name: 'old', action: 'SCMP_ACT_ALLOW'},
			{names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: {caps: ['CAP_SYS_ADMIN']}},
			{names: ['clone'], action: 'SCMP_ACT_ALLOW', excludes: {caps: ['CAP_SYS_ADMIN'], arches: ['s390x']}},
			{names: ['arm_only'], action: 'SCMP_ACT_ALLOW', includes: {arches: ['arm64']}},
			{names: ['ptrace'], action: 'SCMP_ACT_ALLOW', includes: {minKernel: '4.8'}},
			{names: ['future'], action: 'SCMP_ACT_ALLOW', includes: {minKernel: '6.2'}},
		],
	});
	const names = (capabilities: string[]): string[] => resolveProfile(profile, {capabilities, machine: 'amd64', kernel: '6.1.0-56'}).syscalls.flatMap(rule => rule.names);
	t.deepEqual(names([]), ['read', 'old', 'clone', 'ptrace']);
	t.deepEqual(names(['CAP_SYS_ADMIN']), ['read', 'old', 'mount', 'ptrace']);
	const resolved = resolveProfile(profile, {capabilities: [], machine: 'amd64', kernel: '5.0'});
	t.deepEqual(resolved.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
	t.deepEqual(Object.keys(resolved.syscalls[0] ?? {}).sort(), ['action', 'names']);
	for (const wrong of ['', '[]', '{"syscalls":{}}', '{"syscalls":[1]}', '{"syscalls":[{"includes":3}]}'])
		t.regex(t.throws(() => resolveProfile(wrong, {capabilities: []})).message, /^Decoding seccomp profile failed: /, wrong);
});

test('seccompFor() opens what a capability is for', t => {
	const allowed = new Set(seccompFor(['CAP_SYS_ADMIN', 'CAP_SYS_TIME'], {machine: 'x64'}).syscalls.flatMap(({names, args}) => (args ? [] : names)));
	for (const name of ['mount', 'clone', 'clone3', 'unshare', 'settimeofday']) t.true(allowed.has(name), name);
	t.false(allowed.has('reboot'));
});

test('seccompFor() allows at most 380 calls, each once', t => {
	const [first] = seccompFor(chooseCapabilities(none), {machine: 'x64'}).syscalls;
	const names = first?.names ?? [];
	t.is(new Set(names).size, names.length);
	t.true(names.length <= 380, String(names.length));
});

test('planResources() speaks the specification’s words', t => {
	const plan = planResources({memory: 64 * MIB, nanoCpus: 1.5e9, pidsLimit: 20, cpusetCpus: '0'}, []);
	t.deepEqual(plan.memory, {limit: 64 * MIB, swap: 128 * MIB});
	t.deepEqual(plan.cpu, {period: 100_000, quota: 150_000, cpus: '0'});
	t.deepEqual(plan.pids, {limit: 20});
	t.deepEqual(planResources({}, []), {devices: []});
});

test('planDevices() denies first, and allows what was asked for', t => {
	const {rules, nodes} = planDevices({devices: ['/dev/null:/dev/hole:r'], rules: ['c 10:* rw'], privileged: false});
	t.deepEqual(rules[0], {allow: false, type: 'a', access: 'rwm'});
	t.like(nodes[0], {path: '/dev/hole', type: 'c', major: 1, minor: 3});
	t.deepEqual(rules.at(-2), {allow: true, type: 'c', major: 1, minor: 3, access: 'r'});
	t.deepEqual(rules.at(-1), {allow: true, type: 'c', major: 10, minor: -1, access: 'rw'});
	t.regex(
		t.throws(() => planDevices({devices: ['/dev/not-there'], rules: [], privileged: false})).message,
		/error gathering device information while adding custom device "\/dev\/not-there"/,
	);
});

test('planMounts() puts parents before what lies in them, and gives way to the user', t => {
	const mounts = planMounts({
		privileged: false,
		shmSize: 64 * MIB,
		ipc: 'private',
		files: [bind('/x/hosts', '/etc/hosts')],
		asked: [bind('/a', '/data/deep'), bind('/b', '/data'), bind('/c', '/etc/hosts')],
	});
	const targets = mounts.map(({destination}) => destination);
	t.deepEqual(
		targets.slice(-3),
		['/data', '/data/deep', '/etc/hosts'].sort((a, b) => a.split('/').length - b.split('/').length),
	);
	t.deepEqual(
		mounts.filter(({destination}) => destination === '/etc/hosts').map(({source}) => source),
		['/c'],
	);
});

test('processEnv() has Docker’s variables, the image’s and the user’s, and nothing of ours', t => {
	t.deepEqual(processEnv({hostname: 'h', tty: true, env: ['PATH=/bin', 'A=1']}), ['PATH=/bin', 'HOSTNAME=h', 'TERM=xterm', 'A=1']);
	t.deepEqual(mergeEnv(['A=1', 'B=2'], ['A', 'C=x=y', 'B=']), ['B=', 'C=x=y']);
});

test('parseSecurity() knows its words and refuses others', t => {
	t.true(parseSecurity(['no-new-privileges']).noNewPrivileges);
	t.false(parseSecurity(['no-new-privileges:false']).noNewPrivileges);
	t.is(parseSecurity(['seccomp=unconfined']).seccomp, 'unconfined');
	t.throws(() => parseSecurity(['magic=1']));
});
