import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

/** Compiles test/native/probe.c, static, into `folder`; gives its path. */
export function compileProbe(folder: string): string {
	const path = `${folder}/probe`;
	execFileSync('cc', ['-static', '-O1', '-o', path, fileURLToPath(new URL('../native/probe.c', import.meta.url))]);
	return path;
}
