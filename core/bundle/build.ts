import type {ContainerConfig} from '../container/config.ts';
import type {Mountable} from '../snapshot/model.ts';
import {readIfThere} from '../platform/files.ts';
import {capabilitySets, chooseCapabilities} from './capabilities.ts';
import type {CdiEdits} from './cdi.ts';
import {planDevices} from './devices.ts';
import {defaultsFor} from './hardening.ts';
import {mapMounts, mappings, userNamespace} from './id-map.ts';
import {bind, planMounts} from './mounts.ts';
import {maskedPaths, readonlyPaths} from './paths.ts';
import {planResources} from './resources.ts';
import {resolveProfile} from './seccomp-profile.ts';
import {seccompFor} from './seccomp.ts';
import {parseSecurity} from './security.ts';
import type {Mount, Namespace, Process, Seccomp, Spec} from './spec.ts';

export type BundleInput = {
	readonly id: string;
	readonly config: ContainerConfig;
	readonly hostname: string;
	readonly cgroup: string;
	/** Processes whose namespaces are joined. */
	readonly joined: {readonly pid?: number; readonly ipc?: number; readonly network?: number};
	/** The empty folder that an overlay is mounted on. */
	readonly rootfs: string;
	readonly snapshot: Mountable;
	readonly cache: string;
	/** /etc/hosts and its like. */
	readonly files: readonly Mount[];
	readonly mounts: readonly Mount[];
	/** Profile of the program; absent: none, or AppArmor is not there. */
	readonly apparmor?: string | undefined;
	/** What devices of vendors need. */
	readonly cdi: CdiEdits;
	/** The init program on the host, which then is process 1; absent: the program itself is. */
	readonly init?: string;
	/** Destinations whose mounts take over what the image has there. */
	readonly copyUp: readonly string[];
};

/** config.json: what the image and the user asked for in the OCI runtime specification's words, and Docker's defaults. */
export function buildSpec(input: BundleInput): Spec {
	const {config, cdi} = input;
	const security = parseSecurity(config.securityOpt);
	const defaults = defaultsFor(config.hardened ?? false);
	const capabilities = chooseCapabilities(config);
	const devices = planDevices({devices: config.devices, rules: config.resources.deviceCgroupRules ?? [], privileged: config.privileged});
	const confined = !config.privileged && !security.systemPathsUnconfined;
	return {
		ociVersion: '1.1.0',
		process: buildProcess(input, capabilities, cdi),
		root: {path: input.snapshot.kind === 'plain' ? input.snapshot.tree : input.rootfs, readonly: config.readOnly},
		...(config.uts !== 'host' && {hostname: input.hostname}),
		...(config.uts !== 'host' && config.domainname !== '' && {domainname: config.domainname}),
		mounts: mapMounts(
			config,
			planMounts({
				privileged: config.privileged,
				shmSize: config.shmSize,
				ipc: config.ipc,
				writableCgroups: security.writableCgroups,
				deviceOptions: defaults.deviceOptions,
				files: [...input.files, ...initMount(input)],
				asked: [...input.mounts, ...cdi.mounts],
			}),
		),
		annotations: {
			...config.annotations,
			...rootfsAnnotations(input),
			...userAnnotations(input),
			...(input.joined.ipc !== undefined && {'io.hawser.shm-of': String(input.joined.ipc)}),
			...(input.copyUp.length > 0 && {'io.hawser.copyup': JSON.stringify(input.copyUp)}),
		},
		...(Object.keys(cdi.hooks).length > 0 && {hooks: cdi.hooks}),
		linux: {
			namespaces: planNamespaces(config, input.joined),
			resources: planResources(config.resources, [...devices.rules, ...cdi.rules]),
			cgroupsPath: input.cgroup,
			...(devices.nodes.length + cdi.nodes.length > 0 && {devices: [...devices.nodes, ...cdi.nodes]}),
			sysctl: sysctls(config),
			...mappings(config),
			...(!config.privileged && chooseSeccomp(security.seccomp, capabilities, config.hardened)),
			maskedPaths: confined ? maskedPaths(config.hardened) : [],
			readonlyPaths: confined ? readonlyPaths(config.hardened) : [],
			rootfsPropagation: 'private',
		},
	};
}

function chooseSeccomp(asked: string | undefined, capabilities: readonly string[], hardened = false): {seccomp?: Seccomp} {
	if (asked === 'unconfined') return {};
	return {seccomp: asked === undefined || asked === 'builtin' ? seccompFor(capabilities, {hardened}) : resolveProfile(asked, {capabilities})};
}

/** What the option says, else what the setting wants; for the program and for exec. */
export const wantsNoNewPrivileges = ({securityOpt, hardened = false, privileged}: Pick<ContainerConfig, 'securityOpt' | 'hardened' | 'privileged'>): boolean =>
	parseSecurity(securityOpt).noNewPrivileges ?? (!privileged && defaultsFor(hardened).noNewPrivileges);

/** Where Docker has it. */
const INIT_PATH = '/sbin/docker-init';

const initMount = ({init}: BundleInput): Mount[] => (init === undefined ? [] : [bind(init, INIT_PATH, ['bind', 'ro'])]);

