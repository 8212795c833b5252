import {accessSync, constants} from 'node:fs';
import {basename, isAbsolute} from 'node:path';
import {EngineError} from '../errors/error.ts';

/** Where the engine keeps the state of its runtimes, and what it has to run. */
export type RuntimePlace = {readonly state: string; readonly defaultRuntime: string; readonly native: {readonly runtime: string}};

/** What is run, and what stands before the verb. */
export type RuntimeProgram = {readonly runtime: string; readonly runtimeArgs: readonly string[]};

/** Others that are known by name; any that has their command line may be named by its path. */
export const otherRuntimes = ['crun', 'runc'] as const;
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** `hawser` is the engine's default. Another runtime gets its root file system from ours, which then becomes it (docs/decisions/0019). */
export function runtimeProgram({defaultRuntime, native}: RuntimePlace, name: string): RuntimeProgram {
	const path = name === 'hawser' ? defaultRuntime : pathOf(name);
	if (path === undefined)
		throw new EngineError({
			code: 'container.invalid',
			subject: name,
			message: `unknown or invalid runtime name: ${name}`,
			hint: `hawser is the default; ${otherRuntimes.join(' and ')} where they are installed, and any other of their kind by its path.`,
		});
	return basename(path) === 'hawser-runtime' ? {runtime: path, runtimeArgs: []} : {runtime: native.runtime, runtimeArgs: ['through', path]};
}

/** The runtimes that can be named here, and where they are. */
export const installedRuntimes = ({defaultRuntime}: Pick<RuntimePlace, 'defaultRuntime'>): Record<string, {readonly path: string}> =>
	Object.fromEntries([['hawser', defaultRuntime], ...otherRuntimes.map(name => [name, pathOf(name)])].flatMap(([name, path]) => (path === undefined ? [] : [[name, {path}]])));

/** What a runtime gives as its reason, without the parts of it that met the trouble. */
export const bareReason = (text: string): string =>
	text
		.replace(/^hawser-runtime: /, '')
		.replace(/^(container: )?(program|user): /, '')
		.replace(/^(runc create failed: |exec failed: )?(unable to start container process: )?/, '');

function pathOf(name: string): string | undefined {
	if (isAbsolute(name)) return isProgram(name) ? name : undefined;
	return otherRuntimes.some(other => other === name) ? folders.map(folder => `${folder}/${name}`).find(isProgram) : undefined;
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
