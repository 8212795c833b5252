import {EngineError} from '../errors/error.ts';
import {debug} from '../platform/debug.ts';
import {reasonOf, type RunResult, runProgram} from '../platform/run.ts';

/** Any OCI runtime: hawser-runtime, crun, runc. The monitor drives it while there is one; these are for when there is none. */
export type RuntimePlace = {readonly state: string; readonly defaultRuntime: string};

async function runRuntime({state, defaultRuntime}: RuntimePlace, args: readonly string[], input?: string): Promise<RunResult> {
	const result = await runProgram(defaultRuntime, ['--root', `${state}/runtime`, ...args], {
		...(input !== undefined && {input}),
		env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'},
	});
	debug('runtime', args.join(' '), {code: result.code, stderr: result.stderr});
	return result;
}

/** Ends what is left of a container and takes its cgroup and state away; fine when nothing is left. */
export async function deleteFromRuntime(place: RuntimePlace, id: string): Promise<void> {
	const result = await runRuntime(place, ['delete', '--force', id]);
	if (result.code !== 0 && !/does not exist|not found|no such/i.test(result.stderr)) throw runtimeFailed('delete', id, place.defaultRuntime, result);
}

/** To the init process, which the runtime reaches by pidfd. */
export async function signalByRuntime(place: RuntimePlace, id: string, signal: number): Promise<void> {
	const result = await runRuntime(place, ['kill', id, String(signal)]);
	if (result.code !== 0) throw runtimeFailed('kill', id, place.defaultRuntime, result);
}

/** New limits for a running container, in the words of the specification's `linux.resources`. */
export async function updateByRuntime(place: RuntimePlace, id: string, resources: object): Promise<void> {
	const result = await runRuntime(place, ['update', '--resources', '-', id], JSON.stringify(resources));
	if (result.code !== 0) throw new EngineError({code: 'runtime.failed', subject: id, message: reasonOf(result, place.defaultRuntime)});
}

const runtimeFailed = (verb: string, id: string, runtime: string, result: RunResult): EngineError =>
	new EngineError({code: 'runtime.failed', subject: id, message: `cannot ${verb} container ${id.slice(0, 12)}: ${reasonOf(result, runtime)}`});
