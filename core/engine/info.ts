import {readdirSync} from 'node:fs';
import {arch, cpus, hostname, release, totalmem} from 'node:os';
import {cdiFolders} from '../bundle/cdi.ts';
import {hasApparmor} from '../container/apparmor.ts';
import {countContainers} from '../container/count.ts';
import {cgroupLayout} from '../platform/cgroup.ts';
import {readIfThere} from '../platform/files.ts';
import {installedRuntimes} from '../runtime/choice.ts';
import {type DriverName, shownName} from '../snapshot/model.ts';
import type {Engine} from './engine.ts';
import {version} from './version.ts';

const machines: Readonly<Record<string, string>> = {x64: 'x86_64', arm64: 'aarch64'};

/** What `docker info` shows, with our values. */
export function engineInfo(engine: Engine): Record<string, unknown> {
	const counts = countContainers(engine);
	const {version: cgroupVersion} = cgroupLayout();
	const images = Number(engine.db.prepare('SELECT count(*) AS n FROM images').get()?.['n'] ?? 0);
	return {
		ID: engine.store,
		Containers: counts.all,
		ContainersRunning: counts.running,
		ContainersPaused: counts.paused,
		ContainersStopped: counts.all - counts.running - counts.paused,
		Images: images,
		Driver: shownName(engine.storageDriver),
		DriverStatus: [['Backing Filesystem', filesystemOf(engine.root)], ...(driverFacts[engine.storageDriver] ?? [])],
		Plugins: {Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file', 'local', 'none']},
		MemoryLimit: true,
		SwapLimit: true,
		CpuCfsPeriod: true,
		CpuCfsQuota: true,
		CPUShares: true,
		CPUSet: true,
		PidsLimit: true,
		IPv4Forwarding: readIfThere('/proc/sys/net/ipv4/ip_forward')?.trim() === '1',
		Debug: process.env['HAWSER_DEBUG'] !== undefined,
		NFd: readdirSync('/proc/self/fd').length,
		NGoroutines: 1,
		NEventsListener: 0,
		OomKillDisable: cgroupVersion === 1,
		SystemTime: new Date().toISOString(),
		LoggingDriver: 'json-file',
		CgroupDriver: 'cgroupfs',
		CgroupVersion: String(cgroupVersion),
		KernelVersion: release(),
		OperatingSystem: prettyName(),
		OSVersion: osRelease('VERSION_ID'),
		OSType: 'linux',
		Architecture: machines[arch()] ?? arch(),
		NCPU: cpus().length,
		MemTotal: totalmem(),
		IndexServerAddress: 'https://index.docker.io/v1/',
		RegistryConfig: registryConfig,
		GenericResources: null,
		HttpProxy: proxy('HTTP_PROXY'),
		HttpsProxy: proxy('HTTPS_PROXY'),
		NoProxy: proxy('NO_PROXY'),
		DockerRootDir: engine.root,
		StateDir: engine.state,
		Name: hostname(),
		Labels: [],
		ExperimentalBuild: false,
		ServerVersion: version,
		Runtimes: installedRuntimes(engine),
		DefaultRuntime: 'hawser',
		Swarm: {NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null},
		LiveRestoreEnabled: true,
		Isolation: '',
		InitBinary: '',
		ContainerdCommit: noCommit,
		RuncCommit: noCommit,
		InitCommit: noCommit,
		FirewallBackend: {Driver: 'nftables'},
		CDISpecDirs: cdiFolders,
		SecurityOptions: securityOptions(engine, cgroupVersion),
		Warnings: null,
	};
}

const driverFacts: Readonly<Partial<Record<DriverName, ReadonlyArray<readonly [string, string]>>>> = {
	overlay: [
		['Supports d_type', 'true'],
		['Native Overlay Diff', 'true'],
		['userxattr', 'false'],
	],
};

/** There are no such parts, and scripts may ask for their versions. */
const noCommit = {ID: ''};

/** As in Docker: registries of our own machine may go without TLS. */
const registryConfig = {
	InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'],
	IndexConfigs: {'docker.io': {Name: 'docker.io', Mirrors: [], Secure: true, Official: true}},
	Mirrors: [],
};

const proxy = (name: string): string => process.env[name] ?? process.env[name.toLowerCase()] ?? '';

/** As Docker names them, and the settings that make containers stricter. */
function securityOptions({settings: {hardened, usernsRemap}}: Engine, cgroupVersion: number): string[] {
	return [
		...(hasApparmor() ? ['name=apparmor'] : []),
		`name=seccomp,profile=${hardened ? 'hardened' : 'builtin'}`,
		...(usernsRemap !== '' || hardened ? [`name=userns${usernsRemap === '' || usernsRemap === 'auto' ? ',range=auto' : `,range=${usernsRemap}`}`] : []),
		...(cgroupVersion === 2 ? ['name=cgroupns'] : []),
		...(hardened ? ['name=no-new-privileges', 'name=hardened'] : []),
	];
}

const osRelease = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(readIfThere('/etc/os-release') ?? '')?.[1] ?? '';

const prettyName = (): string => osRelease('PRETTY_NAME') || 'Linux';

/** Of the longest mount point that is a beginning of the path. */
function filesystemOf(path: string): string {
	let [best, found] = ['', 'unknown'];
	for (const line of (readIfThere('/proc/self/mounts') ?? '').split('\n')) {
		const [, target = '', type = ''] = line.split(' ');
		if (target.length >= best.length && (target === '/' || path === target || path.startsWith(`${target}/`))) [best, found] = [target, type];
	}
	return found === 'ext4' || found === 'ext3' || found === 'ext2' ? 'extfs' : found;
}
