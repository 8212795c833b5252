import {parseDevice} from '../bundle/devices.ts';
import {parseSecurity} from '../bundle/security.ts';
import {maskedPaths, readonlyPaths} from '../bundle/paths.ts';
import {cgroupLayout} from '../platform/cgroup.ts';
import type {DeviceRequest} from './model.ts';
import type {ContainerRecord} from './record.ts';

/** Where the image or the user said nothing Docker has null. */
export const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

/** Or leaves the key out. */
const orAbsent = (key: string, map: Readonly<Record<string, unknown>>): Record<string, unknown> => (Object.keys(map).length === 0 ? {} : {[key]: map});

const requestOf = ({driver, count, deviceIds, capabilities, options}: DeviceRequest): Record<string, unknown> => ({
	Driver: driver,
	Count: count,
	DeviceIDs: orNull(deviceIds),
	Capabilities: capabilities.length === 0 ? null : [capabilities],
	Options: options,
});

/** `HostConfig` of a container's inspect. */
export function inspectHostConfig({config}: ContainerRecord): Record<string, unknown> {
	return {
		...mountConfig(config),
		ContainerIDFile: config.idFile ?? '',
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
		CgroupParent: config.cgroupParent ?? '',
		Links: null,
		Privileged: config.privileged,
		ReadonlyRootfs: config.readOnly,
		SecurityOpt: config.securityOpt.length > 0 ? securityOptions(config) : orNull(securityOptions(config)),
		ShmSize: config.shmSize,
		...orAbsent('Sysctls', config.sysctls),
		...orAbsent('StorageOpt', config.storageOptions ?? {}),
		Runtime: config.runtime,
		Isolation: config.isolation ?? '',
		...(config.init && {Init: true}),
		...orAbsent('Annotations', config.annotations),
		Devices: config.devices.map(text => {
			const {host, inside, access} = parseDevice(text);
			return {PathOnHost: host, PathInContainer: inside, CgroupPermissions: access};
		}),
		DeviceRequests: config.deviceRequests?.map(requestOf) ?? null,
		Ulimits: config.ulimits.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({name, soft, hard}) => ({Name: name, Soft: soft, Hard: hard})),
		...pathsOf(config),
	};
}

/** What of /proc and /sys is hidden: null where the container is privileged, and nothing where it was asked for. */
function pathsOf({privileged, hardened, securityOpt}: ContainerRecord['config']): Record<string, unknown> {
	if (privileged) return {MaskedPaths: null, ReadonlyPaths: null};
	if (parseSecurity(securityOpt).systemPathsUnconfined === true) return {MaskedPaths: [], ReadonlyPaths: []};
	return {MaskedPaths: maskedPaths(hardened), ReadonlyPaths: readonlyPaths(hardened)};
}

/** Docker's client takes `systempaths` out; its daemon adds that nothing is labelled where the container sees the host's processes. */
function securityOptions({securityOpt, privileged, pid, ipc}: ContainerRecord['config']): string[] {
	const shown = securityOpt.filter(option => !/^systempaths[=:]/.test(option));
	const unlabelled = (privileged || pid === 'host' || ipc === 'host') && !shown.some(option => option.startsWith('label'));
	return unlabelled ? [...shown, 'label=disable'] : shown;
}

/** What was asked for, as it was asked for. */
function mountConfig({mounts, volumesFrom = []}: ContainerRecord['config']): Record<string, unknown> {
	const asked = mounts.flatMap(point => (point.asked === undefined ? [] : [{target: point.target, ...point.asked}]));
	const [binds, tmpfs, others] = [
		asked.flatMap(one => ('bind' in one ? [one.bind] : [])),
		asked.flatMap(one => ('tmpfs' in one ? [[one.target, one.tmpfs]] : [])),
		asked.flatMap(one => ('mount' in one ? [one.mount] : [])),
	];
	return {
		Binds: orNull(binds),
		...(others.length > 0 && {Mounts: others}),
		Tmpfs: tmpfs.length === 0 ? undefined : Object.fromEntries(tmpfs),
		VolumeDriver: '',
		VolumesFrom: orNull(volumesFrom),
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
		MemorySwappiness: resources.memorySwappiness ?? null,
		OomKillDisable: resources.oomKillDisable ?? (cgroupLayout().version === 1 ? false : null),
		OomScoreAdj: resources.oomScoreAdj ?? 0,
		NanoCpus: resources.nanoCpus ?? 0,
		CpuShares: resources.cpuShares ?? 0,
		CpuPeriod: resources.cpuPeriod ?? 0,
		CpuQuota: resources.cpuQuota ?? 0,
		CpuRealtimePeriod: resources.cpuRealtimePeriod ?? 0,
		CpuRealtimeRuntime: resources.cpuRealtimeRuntime ?? 0,
		CpusetCpus: resources.cpusetCpus ?? '',
		CpusetMems: resources.cpusetMems ?? '',
		CpuCount: 0,
		CpuPercent: 0,
		PidsLimit: (resources.pidsLimit ?? 0) <= 0 ? null : resources.pidsLimit,
		BlkioWeight: resources.blkioWeight ?? 0,
		BlkioWeightDevice: (resources.blkioWeightDevice ?? []).map(({path, weight}) => ({Path: path, Weight: weight})),
		BlkioDeviceReadBps: rates(resources.deviceReadBps),
		BlkioDeviceWriteBps: rates(resources.deviceWriteBps),
		BlkioDeviceReadIOps: rates(resources.deviceReadIops),
		BlkioDeviceWriteIOps: rates(resources.deviceWriteIops),
		DeviceCgroupRules: resources.deviceCgroupRules ?? null,
		IOMaximumIOps: 0,
		IOMaximumBandwidth: 0,
	};
}
