import {rmSync, writeFileSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {randomHex} from '../platform/random.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import type {Endpoint, EndpointWish, Network} from '../network/model.ts';
import {ensureDefaultNetworks, resolveNetwork} from '../network/network.ts';
import {networkStore} from '../network/store.ts';
import {replaceFile} from '../platform/files.ts';
import {mendNetwork, unplugNetwork} from '../runtime/network.ts';
import {rewriteEtcFiles} from './etc.ts';
import {resolveLink} from './links.ts';
import {isRunning, readLive} from './live.ts';
import {checkWish, currentSetup, hasAddress, leaseOn, partialPlan} from './network.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, findRecord} from './record.ts';
import {replaceUses} from './uses.ts';
import {checkWords} from './validate.ts';

const refused = (subject: string, message: string): EngineError => new EngineError({code: 'container.invalid', subject, message});

/** Its own network namespace, and one that may have interfaces. */
function checkMode({name, config}: ContainerRecord, network: Network): void {
	if (network.name === 'host' || config.network === 'host') throw refused(name, 'container cannot be disconnected from host network or connected to host network');
	if (network.name === 'none' || config.network === 'none')
		throw refused(name, 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
	if (!hasAddress(config)) throw refused(name, 'container sharing network namespace with another container or host cannot be connected to any other network');
}

/** Gives a container a place on a network; one that runs has it at once. */
export async function connectContainer(engine: Engine, reference: string, ref: string, wish: EndpointWish = {}): Promise<void> {
	const store = networkStore(engine.db);
	ensureDefaultNetworks(store, engine.store);
	const network = resolveNetwork(store, reference);
	const record = findRecord(engine.db, ref);
	checkMode(record, network);
	checkWords(wish);
	checkWish(network, wish);
	const links = wish.links?.map(link => resolveLink(engine, link));
	const endpoint = store.transaction(() => {
		if (endpointOn(engine, record, network) !== undefined)
			throw new EngineError({code: 'network.exists', subject: record.name, message: `endpoint with name ${record.name} already exists in network ${network.name}`});
		return leaseOn(engine, store, record.id, network, {...wish, ...(links && {links})});
	});
	try {
		await refreshNetwork(engine, record);
	} catch (error) {
		store.transaction(() => store.deleteEndpoint(endpoint.id));
		await unplug(engine, record, network, endpoint).catch(() => undefined);
		throw error;
	}
	announce(engine, 'connect', network, record);
}

/** `force`: one that is not there is disconnected already. */
export async function disconnectContainer(engine: Engine, reference: string, ref: string, {force = false}: {readonly force?: boolean} = {}): Promise<void> {
	const store = networkStore(engine.db);
	ensureDefaultNetworks(store, engine.store);
	const network = resolveNetwork(store, reference);
	const record = force ? recordOrNone(engine, ref) : findRecord(engine.db, ref);
	if (record === undefined) return;
	if (network.name === 'host') throw refused(record.name, 'container cannot be disconnected from host network or connected to host network');
	const endpoint = endpointOn(engine, record, network);
	if (endpoint === undefined)
		throw new EngineError({code: 'network.not-connected', subject: record.name, message: `container ${record.id} is not connected to network ${network.name}`});
	await unplug(engine, record, network, endpoint);
	store.transaction(() => store.deleteEndpoint(endpoint.id));
	await refreshNetwork(engine, record);
	announce(engine, 'disconnect', network, record);
}

function recordOrNone(engine: Engine, ref: string): ContainerRecord | undefined {
	try {
		return findRecord(engine.db, ref);
	} catch (error) {
		if (!isEngineError(error, 'container.not-found')) throw error;
		return undefined;
	}
}

const endpointOn = (engine: Engine, {id}: ContainerRecord, network: Network): Endpoint | undefined =>
	networkStore(engine.db)
		.endpointsOfContainer(id)
		.find(({networkId}) => networkId === network.id);

const pidOf = (engine: Engine, id: string): number => {
	const live = readLive(engine, id);
	return isRunning(live) ? live.pid : 0;
};

/** Makes a running container's interfaces, names and files what the records say. Its plan stays: whoever takes it down needs it. */
export async function refreshNetwork(engine: Engine, record: ContainerRecord): Promise<void> {
	const pid = pidOf(engine, record.id);
	if (pid === 0 || !hasAddress(record.config)) return;
	const setup = currentSetup(engine, record);
	const path = `${liveFolder(engine, record.id)}/net-plan`;
	replaceFile(path, setup.plan ?? '', 0o600);
	replaceUses(engine, record, setup.endpoints);
	await mendNetwork(engine, path, pid);
	rewriteEtcFiles(engine, record, setup);
}

async function unplug(engine: Engine, record: ContainerRecord, network: Network, endpoint: Endpoint): Promise<void> {
	const pid = pidOf(engine, record.id);
	if (pid === 0) return;
	const path = `${engine.state}/unplug-${randomHex(6)}`;
	writeFileSync(path, partialPlan(engine, record, [{network, endpoint}]), {mode: 0o600, flag: 'wx'});
	try {
		await unplugNetwork(engine, path, pid);
	} finally {
		rmSync(path, {force: true});
	}
}

const announce = (engine: Engine, action: 'connect' | 'disconnect', {id, name, driver}: Network, {id: container}: ContainerRecord): void =>
	recordEvent(engine, {type: 'network', action, id, attributes: {container, name, type: driver}});
