import {spawnHelper} from '../platform/run-sync.ts';
import type {Engine} from '../engine/engine.ts';
import {decodeFields, numberField} from '../monitor/fields.ts';
import {usageCommand} from '../snapshot/view.ts';
import {snapshots} from './place.ts';
import type {ContainerRecord} from './record.ts';

/** Bytes that the container has added and changed, as the helper counts them: the container shaped that tree. */
export function sizeOfChanges(engine: Engine, {id, config}: Pick<ContainerRecord, 'id' | 'config'>): number {
	const output = spawnHelper(engine.native.layer, usageCommand(snapshots(engine).mountable(id, config.chainIds)));
	return output === undefined ? 0 : numberField(decodeFields(output), 'bytes');
}
