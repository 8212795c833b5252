import {type ChildProcess, spawn} from 'node:child_process';

export type Program = ChildProcess;

/** Starts a helper that is talked to while it works: empty environment, cwd `/`, all of `pipes` descriptors from 0 on are pipes; its input may be our own. */
export const startProgram = (program: string, args: readonly string[], pipes: number, input: 'pipe' | 'inherit' = 'pipe'): Program =>
	spawn(program, args, {cwd: '/', env: {}, stdio: [input, ...Array.from({length: pipes - 1}, () => 'pipe' as const)]});
