import {readFileSync} from 'node:fs';
import {type ContainerSpec, parseExpose, parseMount, parsePublish, parseVolume, type Resources} from '../../core/index.ts';
import {checkDevice, isCdiName, parseDeviceOperations, parseDeviceRate, parseDeviceWeight, parseGpus} from './device-values.ts';
import {type FlagValues, UsageError} from './flags.ts';
import {readHealthcheck} from './health-flags.ts';
import {readNetworks} from './network-values.ts';
import {parseRestart, parseUlimit, readPairsFile, resolveEnv, toMap} from './run-values.ts';

/** What the words of `run` and `create` ask the engine for. Absent flags stay absent: the image and the engine decide. */
export function readSpec(flags: FlagValues, [image = '', ...command]: readonly string[]): ContainerSpec {
	const optional = {
		name: text(flags, 'name'),
		command: command.length > 0 ? command : undefined,
		entrypoint: flags.given('entrypoint') ? (flags.text('entrypoint') === '' ? [] : [flags.text('entrypoint')]) : undefined,
		workdir: text(flags, 'workdir'),
		user: text(flags, 'user'),
		hostname: text(flags, 'hostname'),
		domainname: text(flags, 'domainname'),
		stopSignal: text(flags, 'stop-signal'),
		stopTimeout: flags.given('stop-timeout') ? flags.int('stop-timeout') : undefined,
		shmSize: flags.given('shm-size') ? flags.int('shm-size') : undefined,
		pid: text(flags, 'pid'),
		ipc: text(flags, 'ipc'),
		uts: text(flags, 'uts'),
		userns: text(flags, 'userns'),
		cgroupns: text(flags, 'cgroupns'),
		cgroupParent: text(flags, 'cgroup-parent'),
		healthcheck: readHealthcheck(flags),
		logDriver: text(flags, 'log-driver'),
		runtime: text(flags, 'runtime'),
		isolation: text(flags, 'isolation'),
		idFile: text(flags, 'cidfile'),
		platform: text(flags, 'platform') ?? (process.env['DOCKER_DEFAULT_PLATFORM'] || undefined),
	};
	return {
		image,
		...present(optional),
		...readSwitches(flags),
		...readLists(flags),
		...readMaps(flags),
		...readNetworks(flags),
		resources: readResources(flags),
		restart: readRestart(flags),
	};
}

const text = (flags: FlagValues, name: string): string | undefined => (flags.given(name) ? flags.text(name) : undefined);

/** Without the keys that hold nothing: an absent field and an undefined one are not the same. */
const present = <T extends Record<string, unknown>>(fields: T): {[K in keyof T]?: Exclude<T[K], undefined>} =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {[K in keyof T]?: Exclude<T[K], undefined>};

function readSwitches(flags: FlagValues): Partial<ContainerSpec> {
	return {
		tty: flags.bool('tty'),
		openStdin: flags.bool('interactive'),
		autoRemove: flags.bool('rm'),
		publishAll: flags.bool('publish-all'),
		privileged: flags.bool('privileged'),
		readOnly: flags.bool('read-only'),
		...(flags.given('init') && {init: flags.bool('init')}),
	};
}

function readLists(flags: FlagValues): Partial<ContainerSpec> {
	const driver = flags.text('volume-driver');
	const volumes = flags.list('volume').map(value => withDriver(parseVolume(value), driver));
	return {
		env: [...flags.list('env-file').flatMap(path => readPairsFile(path, 'environment')), ...flags.list('env').map(resolveEnv)],
		ports: flags.list('publish').flatMap(value => parsePublish(value)),
		expose: flags.list('expose').map(checkExpose),
		mounts: [...volumes, ...flags.list('mount').map(value => parseMount(value))],
		volumesFrom: flags.list('volumes-from'),
		capAdd: flags.list('cap-add'),
		capDrop: flags.list('cap-drop'),
		securityOpt: flags.list('security-opt').map(readSecurityOpt),
		dns: flags.list('dns'),
		dnsSearch: flags.list('dns-search'),
		dnsOptions: [...flags.list('dns-option'), ...flags.list('dns-opt')],
		extraHosts: flags.list('add-host'),
		groupAdd: flags.list('group-add'),
		devices: flags
			.list('device')
			.filter(name => !isCdiName(name))
			.map(name => refusing(() => checkDevice(name))),
		deviceRequests: readDeviceRequests(flags),
		ulimits: flags.list('ulimit').map(parseUlimit),
	};
}

type Mount = ReturnType<typeof parseVolume>;

const withDriver = (mount: Mount, driver: string): Mount => (mount.type === 'volume' && driver !== '' ? {...mount, options: [...mount.options, `volume-driver=${driver}`]} : mount);

