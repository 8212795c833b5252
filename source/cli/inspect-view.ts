import {nilList, nilMap, openMap, struct, type Value} from './template/values.ts';

/**
 * Docker's templates see Go's structs where `inspect` prints JSON: a list that JSON shows as null, or leaves out, prints as `[]`, a map as
 * `map[]`, a struct without its names; a name that is left out is no mistake. A template that fails on them is tried on the JSON.
 */
/** Each field's empty value, a Shape of its own, or a View. */
type Shape = {readonly [name: string]: Value};
type View = (value: Value) => Value;

const text = '';
const none = null;

const isObject = (value: Value): value is Readonly<Record<string, Value>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const each =
	(view: View): View =>
	value =>
		Array.isArray(value) ? value.map(view) : nilList;

const shaped =
	(shape: Shape): View =>
	value =>
		isObject(value) ? fill(value, shape) : value;

const mapOf =
	(view: View, zero: Value): View =>
	value =>
		isObject(value)
			? openMap(
					shownAs(
						value,
						Object.entries(value).map(([key, item]) => [key, view(item)]),
					),
					zero,
				)
			: nilMap;

const PORT_KEYS = new Error('value has type string; should be nat.Port');
const ports = mapOf(each(shaped({HostIp: text, HostPort: text})), PORT_KEYS);
const portSet = mapOf(shaped({}), PORT_KEYS);
const pathSet = mapOf(shaped({}), none);
const ulimit: View = value => (isObject(value) ? struct({...value}, `${String(value['Name'])}=${String(value['Soft'])}:${String(value['Hard'])}`) : value);

/** Nanoseconds as Go prints them: `1h0m0s`, `250ms`. */
function duration(value: Value): Value {
	if (typeof value !== 'number') return '0s';
	const [milliseconds, seconds] = [value / 1e6, value / 1e9];
	if (value === 0) return '0s';
	if (seconds < 1) return `${milliseconds}ms`;
	const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
	return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${Number((seconds % 60).toFixed(9))}s`;
}

const healthcheck: View = value =>
	isObject(value) ? fill(value, {Test: nilList, Interval: duration, Timeout: duration, StartPeriod: duration, StartInterval: duration, Retries: 0}) : null;

/** Go's names of fields, where JSON has others. */
const goNames: Readonly<Record<string, string>> = {
	Id: 'ID',
	HostIp: 'HostIP',
	NanoCpus: 'NanoCPUs',
	CpuShares: 'CPUShares',
	CpuPeriod: 'CPUPeriod',
	CpuQuota: 'CPUQuota',
	CpuRealtimePeriod: 'CPURealtimePeriod',
	CpuRealtimeRuntime: 'CPURealtimeRuntime',
	CpuCount: 'CPUCount',
	CpuPercent: 'CPUPercent',
	Dns: 'DNS',
	DnsOptions: 'DNSOptions',
	DnsSearch: 'DNSSearch',
};

const container: Shape = {
	Args: nilList,
	ExecIDs: nilList,
	SizeRw: none,
	SizeRootFs: none,
	Mounts: each(shaped({Type: text, Name: text, Source: text, Destination: text, Driver: text, Mode: text, RW: false, Propagation: text})),
	State: {Health: none},
	GraphDriver: {Data: nilMap, Name: text},
	NetworkSettings: {Networks: nilMap, Ports: ports},
	Config: {
		Cmd: nilList,
		Entrypoint: nilList,
		Env: nilList,
		ExposedPorts: portSet,
		Healthcheck: healthcheck,
		Labels: nilMap,
		MacAddress: text,
		OnBuild: nilList,
		Shell: nilList,
		StopSignal: text,
		StopTimeout: none,
		Volumes: pathSet,
	},
	HostConfig: {
		Annotations: nilMap,
		Binds: nilList,
		BlkioDeviceReadBps: nilList,
		BlkioDeviceReadIOps: nilList,
		BlkioDeviceWriteBps: nilList,
		BlkioDeviceWriteIOps: nilList,
		BlkioWeightDevice: nilList,
		CapAdd: nilList,
		CapDrop: nilList,
		DeviceCgroupRules: nilList,
		DeviceRequests: nilList,
		Devices: each(shaped({PathOnHost: text, PathInContainer: text, CgroupPermissions: text})),
		Dns: nilList,
		DnsOptions: nilList,
		DnsSearch: nilList,
		ExtraHosts: nilList,
		GroupAdd: nilList,
		Init: none,
		Links: nilList,
		LogConfig: {Type: text, Config: nilMap},
		MaskedPaths: nilList,
		Mounts: nilList,
		PortBindings: ports,
		ReadonlyPaths: nilList,
		RestartPolicy: {Name: text, MaximumRetryCount: 0},
		SecurityOpt: nilList,
		StorageOpt: nilMap,
		Sysctls: nilMap,
		Tmpfs: nilMap,
		Ulimits: each(ulimit),
		VolumesFrom: nilList,
	},
};

const image: Shape = {
	RepoTags: nilList,
	RepoDigests: nilList,
	Config: {
		Cmd: nilList,
		Entrypoint: nilList,
		Env: nilList,
		ExposedPorts: portSet,
		Healthcheck: healthcheck,
		Labels: nilMap,
		OnBuild: nilList,
		Shell: nilList,
		StopSignal: text,
		Volumes: pathSet,
	},
};

const network: Shape = {Labels: nilMap, Options: nilMap, Containers: nilMap, IPAM: {Options: nilMap}};
const info: Shape = {ServerErrors: nilList, ClientErrors: nilList, Warnings: nilList, Labels: nilList, DriverStatus: nilList, SecurityOptions: nilList};
const volume: Shape = {Labels: nilMap, Options: nilMap};

/** By what only such an object has. */
const shapes: ReadonlyArray<readonly [name: string, shape: Shape]> = [
	['HostConfig', container],
	['RootFS', image],
	['IPAM', network],
	['Mountpoint', volume],
	['SecurityOptions', info],
];

export const structView = (found: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> => fill(found, shapes.find(([name]) => name in found)?.[1] ?? {});

/** In Go's order, as far as the shape knows it. */
function fill(found: Readonly<Record<string, Value>>, shape: Shape): Readonly<Record<string, Value>> {
	const names = new Set([...Object.keys(shape), ...Object.keys(found)]);
	return struct(
		shownAs(
			found,
			[...names].map(name => [goNames[name] ?? name, viewOf(found[name], shape[name])]),
		),
	);
}

function viewOf(value: Value, field: Value): Value {
	if (typeof field === 'function') return (field as View)(value);
	if (field === nilMap) return isObject(value) ? openMap({...value}) : nilMap;
	if (isObject(field)) return isObject(value) ? fill(value, field) : value;
	return value === undefined ? field : (value ?? field ?? null);
}

/** What is shown whole as JSON is shown as it is. */
const shownAs = (found: object, entries: ReadonlyArray<readonly [string, Value]>): Record<string, Value> =>
	Object.defineProperty(Object.fromEntries(entries), 'toJSON', {value: () => found, enumerable: false}) as Record<string, Value>;
