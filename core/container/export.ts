import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {runProgram, reasonOf} from '../platform/run.ts';
import {eventAttributes} from './events.ts';
import {findRecord} from './record.ts';
import {layersView} from './view.ts';

/** Writes the container's whole file system, without its volumes, as a tar to an open descriptor. */
export async function exportContainer(engine: Engine, ref: string, output: number): Promise<void> {
	const record = findRecord(engine.db, ref);
	const result = await runProgram(engine.native.layer, ['pack', ...layersView(engine, record)], {output});
	if (result.code !== 0)
		throw new EngineError({code: 'container.not-read', subject: record.name, message: `cannot export ${record.name}: ${reasonOf(result, engine.native.layer)}`});
	recordEvent(engine, {type: 'container', action: 'export', id: record.id, attributes: eventAttributes(record)});
}
