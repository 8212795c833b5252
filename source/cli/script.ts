import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {constants, Script} from 'node:vm';

export type Loaded<T> = {readonly exports: T /** Puts what V8 has made of it by now beside it, unless that is there already. */; keep(): void};

/**
 * Runs a script of our own (CommonJS, its content's hash in its name) with the code that V8 made of it the last time, from `compiled/`
 * beside it. Node's own way keeps what is compiled at loading; this one, asked at the end, has the functions that `use` called as well. The
 * folder is trusted as the scripts are: whoever can write one can write the other.
 */
export function loadScript<T>(folder: string, name: string, use: string): Loaded<T> {
	const path = `${folder}/${name}`;
	const kept = `${folder}/compiled/${name}.${use}`;
	const cachedData = readKept(kept);
	// Latin-1, as V8 keeps it: the build has made everything else an escape.
	const source = `(function (module, __dirname) {${readFileSync(path, 'latin1')}\n})`;
	const script = new Script(source, {filename: path, ...(cachedData && {cachedData}), importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER});
	const module = {} as {exports: T};
	(script.runInThisContext() as (module: {exports: T}, folder: string) => void)(module, folder);
	const isKept = cachedData !== undefined && script.cachedDataRejected === false;
	return {exports: module.exports, keep: () => isKept || keep(script, `${folder}/compiled`, `${name}.${use}`)};
}

function readKept(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch {
		return undefined;
	}
}

/** Nobody is told when it cannot be: the next time costs as much as this one. */
function keep(script: Script, folder: string, name: string): void {
	const beside = `${folder}/${name}.${process.pid}.new`;
	try {
		mkdirSync(folder, {recursive: true, mode: 0o755});
		writeFileSync(beside, script.createCachedData(), {flag: 'wx', mode: 0o644, flush: true});
		renameSync(beside, `${folder}/${name}`);
	} catch {
		if (existsSync(beside)) rmSync(beside, {force: true});
	}
}
