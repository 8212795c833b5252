import type {Engine} from '../engine/engine.ts';
import {imageRow} from '../image/record.ts';
import type {NetworkStore, PortLease} from '../network/model.ts';
import {parseExpose} from '../network/publish.ts';
import {networkStore} from '../network/store.ts';
import type {Digest} from '../oci/digest.ts';
import {isNever} from '../platform/time.ts';
import {matcher} from './filter.ts';
import {isRunning, type LiveState, readLive} from './live.ts';
import {hasAddress} from './network.ts';
import type {ContainerSummary, PublishedPort} from './model.ts';
import type {ListOptions} from './options.ts';
import {cgroupOf} from './place.ts';
import {allRecords, type ContainerRecord, findRecord} from './record.ts';
import {sizeOfChanges} from './size.ts';

/** Newest first. Asks no container anything: it reads what the monitors wrote, so that a stuck one holds nobody up. */
export function listContainers(engine: Engine, {all = false, limit, size = false, filters = new Map()}: ListOptions = {}): ContainerSummary[] {
	const toSummary = summarizer(engine);
	const matches = matcher(engine, filters);
	// A word about the state means: of all states.
	const everyState = all || limit !== undefined || filters.has('status') || filters.has('exited');
	const found: ContainerSummary[] = [];
	for (const record of allRecords(engine.db)) {
		if (limit !== undefined && found.length >= limit) break;
		const live = readLive(engine, record.id);
		if (!everyState && !isRunning(live)) continue;
		const summary = toSummary(record, live);
		if (!matches(summary, record)) continue;
		found.push(size ? withSizes(engine, summary, record) : summary);
	}
	return found;
}

function withSizes(engine: Engine, summary: ContainerSummary, record: ContainerRecord): ContainerSummary {
	const sizeRw = sizeOfChanges(engine, record);
	return {...summary, sizeRw, sizeRootFs: sizeRw + Number(imageRow(engine.db, summary.imageId as Digest)?.['size'] ?? 0)};
}

/** By id, name or the unique beginning of an id. */
export function findContainer(engine: Engine, ref: string): ContainerSummary {
	const record = findRecord(engine.db, ref);
	return summarizer(engine)(record, readLive(engine, record.id));
}

/** Reads what the networks have recorded once, for as many containers as there are. */
function summarizer(engine: Engine): (record: ContainerRecord, live: LiveState) => ContainerSummary {
	const store = networkStore(engine.db);
	let addresses: Map<string, NamedEndpoint[]> | undefined;
	let leases: Map<string, PortLease[]> | undefined;
	const endpointsOf = (id: string): readonly NamedEndpoint[] => (addresses ??= allEndpoints(store)).get(id) ?? [];
	const portsOf = (id: string): PortLease[] => (leases ??= Map.groupBy(store.ports(), ({containerId}) => containerId)).get(id) ?? [];
	return (record, live) => {
		const running = isRunning(live);
		return summarize(engine, record, live, {networks: toNetworks(record, endpointsOf(record.id), running), ports: running ? toPorts(record, portsOf(record.id)) : []});
	};
}

type NamedEndpoint = {readonly containerId: string; readonly network: string; readonly address: string | null};

const allEndpoints = (store: NetworkStore): Map<string, NamedEndpoint[]> => {
	const names = new Map(store.networks().map(({id, name}) => [id, name]));
	return Map.groupBy(
		store.endpoints().map(({containerId, networkId, address, address6}) => ({containerId, network: names.get(networkId) ?? networkId, address: address ?? address6})),
		({containerId}) => containerId,
	);
};

/** Where a container is, or would be if it ran. */
const toNetworks = ({config}: ContainerRecord, endpoints: readonly NamedEndpoint[], running: boolean): ContainerSummary['networks'] =>
	hasAddress(config) ? Object.fromEntries(endpoints.map(({network, address}) => [network, {ip: running ? (address ?? '') : ''}])) : {[config.network]: {ip: ''}};

function toPorts({config}: ContainerRecord, leases: readonly PortLease[]): PublishedPort[] {
	const published = leases.map(({protocol, containerPort, hostIp, hostPort}) => ({protocol, containerPort, hostIp, hostPort}));
	const exposed = config.exposed
		.flatMap(text => parseExpose(text))
		.filter(({protocol, port}) => !published.some(other => other.protocol === protocol && other.containerPort === port));
	return [...published, ...exposed.map(({protocol, port}) => ({protocol, containerPort: port}))];
}

/** As Docker shows it: an argument with a blank stands in quotes. */
const commandText = ([path = '', ...args]: readonly string[]): string => [path, ...args.map(word => (word.includes(' ') ? `'${word}'` : word))].join(' ');

type NetworkView = Pick<ContainerSummary, 'networks' | 'ports'>;

function summarize(engine: Engine, record: ContainerRecord, live: LiveState, view: NetworkView): ContainerSummary {
	const {config} = record;
	return {
		id: record.id,
		name: record.name,
		image: record.image,
		imageId: record.imageId,
		command: commandText([...config.entrypoint, ...config.command]),
		createdAt: record.createdAt,
		status: live.status,
		...(live.note !== undefined && {note: live.note}),
		...(live.health !== undefined && {health: live.health}),
		...(!isNever(live.startedAt) && {startedAt: live.startedAt}),
		...(!isNever(live.finishedAt) && {finishedAt: live.finishedAt}),
		...(live.exitCode !== undefined && {exitCode: live.exitCode}),
		oomKilled: live.oomKilled,
		restartCount: live.restarts,
		pid: live.pid,
		ports: view.ports,
		networks: view.networks,
		mounts: config.mounts.filter(({asked}) => asked === undefined || !('tmpfs' in asked)).map(({name, source}) => name ?? source),
		labels: config.labels,
		cgroup: cgroupOf(engine, record),
		resources: config.resources,
		tty: config.tty,
	};
}
