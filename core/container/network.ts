import type {Engine} from '../engine/engine.ts';
import {isEngineError} from '../errors/error.ts';
import {allocateEndpoint, releaseEndpoints} from '../network/endpoint.ts';
import type {Endpoint, Network, NetworkStore, PortLease} from '../network/model.ts';
import {ensureDefaultNetworks, resolveNetwork} from '../network/network.ts';
import {netPlan} from '../network/plan.ts';
import {publishAll, resolveHostPorts} from '../network/port.ts';
import {networkStore} from '../network/store.ts';
import {whoHolds} from './claim.ts';
import type {ContainerConfig} from './config.ts';
import {liveFolder} from './place.ts';
import {type ContainerRecord, nameOf} from './record.ts';

/** What a start has to know of the network; `plan` absent: the host's. */
export type NetworkSetup = {readonly plan?: string; readonly endpoint?: Endpoint; readonly network?: Network};

export const hasAddress = ({network}: Pick<ContainerConfig, 'network'>): boolean => network !== 'host' && network !== 'none';

/** An address for as long as there is a container: a start then needs no commit. Within the transaction of `create`. */
export function leaseAddress(engine: Engine, {id, config}: ContainerRecord): void {
	const store = networkStore(engine.db);
	ensureDefaultNetworks(store, engine.store);
	const network = resolveNetwork(store, config.network);
	if (network.driver !== 'bridge') return;
	lease(engine, store, id, network, config);
}

function lease(engine: Engine, store: NetworkStore, id: string, network: Network, config: ContainerConfig): Endpoint {
	const request = {ip: config.ip, mac: config.macAddress, aliases: config.networkAliases};
	try {
		return allocateEndpoint(store, id, network, request);
	} catch (error) {
		if (!isEngineError(error, 'network.pool-exhausted')) throw error;
		// Containers that do not run have to share: they get another at their next start.
		for (const {containerId} of store.endpointsOfNetwork(network.id)) if (containerId !== id && isIdle(engine, containerId)) releaseEndpoints(store, containerId);
		return allocateEndpoint(store, id, network, request);
	}
}

const isIdle = (engine: Engine, id: string): boolean => whoHolds(liveFolder(engine, id)) === 'nobody';

/** Address and ports for a start. The ports of containers that have ended by themselves are taken back here: nobody else was there to. */
export function setUpNetwork(engine: Engine, {id, config}: ContainerRecord): NetworkSetup {
	if (config.network === 'host') return {};
	const base = {storeName: engine.store, containerId: id};
	if (config.network === 'none') return {plan: netPlan({...base, endpoints: [], ports: []})};
	const store = networkStore(engine.db);
	const network = resolveNetwork(store, config.network);
	const endpoint = store.endpointsOfContainer(id).find(({networkId}) => networkId === network.id) ?? store.transaction(() => lease(engine, store, id, network, config));
	const ports = leasePorts(engine, store, id, config);
	return {plan: netPlan({...base, endpoints: [{network, endpoint}], ports}), endpoint, network};
}

function leasePorts(engine: Engine, store: NetworkStore, id: string, config: ContainerConfig): PortLease[] {
	const specs = config.publishAll ? publishAll(config.exposed, config.ports) : config.ports;
	if (specs.length === 0) return [];
	return store.transaction(() => {
		const others = new Set(store.ports().map(({containerId}) => containerId));
		for (const other of others) if (other !== id && isIdle(engine, other)) store.deletePorts(other);
		return resolveHostPorts(store, id, specs, other => nameOf(engine.db, other));
	});
}
