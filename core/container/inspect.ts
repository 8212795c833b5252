import {existsSync} from 'node:fs';
import {apparmorOf} from './apparmor.ts';
import type {Engine} from '../engine/engine.ts';
import {imageRow} from '../image/record.ts';
import {parseExpose} from '../network/publish.ts';
import {inspectEndpoint, inspectPorts} from '../network/inspect.ts';
import type {Endpoint} from '../network/model.ts';
import {networkStore} from '../network/store.ts';
import {isNever} from '../platform/time.ts';
import {shownName} from '../snapshot/model.ts';
import {inspectMount} from '../volume/inspect.ts';
import {hostnameOf} from './etc.ts';
import {execIds} from './exec.ts';
import {readHealth} from './health.ts';
import {inspectHostConfig, orNull} from './inspect-host.ts';
import {isRunning, type LiveState, readExit, readLive, startFile} from './live.ts';
import {readLink} from './links.ts';
import {hasAddress, namesOn} from './network.ts';
import {containerFolder, snapshots} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {sizeOfChanges} from './size.ts';

/** Docker's shape; what we do not have is there with Docker's empty value. */
export function inspectContainer(engine: Engine, ref: string, {size = false}: {readonly size?: boolean} = {}): Record<string, unknown> {
	const record = findRecord(engine.db, ref);
	const live = readLive(engine, record.id);
	const {config} = record;
	const folder = containerFolder(engine, record.id);
	// A container that has never been started has none of its files.
	const made = (name: string): string => (existsSync(startFile(engine, record.id)) ? `${folder}/${name}` : '');
	const [path = '', ...args] = [...config.entrypoint, ...config.command];
	return {
		Id: record.id,
		Created: record.createdAt,
		Path: path,
		Args: args,
		State: {...stateOf(live, readExit(engine, record.id)?.finishedAt), ...healthOf(engine, record)},
		Image: record.imageId,
		ResolvConfPath: made('resolv.conf'),
		HostnamePath: made('hostname'),
		HostsPath: made('hosts'),
		LogPath: config.logDriver !== 'json-file' ? '' : made('log/json.log'),
		Name: `/${record.name}`,
		RestartCount: live.restarts,
		Driver: shownName(engine.storageDriver),
		Platform: 'linux',
		MountLabel: '',
		ProcessLabel: '',
		AppArmorProfile: apparmorOf(config),
		ExecIDs: orNull(live.monitored ? execIds(engine, record.id) : []),
		HostConfig: {...inspectHostConfig(record), Links: orNull(hostLinks(engine, record))},
		GraphDriver: {Name: shownName(engine.storageDriver), Data: driverData(engine, record)},
		...(size && sizesOf(engine, record)),
		Mounts: config.mounts.filter(({asked}) => asked === undefined || !('tmpfs' in asked)).map(inspectMount),
		Config: configOf(record),
		NetworkSettings: networkSettings(engine, record, live),
	};
}

function sizesOf(engine: Engine, record: ContainerRecord): {SizeRw: number; SizeRootFs: number} {
	const own = sizeOfChanges(engine, record);
	return {SizeRw: own, SizeRootFs: own + Number(imageRow(engine.db, record.imageId)?.['size'] ?? 0)};
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

/** As Docker has it for its driver vfs: of one folder there is nothing to tell apart. */
function driverData(engine: Engine, {id, config}: ContainerRecord): Record<string, string> | null {
	const mountable = snapshots(engine).mountable(id, config.chainIds);
	if (mountable.kind === 'plain') return null;
	const {lower, upper, work} = mountable;
	return {LowerDir: lower.join(':'), UpperDir: upper, WorkDir: work, MergedDir: ''};
}

function configOf(record: ContainerRecord): Record<string, unknown> {
	const {config} = record;
	const volumes = config.mounts.filter(({type, anonymous, asked}) => type === 'volume' && anonymous && asked === undefined).map(({target}) => [target, {}] as const);
	return {
		Hostname: config.hostname === '' ? hostnameOf(record) : config.hostname,
		Domainname: config.domainname,
		User: config.user,
		AttachStdin: config.attach?.stdin ?? false,
		AttachStdout: config.attach?.stdout ?? false,
		AttachStderr: config.attach?.stderr ?? false,
		...(config.exposed.length > 0 && {ExposedPorts: Object.fromEntries(config.exposed.flatMap(text => parseExpose(text)).map(({port, protocol}) => [`${port}/${protocol}`, {}]))}),
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
		...(config.stopSignal !== '' && {StopSignal: config.stopSignal}),
		...(config.stopTimeout !== undefined && {StopTimeout: config.stopTimeout}),
		...(config.healthcheck !== undefined && {Healthcheck: config.healthcheck}),
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
			return network
				? [
						[
							network.name,
							inspectEndpoint(network, endpoint, {isActive, dnsNames: namesOn(record, endpoint), links: network.name === 'bridge' ? [] : shownLinks(engine, endpoint)}),
						],
					]
				: [];
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
