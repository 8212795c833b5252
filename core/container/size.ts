import {spawnHelper} from '../platform/run-sync.ts';
import type {Engine} from '../engine/engine.ts';
import {decodeFields, numberField} from '../monitor/fields.ts';
import {writableLayer} from '../snapshot/overlay.ts';

/** Bytes of the writable layer, as the helper counts them: the container shaped that tree. */
export function sizeOfUpper(engine: Engine, id: string): number {
	const output = spawnHelper(engine.native.layer, ['size', writableLayer(engine.root, id).upper]);
	return output === undefined ? 0 : numberField(decodeFields(output), 'bytes');
}
