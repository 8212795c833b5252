import {writeFileSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {encodeFields} from '../monitor/fields.ts';
import {dockerDriver} from '../network/inspect.ts';
import type {Network} from '../network/model.ts';
import type {PlannedEndpoint} from '../network/plan.ts';
import {networkStore} from '../network/store.ts';
import {replaceFile} from '../platform/files.ts';
import {propagationOf} from '../volume/oci.ts';
import {liveFolder} from './place.ts';
import type {ContainerRecord} from './record.ts';

/** What a container uses of the store, for the events of its start and end, which the monitor tells. */

export const usesFile = (engine: Engine, id: string): string => `${liveFolder(engine, id)}/uses`;

/** The networks host and none have no endpoints, and are told of as well. */
function networksOf(engine: Engine, {config: {network}}: ContainerRecord, endpoints: readonly PlannedEndpoint[]): Network[] {
	if (network !== 'host' && network !== 'none') return endpoints.map(planned => planned.network);
	const plain = networkStore(engine.db).networkByName(network);
	return plain ? [plain] : [];
}

function text(engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[]): string {
	return encodeFields({
		network: networksOf(engine, record, endpoints).map(network => `${network.id} ${network.name} ${dockerDriver(network)}`),
		volume: record.config.mounts.flatMap(point =>
			point.name === undefined ? [] : [`${point.name} ${!point.readOnly} ${propagationOf(point)} ${point.target.replaceAll(/[\n\0]/g, ' ')}`],
		),
	});
}

export const writeUses = (engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[]): void =>
	writeFileSync(usesFile(engine, record.id), text(engine, record, endpoints), {mode: 0o600});

/** Of a container that runs: its monitor may be reading. */
export const replaceUses = (engine: Engine, record: ContainerRecord, endpoints: readonly PlannedEndpoint[]): void =>
	replaceFile(usesFile(engine, record.id), text(engine, record, endpoints), 0o600);