function readMaps(flags: FlagValues): Partial<ContainerSpec> {
	return {
		labels: toMap([...flags.list('label-file').flatMap(path => readPairsFile(path, 'label')), ...flags.list('label')]),
		sysctls: toMap(flags.list('sysctl')),
		logOptions: toMap(flags.list('log-opt')),
		storageOptions: readStorageOptions(flags),
		annotations: toMap(flags.list('annotation')),
		tmpfs: Object.fromEntries(flags.list('tmpfs').map(value => splitOnce(value, ':'))),
	};
}

function readDeviceRequests(flags: FlagValues): NonNullable<ContainerSpec['deviceRequests']> {
	const named = flags.list('device').filter(isCdiName);
	return [...flags.list('gpus').map(parseGpus), ...(named.length === 0 ? [] : [{driver: 'cdi', count: 0, deviceIds: named, capabilities: [], options: {}}])];
}

function readStorageOptions(flags: FlagValues): Record<string, string> {
	for (const option of flags.list('storage-opt')) if (!option.includes('=')) throw refused('invalid storage option');
	return toMap(flags.list('storage-opt'));
}

function checkExpose(text: string): string {
	try {
		parseExpose(text);
		return text;
	} catch (error) {
		throw new UsageError(`hawser: invalid range format for --expose: ${text}, error: ${(error as Error).message}`, {usage: false});
	}
}

const refused = (message: string): UsageError => new UsageError(`hawser: ${message}`, {usage: false});

/** What a grammar throws is a mistake of the command line. */
function refusing<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw refused((error as Error).message);
	}
}

/** A profile is the client's file: the engine gets what is in it. */
function readSecurityOpt(option: string): string {
	const [, file] = /^seccomp[=:](.+)$/s.exec(option) ?? [];
	if (!/[=:]/.test(option) && !['no-new-privileges', 'writable-cgroups', 'disable'].includes(option)) throw refused(`Invalid --security-opt: ${JSON.stringify(option)}`);
	if (file === undefined || ['unconfined', 'builtin'].includes(file) || file.startsWith('{')) return option;
	try {
		return `seccomp=${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')))}`;
	} catch (error) {
		if (error instanceof SyntaxError) throw refused(`compacting json for seccomp profile (${file}) failed: ${error.message}`);
		const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? `open ${file}: no such file or directory` : (error as Error).message;
		throw refused(`opening seccomp profile (${file}) failed: ${reason}`);
	}
}

function splitOnce(value: string, separator: string): [string, string] {
	const at = value.indexOf(separator);
	return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
}

function readRestart(flags: FlagValues): NonNullable<ContainerSpec['restart']> {
	const asked = flags.text('restart');
	const policy = parseRestart(asked);
	if (flags.bool('rm') && asked !== '' && asked !== 'no' && !asked.startsWith(':'))
		throw new UsageError('hawser: conflicting options: cannot specify both --restart and --rm', {usage: false});
	return policy;
}

const BILLION = 1e9;

/** What `run`, `create` and `update` say of limits. */
export function readResources(flags: FlagValues): Resources {
	const number = (name: string): number | undefined => (flags.given(name) ? flags.int(name) : undefined);
	const each = <T>(name: string, parse: (text: string) => T): T[] | undefined => (flags.given(name) ? flags.list(name).map(parse) : undefined);
	const swappiness = flags.given('memory-swappiness') ? flags.int('memory-swappiness') : -1;
	if (swappiness < -1 || swappiness > 100) throw refused(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
	return present({
		memory: number('memory'),
		memorySwap: number('memory-swap'),
		memoryReservation: number('memory-reservation'),
		memorySwappiness: swappiness === -1 ? undefined : swappiness,
		oomKillDisable: flags.given('oom-kill-disable') ? flags.bool('oom-kill-disable') : undefined,
		nanoCpus: flags.given('cpus') ? Math.round(Number(flags.text('cpus')) * BILLION) : undefined,
		cpuShares: number('cpu-shares'),
		cpuPeriod: number('cpu-period'),
		cpuQuota: number('cpu-quota'),
		cpuRealtimePeriod: number('cpu-rt-period'),
		cpuRealtimeRuntime: number('cpu-rt-runtime'),
		cpusetCpus: text(flags, 'cpuset-cpus'),
		cpusetMems: text(flags, 'cpuset-mems'),
		pidsLimit: number('pids-limit'),
		blkioWeight: number('blkio-weight'),
		blkioWeightDevice: each('blkio-weight-device', parseDeviceWeight),
		deviceReadBps: each('device-read-bps', parseDeviceRate),
		deviceWriteBps: each('device-write-bps', parseDeviceRate),
		deviceReadIops: each('device-read-iops', parseDeviceOperations),
		deviceWriteIops: each('device-write-iops', parseDeviceOperations),
		deviceCgroupRules: flags.given('device-cgroup-rule') ? flags.list('device-cgroup-rule') : undefined,
		oomScoreAdj: number('oom-score-adj'),
	});
}
