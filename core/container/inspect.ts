import {apparmorOf} from './apparmor.ts';
import {maskedPaths, readonlyPaths} from '../bundle/paths.ts';
import type {Engine} from '../engine/engine.ts';
import {inspectEndpoint, inspectPorts} from '../network/inspect.ts';
import type {Endpoint} from '../network/model.ts';
import {networkStore} from '../network/store.ts';
import {isNever} from '../platform/time.ts';
import {inspectMount} from '../volume/inspect.ts';
import {hostnameOf} from './etc.ts';
import {execIds} from './exec.ts';
import {readHealth} from './health.ts';
import {isRunning, type LiveState, readExit, readLive} from './live.ts';
import {readLink} from './links.ts';
import {hasAddress, namesOn} from './network.ts';
import {containerFolder, snapshots} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {sizeOfUpper} from './size.ts';

/** Docker's shape; what we do not have is there with Docker's empty value. */
export function inspectContainer(engine: Engine, ref: string, {size = false}: {readonly size?: boolean} = {}): Record<string, unknown> {
	const record = findRecord(engine.db, ref);
	const live = readLive(engine, record.id);
	const {config} = record;
	const folder = containerFolder(engine, record.id);
	const [path = '', ...args] = [...config.entrypoint, ...config.command];
	return {
		Id: record.id,
		Created: record.createdAt,
		Path: path,
		Args: args,
		State: {...stateOf(live, readExit(engine, record.id)?.finishedAt), ...healthOf(engine, record)},
		Image: record.imageId,
		ResolvConfPath: `${folder}/resolv.conf`,
		HostnamePath: `${folder}/hostname`,
		HostsPath: `${folder}/hosts`,
		LogPath: config.logDriver !== 'json-file' ? '' : `${folder}/log/json.log`,
		Name: `/${record.name}`,
		RestartCount: live.restarts,
		Driver: 'overlay2',
		Platform: 'linux',
		MountLabel: '',
		ProcessLabel: '',
		AppArmorProfile: apparmorOf(config),
		ExecIDs: orNull(live.monitored ? execIds(engine, record.id) : []),
		HostConfig: hostConfigOf(engine, record),
		GraphDriver: {Name: 'overlay2', Data: driverData(engine, record)},
		...(size && {SizeRw: sizeOfUpper(engine, record.id)}),
		Mounts: config.mounts.map(inspectMount),
		Config: configOf(record),
		NetworkSettings: networkSettings(engine, record, live),
	};
}

const oldStates: Readonly<Record<string, string>> = {stopping: 'running'};

/** A running container tells when it ended the last time before. */
function stateOf(live: LiveState, lastEnd: string | undefined): Record<string, unknown> {
	const running = isRunning(live);
	return {
		Status: oldStates[live.status] ?? live.status,
		Running: running,
		Paused: live.status === 'paused',
		Restarting: live.status === 'restarting',
		OOMKilled: live.oomKilled,
		Dead: live.status === 'dead',
		Pid: live.pid,
		ExitCode: running && live.status !== 'restarting' ? 0 : (live.exitCode ?? 0),
		Error: live.error,
		StartedAt: live.startedAt,
		FinishedAt: isNever(live.finishedAt) ? (lastEnd ?? live.finishedAt) : live.finishedAt,
		...(live.note !== undefined && {Note: live.note}),
	};
}

function healthOf(engine: Engine, {id, config}: ContainerRecord): Record<string, unknown> {
	// There without a value: a template that asks for it is no mistake.
	return {Health: config.healthcheck === undefined ? undefined : readHealth(engine, id)};
}

function driverData(engine: Engine, {id, config}: ContainerRecord): Record<string, string> {
	const {lower, upper, work} = snapshots(engine).mountable(id, config.chainIds);
	return {LowerDir: lower.join(':'), UpperDir: upper, WorkDir: work, MergedDir: ''};
}

/** Where the image or the user said nothing Docker has null. */
const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

