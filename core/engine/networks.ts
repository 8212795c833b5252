import {rmSync, writeFileSync} from 'node:fs';
import {isActive} from '../container/network.ts';
import {randomHex} from '../platform/random.ts';
import {nameOf} from '../container/record.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {inspectNetwork as toInspect} from '../network/inspect.ts';
import type {Network} from '../network/model.ts';
import {createNetwork as create, ensureDefaultNetworks, type NetworkRequest, pruneNetworks as prune, removeNetwork as remove, resolveNetwork} from '../network/network.ts';
import {bridgePlan} from '../network/plan.ts';
import {networkStore} from '../network/store.ts';
import {runBridge} from '../runtime/network.ts';
import type {Engine} from './engine.ts';

/** A line of `network ls`; also the JSON of `network inspect`. */
export type NetworkSummary = ReturnType<typeof toInspect>;

type Filters = ReadonlyMap<string, readonly string[]>;

const storeOf = (engine: Engine): ReturnType<typeof networkStore> => {
	const store = networkStore(engine.db);
	ensureDefaultNetworks(store, engine.store);
	return store;
};

/** With the containers that are on it now. */
const summarize = (engine: Engine, network: Network): NetworkSummary => {
	const endpoints = networkStore(engine.db).endpointsOfNetwork(network.id);
	return toInspect(
		network,
		endpoints.filter(({containerId}) => isActive(engine, containerId)),
		id => nameOf(engine.db, id),
	);
};

export function listNetworks(engine: Engine, {filters = new Map()}: {readonly filters?: Filters} = {}): NetworkSummary[] {
	const matches = filterOf(filters);
	return storeOf(engine)
		.networks()
		.map(network => summarize(engine, network))
		.filter(matches);
}

export const inspectNetwork = (engine: Engine, reference: string): NetworkSummary => summarize(engine, resolveNetwork(storeOf(engine), reference));

export function createNetwork(engine: Engine, request: NetworkRequest): {id: string; name: string} {
	const {id, name, driver} = create(storeOf(engine), engine.store, request);
	recordEvent(engine, {type: 'network', action: 'create', id, attributes: {name, type: driver}});
	return {id, name};
}

export async function removeNetwork(engine: Engine, reference: string): Promise<void> {
	await takeAway(engine, [
		remove(
			storeOf(engine),
			reference,
			id => isActive(engine, id),
			id => nameOf(engine.db, id),
		),
	]);
}

/** Networks that no container is on, running or not. */
export async function pruneNetworks(engine: Engine, {filters = new Map()}: {readonly filters?: Filters} = {}): Promise<{deleted: string[]}> {
	const matches = filterOf(filters);
	const removed = prune(
		storeOf(engine),
		id => isActive(engine, id),
		network => !matches(summarize(engine, network)),
	);
	await takeAway(engine, removed);
	return {deleted: removed.map(({name}) => name)};
}

/** The bridges go after the records: left over by a crash, they are taken away with the store's next reset. */
async function takeAway(engine: Engine, networks: readonly Network[]): Promise<void> {
	if (networks.length === 0) return;
	const plan = `${engine.state}/unbridge-${randomHex(6)}`;
	writeFileSync(plan, bridgePlan(engine.store, networks), {mode: 0o600, flag: 'wx'});
	try {
		await runBridge(engine, 'unbridge', plan);
	} finally {
		rmSync(plan, {force: true});
	}
	for (const {id} of networks) rmSync(`${engine.state}/names/networks/${id}`, {recursive: true, force: true});
	for (const {id, name, driver} of networks) recordEvent(engine, {type: 'network', action: 'destroy', id, attributes: {name, type: driver}});
}

const BUILT_IN: readonly string[] = ['bridge', 'host', 'none'];

const tests: Readonly<Record<string, (network: NetworkSummary, value: string) => boolean>> = {
	driver: ({Driver}, value) => Driver === value,
	id: ({Id}, value) => Id.startsWith(value),
	label: ({Labels}, value) => hasLabel(Labels, value),
	'label!': ({Labels}, value) => !hasLabel(Labels, value),
	name: ({Name}, value) => Name.includes(value),
	scope: ({Scope}, value) => Scope === value,
	type: ({Name}, value) => (value === 'builtin') === BUILT_IN.includes(Name),
	dangling: ({Containers}, value) => (Object.keys(Containers).length === 0) === (value === 'true' || value === '1'),
	until: ({Created}, value) => Date.parse(Created) < Number(value),
};

const hasLabel = (labels: Readonly<Record<string, string>>, wanted: string): boolean => {
	const at = wanted.indexOf('=');
	return at < 0 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
};

function filterOf(filters: Filters): (network: NetworkSummary) => boolean {
	for (const key of filters.keys()) if (!Object.hasOwn(tests, key)) throw new EngineError({code: 'filter.invalid', subject: key, message: `invalid filter '${key}'`});
	return network => [...filters].every(([key, values]) => values.some(value => tests[key]?.(network, value)));
}
