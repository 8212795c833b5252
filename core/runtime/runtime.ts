import {EngineError} from '../errors/error.ts';
import {debug} from '../platform/debug.ts';
import {type RunResult, reasonOf, runProgram} from '../platform/run.ts';
import {type RuntimePlace, runtimeProgram} from './choice.ts';

/** A container's id, and the runtime that it was made with. */
export type RuntimeSubject = {readonly id: string; readonly config: {readonly runtime: string}};

/** Any OCI runtime: hawser-runtime, crun, runc. The monitor drives it while there is one; these are for when there is none. */
async function runRuntime(place: RuntimePlace, {config}: RuntimeSubject, args: readonly string[], input?: string): Promise<RunResult> {
	const {runtime, runtimeArgs} = runtimeProgram(place, config.runtime);
	const result = await runProgram(runtime, [...runtimeArgs, '--root', `${place.state}/runtime`, ...args], {
		...(input !== undefined && {input}),
		env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'},
	});
	debug('runtime', args.join(' '), {code: result.code, stderr: result.stderr});
	return result;
}

/** Ends what is left of a container and takes its cgroup and state away; fine when nothing is left. */
export async function deleteFromRuntime(place: RuntimePlace, subject: RuntimeSubject): Promise<void> {
	const result = await runRuntime(place, subject, ['delete', '--force', subject.id]);
	if (result.code !== 0 && !/does not exist|not found|no such/i.test(result.stderr)) throw runtimeFailed('delete', subject, result);
}

/** To the init process, which the runtime reaches by pidfd. */
export async function signalByRuntime(place: RuntimePlace, subject: RuntimeSubject, signal: number): Promise<void> {
	const result = await runRuntime(place, subject, ['kill', subject.id, String(signal)]);
	if (result.code !== 0) throw runtimeFailed('kill', subject, result);
}

/** New limits for a running container, in the words of the specification's `linux.resources`. */
export async function updateByRuntime(place: RuntimePlace, subject: RuntimeSubject, resources: object): Promise<void> {
	const result = await runRuntime(place, subject, ['update', '--resources', '-', subject.id], JSON.stringify(resources));
	if (result.code !== 0) throw new EngineError({code: 'runtime.failed', subject: subject.id, message: reasonOf(result, subject.config.runtime)});
}

const runtimeFailed = (verb: string, {id, config}: RuntimeSubject, result: RunResult): EngineError =>
	new EngineError({code: 'runtime.failed', subject: id, message: `cannot ${verb} container ${id.slice(0, 12)}: ${reasonOf(result, config.runtime)}`});
