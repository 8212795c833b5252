import {verb as exec} from '../commands/exec.ts';
import {verb as images} from '../commands/images.ts';
import {inspectAny as inspect} from '../commands/inspect.ts';
import {verb as logs} from '../commands/logs.ts';
import {verb as ps} from '../commands/ps.ts';
import {verb as version} from '../commands/version.ts';
import {runVerb} from './run-verb.ts';
import type {Verb} from './verb.ts';

const verbs: Readonly<Record<string, Verb>> = {exec, images, inspect, logs, ps, version};

/** The commands that have to be quick, bundled into one file; see `main.ts`. */
export async function runHot(name: string, words: readonly string[]): Promise<number> {
	const wholeProgram = async (): Promise<number> => (await import('./program.ts')).runProgram([name, '--help']);
	const verb = verbs[name];
	return verb === undefined ? wholeProgram() : runVerb({verb, path: `hawser ${name}`, words, globals: {debug: false}, showHelp: wholeProgram});
}