function buildProcess({config, hostname, init, apparmor}: BundleInput, capabilities: readonly string[], cdi: CdiEdits): Process {
	return {
		terminal: config.tty,
		user: {...numericUser(config.user), ...(cdi.groups.length > 0 && {additionalGids: cdi.groups})},
		args: [...(init === undefined ? [] : [INIT_PATH, '--']), ...config.entrypoint, ...config.command],
		env: mergeEnv(processEnv({hostname, tty: config.tty, env: config.env}), cdi.env),
		cwd: config.workdir || '/',
		capabilities: capabilitySets(capabilities),
		rlimits: rlimits(config.ulimits),
		noNewPrivileges: wantsNoNewPrivileges(config),
		...(apparmor !== undefined && {apparmorProfile: apparmor}),
		oomScoreAdj: config.resources.oomScoreAdj ?? 0,
	};
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Docker's three first; a later value takes an earlier one's place. The caller's own environment is never a source. */
export function processEnv({hostname, tty, env}: {readonly hostname: string; readonly tty: boolean; readonly env: readonly string[]}): string[] {
	return mergeEnv([`PATH=${DEFAULT_PATH}`, `HOSTNAME=${hostname}`, ...(tty ? ['TERM=xterm'] : [])], env);
}

/** KEY without `=` takes KEY away. */
export function mergeEnv(base: readonly string[], changes: readonly string[]): string[] {
	const merged = new Map<string, string>();
	for (const variable of [...base, ...changes]) {
		const equals = variable.indexOf('=', 1);
		if (equals < 0) merged.delete(variable);
		else merged.set(variable.slice(0, equals), variable);
	}
	return [...merged.values()];
}

/** The part that needs no look into the image. */
export function numericUser(user: string): {uid: number; gid: number} {
	const [uid = '', gid = ''] = user.split(':');
	return {uid: /^\d+$/.test(uid) ? Number(uid) : 0, gid: /^\d+$/.test(gid) ? Number(gid) : 0};
}

/** Names and memberships are looked up inside the container, by the runtime (docs/formats.md): nothing of an image is opened here. */
const userAnnotations = ({config}: Pick<BundleInput, 'config'>): Record<string, string> => ({
	'io.hawser.user': config.user === '' ? '0' : config.user,
	...(config.groupAdd.length > 0 && {'io.hawser.groups': config.groupAdd.join(',')}),
});

const rootfsAnnotations = ({config, snapshot, cache}: BundleInput): Record<string, string> => ({
	...(config.idMap !== undefined && {'io.hawser.rootfs.idmap': 'yes'}),
	...(snapshot.kind === 'overlay' && {
		'io.hawser.rootfs.lower': snapshot.lower.join(':'),
		'io.hawser.rootfs.upper': snapshot.upper,
		'io.hawser.rootfs.work': snapshot.work,
		...(snapshot.fuse !== undefined && {'io.hawser.rootfs.fuse': snapshot.fuse}),
	}),
	'io.hawser.cache': cache,
});

function planNamespaces(config: ContainerConfig, joined: BundleInput['joined']): Namespace[] {
	const {network, pid, ipc, uts, cgroupns} = config;
	const of = (kind: 'pid' | 'ipc' | 'network', file: string = kind): {path?: string} => (joined[kind] === undefined ? {} : {path: `/proc/${joined[kind]}/ns/${file}`});
	return [
		{type: 'mount'},
		...userNamespace(config, joined),
		...(network === 'host' ? [] : [{type: 'network', ...of('network', 'net')} as const]),
		...(uts === 'host' ? [] : [{type: 'uts'} as const]),
		...(pid === 'host' ? [] : [{type: 'pid', ...of('pid')} as const]),
		...(ipc === 'host' ? [] : [{type: 'ipc', ...of('ipc')} as const]),
		...(cgroupns === 'host' ? [] : [{type: 'cgroup'} as const]),
	];
}

/** As Docker's daemon leaves it to containers: what the caller's shell has must not matter, as far as we may raise it. */
const NOFILE = 1_048_576;
const CAP_SYS_RESOURCE = 24n;

export function openFilesLimit(): number {
	const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readIfThere('/proc/self/status') ?? '')?.[1] ?? '0'}`);
	if ((effective >> CAP_SYS_RESOURCE) & 1n) return Math.min(NOFILE, Number(readIfThere('/proc/sys/fs/nr_open') ?? NOFILE));
	const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(readIfThere('/proc/self/limits') ?? '')?.[1] ?? NOFILE);
	return Math.min(NOFILE, hard);
}

function rlimits(ulimits: ContainerConfig['ulimits']): NonNullable<Process['rlimits']> {
	const asked = ulimits.map(({name, soft, hard}) => ({type: `RLIMIT_${name.toUpperCase()}`, soft: unlimited(soft), hard: unlimited(hard)}));
	if (asked.some(({type}) => type === 'RLIMIT_NOFILE')) return asked;
	const files = openFilesLimit();
	return [{type: 'RLIMIT_NOFILE', soft: files, hard: files}, ...asked];
}

/** The specification's numbers are unsigned; more than 2^63-1 means none. */
const unlimited = (value: number): number => (value < 0 ? Number.MAX_SAFE_INTEGER : value);

/** With a network of its own, any user of the container may open low ports and ping, as in Docker. */
function sysctls({network, sysctls: asked, privileged, idMap}: ContainerConfig): Record<string, string> {
	// The kernel refuses groups that have no mapping.
	const lastGroup = idMap === undefined ? 2_147_483_647 : idMap.size - 1;
	const own =
		network === 'host' || network.startsWith('container:') || privileged ? {} : {'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': `0 ${lastGroup}`};
	return {...own, ...asked};
}
