import {EngineError} from '../errors/error.ts';
import {readPairs} from '../layer/info.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import type {Mountable, SnapshotUsage} from './model.ts';
import {usageCommand} from './view.ts';

export async function measure(helper: string, of: Mountable): Promise<SnapshotUsage> {
	const result = await runProgram(helper, usageCommand(of));
	const folder = of.kind === 'plain' ? of.tree : of.upper;
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-measured', subject: folder, message: `cannot measure ${folder}: ${reasonOf(result, helper)}`});
	const fields = readPairs(result.stdout);
	return {bytes: Number(fields.get('bytes')), inodes: Number(fields.get('inodes'))};
}

/** Folders of the container `id`, whether they are there or not. */
export async function removeFolders(helper: string, id: string, folders: readonly string[]): Promise<void> {
	const result = await runProgram(helper, ['remove', ...folders]);
	if (result.code !== 0) throw new EngineError({code: 'snapshot.not-removed', subject: id, message: `cannot remove the writable layer of ${id}: ${reasonOf(result, helper)}`});
}