function configOf(record: ContainerRecord): Record<string, unknown> {
	const {config} = record;
	const volumes = config.mounts.filter(({type, anonymous}) => type === 'volume' && anonymous).map(({target}) => [target, {}] as const);
	return {
		Hostname: config.hostname === '' ? hostnameOf(record) : config.hostname,
		Domainname: config.domainname,
		User: config.user,
		AttachStdin: config.stdinOnce,
		AttachStdout: true,
		AttachStderr: true,
		...(config.exposed.length > 0 && {ExposedPorts: Object.fromEntries(config.exposed.map(port => [port, {}]))}),
		Tty: config.tty,
		OpenStdin: config.openStdin,
		StdinOnce: config.stdinOnce,
		Env: config.env,
		Cmd: orNull(config.command),
		Image: record.image,
		Volumes: volumes.length === 0 ? null : Object.fromEntries(volumes),
		WorkingDir: config.workdir,
		Entrypoint: orNull(config.entrypoint),
		OnBuild: null,
		Labels: config.labels,
		StopSignal: config.stopSignal,
		...(config.stopTimeout !== undefined && {StopTimeout: config.stopTimeout}),
		...(config.healthcheck !== undefined && {Healthcheck: config.healthcheck}),
	};
}

function hostConfigOf(engine: Engine, record: ContainerRecord): Record<string, unknown> {
	const {config} = record;
	return {
		...mountConfig(config),
		...resourceConfig(config.resources),
		NetworkMode: config.network,
		PortBindings: Object.fromEntries(
			[...Map.groupBy(config.ports, ({containerPort, protocol}) => `${containerPort}/${protocol}`)].map(([port, list]) => [
				port,
				list.map(({hostIp, hostPort}) => ({HostIp: hostIp, HostPort: hostPort === 0 ? '' : String(hostPort)})),
			]),
		),
		PublishAllPorts: config.publishAll,
		LogConfig: {Type: config.logDriver, Config: config.logOptions},
		RestartPolicy: {Name: config.restart.name, MaximumRetryCount: config.restart.maximumRetryCount},
		AutoRemove: config.autoRemove,
		CapAdd: orNull(config.capAdd),
		CapDrop: orNull(config.capDrop),
		CgroupnsMode: config.cgroupns,
		Dns: config.dns,
		DnsOptions: config.dnsOptions,
		DnsSearch: config.dnsSearch,
		ExtraHosts: orNull(config.extraHosts),
		GroupAdd: orNull(config.groupAdd),
		IpcMode: config.ipc,
		PidMode: config.pid,
		UTSMode: config.uts,
		UsernsMode: config.userns,
		Cgroup: '',
		CgroupParent: engine.cgroupParent,
		Links: orNull(hostLinks(engine, record)),
		Privileged: config.privileged,
		ReadonlyRootfs: config.readOnly,
		SecurityOpt: orNull(config.securityOpt),
		ShmSize: config.shmSize,
		Sysctls: config.sysctls,
		Runtime: config.runtime,
		Isolation: '',
		...(config.init && {Init: true}),
		Annotations: config.annotations,
		Devices: config.devices.map(device => {
			const [host = '', inside = host, access = 'rwm'] = device.split(':');
			return {PathOnHost: host, PathInContainer: inside, CgroupPermissions: access};
		}),
		Ulimits: config.ulimits.map(({name, soft, hard}) => ({Name: name, Soft: soft, Hard: hard})),
		MaskedPaths: config.privileged ? null : maskedPaths(config.hardened),
		ReadonlyPaths: config.privileged ? null : readonlyPaths(config.hardened),
	};
}

function mountConfig({mounts}: ContainerRecord['config']): Record<string, unknown> {
	const binds = mounts.filter(({type, anonymous}) => type !== 'tmpfs' && !anonymous);
	const tmpfs = mounts.filter(({type}) => type === 'tmpfs');
	return {
		Binds: orNull(binds.map(({source, name, target, readOnly}) => `${name ?? source}:${target}${readOnly ? ':ro' : ''}`)),
		Tmpfs: tmpfs.length === 0 ? undefined : Object.fromEntries(tmpfs.map(({target, options}) => [target, options.join(',')])),
		VolumeDriver: '',
		VolumesFrom: null,
		ContainerIDFile: '',
		ConsoleSize: [0, 0],
	};
}

