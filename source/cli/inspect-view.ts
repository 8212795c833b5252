import {nilList, nilMap, openMap, type Value} from './template/values.ts';

/**
 * Docker's templates see Go's structs where `inspect` prints JSON: a list that JSON shows as null, or leaves out, prints as `[]`, a map as
 * `map[]`, and a name that is left out is no mistake.
 */
type Shape = {readonly [name: string]: Value};

const text = '';
const none = null;

const container: Shape = {
	Args: nilList,
	ExecIDs: nilList,
	SizeRw: none,
	SizeRootFs: none,
	Mounts: nilList,
	State: {Health: none},
	GraphDriver: {Data: nilMap},
	NetworkSettings: {Networks: nilMap, Ports: nilMap},
	Config: {
		Cmd: nilList,
		Entrypoint: nilList,
		Env: nilList,
		ExposedPorts: nilMap,
		Healthcheck: none,
		Labels: nilMap,
		MacAddress: text,
		OnBuild: nilList,
		Shell: nilList,
		StopSignal: text,
		StopTimeout: none,
		Volumes: nilMap,
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
		Devices: nilList,
		Dns: nilList,
		DnsOptions: nilList,
		DnsSearch: nilList,
		ExtraHosts: nilList,
		GroupAdd: nilList,
		Init: none,
		Links: nilList,
		LogConfig: {Config: nilMap},
		MaskedPaths: nilList,
		Mounts: nilList,
		PortBindings: nilMap,
		ReadonlyPaths: nilList,
		SecurityOpt: nilList,
		StorageOpt: nilMap,
		Sysctls: nilMap,
		Tmpfs: nilMap,
		Ulimits: nilList,
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
		ExposedPorts: nilMap,
		Healthcheck: none,
		Labels: nilMap,
		OnBuild: nilList,
		Shell: nilList,
		StopSignal: text,
		Volumes: nilMap,
	},
};

/** By what only such an object has. */
const shapeOf = (found: Readonly<Record<string, Value>>): Shape | undefined => ('HostConfig' in found ? container : 'RootFS' in found ? image : undefined);

export function structView(found: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
	const shape = shapeOf(found);
	return shape === undefined ? found : fill(found, shape);
}

function fill(found: Readonly<Record<string, Value>>, shape: Shape): Readonly<Record<string, Value>> {
	const filled: Record<string, Value> = {...found};
	for (const [name, empty] of Object.entries(shape)) {
		const value = filled[name];
		if (empty === nilMap && typeof value === 'object' && value !== null) filled[name] = openMap({...value});
		else if (isShape(empty)) filled[name] = typeof value === 'object' && value !== null ? fill(value as Record<string, Value>, empty) : value;
		else filled[name] = value ?? empty;
	}
	// What is shown whole is shown as it is.
	return Object.defineProperty(filled, 'toJSON', {value: () => found, enumerable: false});
}

const isShape = (value: Value): value is Shape => typeof value === 'object' && value !== null && value !== nilList && value !== nilMap;
