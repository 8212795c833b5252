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

/** Likewise test/native/race.c, which runs a command many times beside two names that change places. */
export const compileRace = (folder: string): string => compile('race', folder);

/** Likewise test/native/strike.c, which kills a command at one of its system calls. */
export const compileStrike = (folder: string): string => compile('strike', folder);

/** How often a row that is won by timing is tried; 2,000 for the long run. */
export const RACES = Number(process.env['HAWSER_TEST_RACES'] ?? 20);

export type Outcome = {readonly count: number; readonly code: number; readonly out: string; readonly err: string};
/** `left`: how often something of a try was still there after it; `touched`: how often something of the host had changed. */
export type Race = {readonly tries: number; readonly left: number; readonly touched: number; readonly outcomes: readonly Outcome[]};

export type RaceOptions = {
	/** Two paths that change places all the while. */
	readonly swap?: readonly [string, string];
	readonly gone?: readonly string[];
	readonly empty?: readonly string[];
	readonly same?: readonly string[];
	/** Folders that are taken away after each try. */
	readonly rmdir?: readonly string[];
	readonly tries?: number;
};

/** Runs the command again and again; `program` is what compileRace() gave. */
export function race(program: string, command: readonly string[], {swap, gone = [], empty = [], same = [], rmdir = [], tries = RACES}: RaceOptions): Race {
	const watch = Object.entries({gone, empty, same, rmdir}).flatMap(([verb, paths]) => paths.flatMap(path => [verb, path]));
	const words = [String(tries), ...(swap === undefined ? [] : ['swap', ...swap]), ...watch, '--', ...command];
	const out = execFileSync(program, words, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 600_000, maxBuffer: 2 ** 24});
	return JSON.parse(out) as Race;
}