function resourceConfig(resources: ContainerRecord['config']['resources']): Record<string, unknown> {
	const rates = (list: ReadonlyArray<{path: string; rate: number}> = []): unknown => list.map(({path, rate}) => ({Path: path, Rate: rate}));
	const {memory = 0, memorySwap = 0} = resources;
	return {
		Memory: memory,
		MemorySwap: memorySwap === 0 ? memory * 2 : memorySwap,
		MemoryReservation: resources.memoryReservation ?? 0,
		MemorySwappiness: null,
		OomKillDisable: null,
		OomScoreAdj: resources.oomScoreAdj ?? 0,
		NanoCpus: resources.nanoCpus ?? 0,
		CpuShares: resources.cpuShares ?? 0,
		CpuPeriod: resources.cpuPeriod ?? 0,
		CpuQuota: resources.cpuQuota ?? 0,
		CpuRealtimePeriod: 0,
		CpuRealtimeRuntime: 0,
		CpusetCpus: resources.cpusetCpus ?? '',
		CpusetMems: resources.cpusetMems ?? '',
		CpuCount: 0,
		CpuPercent: 0,
		PidsLimit: resources.pidsLimit === undefined || resources.pidsLimit === 0 ? null : resources.pidsLimit,
		BlkioWeight: resources.blkioWeight ?? 0,
		BlkioWeightDevice: [],
		BlkioDeviceReadBps: rates(resources.deviceReadBps),
		BlkioDeviceWriteBps: rates(resources.deviceWriteBps),
		BlkioDeviceReadIOps: rates(resources.deviceReadIops),
		BlkioDeviceWriteIOps: rates(resources.deviceWriteIops),
		DeviceCgroupRules: null,
		DeviceRequests: null,
		IOMaximumIOps: 0,
		IOMaximumBandwidth: 0,
	};
}

function networkSettings(engine: Engine, record: ContainerRecord, live: LiveState): Record<string, unknown> {
	const store = networkStore(engine.db);
	const running = isRunning(live);
	const networks = networksOf(engine, record, running);
	return {
		Bridge: '',
		SandboxID: running ? record.id : '',
		SandboxKey: running && live.pid > 0 ? `/proc/${live.pid}/ns/net` : '',
		Ports: running ? inspectPorts(store.ports(record.id), record.config.exposed) : {},
		HairpinMode: false,
		LinkLocalIPv6Address: '',
		LinkLocalIPv6PrefixLen: 0,
		SecondaryIPAddresses: null,
		SecondaryIPv6Addresses: null,
		...defaultBridge(networks['bridge']),
		Networks: networks,
	};
}

type EndpointSettings = ReturnType<typeof inspectEndpoint>;

/** By the networks' names; host and none have no endpoint, and look like one that does not run. */
function networksOf(engine: Engine, record: ContainerRecord, isActive: boolean): Record<string, EndpointSettings> {
	const store = networkStore(engine.db);
	if (!hasAddress(record.config)) {
		const network = store.networkByName(record.config.network);
		return network === undefined ? {} : {[network.name]: inspectEndpoint(network, undefined)};
	}
	return Object.fromEntries(
		store.endpointsOfContainer(record.id).flatMap(endpoint => {
			const network = store.networkById(endpoint.networkId);
			return network ? [[network.name, inspectEndpoint(network, endpoint, {isActive, dnsNames: namesOn(record, endpoint), links: shownLinks(engine, endpoint)})]] : [];
		}),
	);
}

/** `NAME:ALIAS`, by the name of now. */
const shownLinks = (engine: Engine, {wish}: Endpoint): string[] =>
	(wish.links ?? []).flatMap(text => {
		const link = readLink(engine, text);
		return link ? [`${link.target.name}:${link.alias}`] : [];
	});

/** `HostConfig.Links`: those of the network `bridge`. */
function hostLinks(engine: Engine, {id, name}: ContainerRecord): string[] {
	const store = networkStore(engine.db);
	const bridge = store.networkByName('bridge');
	const links = store.endpointsOfContainer(id).find(({networkId}) => networkId === bridge?.id)?.wish.links ?? [];
	return links.flatMap(text => {
		const link = readLink(engine, text);
		return link ? [`/${link.target.name}:/${name}/${link.alias}`] : [];
	});
}

/** Docker repeats here what the container has on the network `bridge`. */
const defaultBridge = (seen: EndpointSettings | undefined): Record<string, unknown> => ({
	EndpointID: seen?.EndpointID ?? '',
	Gateway: seen?.Gateway ?? '',
	GlobalIPv6Address: seen?.GlobalIPv6Address ?? '',
	GlobalIPv6PrefixLen: seen?.GlobalIPv6PrefixLen ?? 0,
	IPAddress: seen?.IPAddress ?? '',
	IPPrefixLen: seen?.IPPrefixLen ?? 0,
	IPv6Gateway: seen?.IPv6Gateway ?? '',
	MacAddress: seen?.MacAddress ?? '',
});
