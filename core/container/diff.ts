import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {diffView} from '../snapshot/view.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {snapshots} from './place.ts';
import {findRecord} from './record.ts';

/** `C`hanged, `A`dded or `D`eleted, as against the image. */
export type FileChange = {readonly kind: 'C' | 'A' | 'D'; readonly path: string};

/** What the container did to its files, by path. */
export async function diffContainer(engine: Engine, ref: string): Promise<FileChange[]> {
	const record = findRecord(engine.db, ref);
	const result = await runProgram(engine.native.layer, ['diff', ...diffView(snapshots(engine).mountable(record.id, record.config.chainIds))]);
	if (result.code !== 0)
		throw new EngineError({code: 'container.not-read', subject: record.name, message: `cannot compare the files of ${record.name}: ${reasonOf(result, engine.native.layer)}`});
	// A folder on the way to several changes may be told more than once.
	return [...new Set(result.stdout.split('\0'))]
		.filter(line => line !== '')
		.map(line => ({kind: line[0] as FileChange['kind'], path: line.slice(2)}))
		.sort((a, b) => (a.path < b.path ? -1 : 1));
}
