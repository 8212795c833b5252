import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

function compile(name: string, folder: string): string {
	const path = `${folder}/${name}`;
	execFileSync('cc', ['-static', '-O1', '-o', path, fileURLToPath(new URL(`../native/${name}.c`, import.meta.url))]);
	return path;
}

/** Compiles test/native/probe.c, static, into `folder`; gives its path. */
export const compileProbe = (folder: string): string => compile('probe', folder);

/** Likewise test/native/listener.c, who answers a filter's notifications. */
export const compileListener = (folder: string): string => compile('listener', folder);
