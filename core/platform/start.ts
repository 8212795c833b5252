import {type ChildProcess, spawn} from 'node:child_process';

export type Program = ChildProcess;

/** Starts a helper that is talked to while it works: empty environment, cwd `/`, all of `pipes` descriptors from 0 on are pipes. */
export const startProgram = (program: string, args: readonly string[], pipes: number): Program =>
	spawn(program, args, {cwd: '/', env: {}, stdio: Array.from({length: pipes}, () => 'pipe' as const)});
