import {type Engine, exitCodeOf, isEngineError, openEngine} from '../../core/index.ts';
import {readFlags, UsageError} from './flags.ts';
import {printError} from './output.ts';
import {parseWords} from './parser.ts';
import type {Verb} from './verb.ts';

/** What the flags before the command say. */
export type Globals = {
	readonly root?: string;
	readonly state?: string;
	readonly hardened?: boolean;
	readonly usernsRemap?: string;
	readonly storageDriver?: string;
	readonly debug: boolean;
};

export type Call = {readonly verb: Verb; readonly path: string; readonly words: readonly string[]; readonly globals: Globals; readonly showHelp: () => Promise<number>};

/** Reads the words behind a command's name, does it, and says what went wrong. */
export async function runVerb({verb, path, words, globals, showHelp: help}: Call): Promise<number> {
	let engine: Engine | undefined;
	try {
		const parsed = parseWords(verb.flags, words, {interspersed: verb.stopsAtArgument !== true});
		if (parsed.help) return await help();
		checkArity(verb, path, parsed.words);
		const open = (): Engine => (engine ??= openEngine({...globals, notice: text => printError(`WARNING: ${text}`)}));
		return await verb.run({flags: readFlags(verb.flags, parsed.values), args: parsed.words, engine: open, path});
	} catch (error) {
		return report(error, {verb, path, debug: globals.debug});
	}
	// The engine is left open: every commit is on the disk, and the last to close would have SQLite fold its log and sync twice more.
}

export type Quick = {readonly verbs: Readonly<Record<string, Verb>> /** The whole program, which has the help. */; readonly whole: (words: readonly string[]) => Promise<number>};

/** The same, for a bundle of some verbs that knows no flags before the command. */
export async function runQuick({verbs, whole}: Quick, name: string, words: readonly string[]): Promise<number> {
	const showHelp = (): Promise<number> => whole([name, '--help']);
	const verb = verbs[name];
	return verb === undefined ? showHelp() : runVerb({verb, path: `hawser ${name}`, words, globals: {debug: false}, showHelp});
}

function checkArity(verb: Verb, path: string, words: readonly string[]): void {
	const [minimum, maximum] = verb.args;
	if (words.length >= minimum && words.length <= maximum) return;
	throw new UsageError(`hawser: '${path}' ${arityText(minimum, maximum)}`, {exitCode: 1});
}

function arityText(minimum: number, maximum: number): string {
	const count = (number: number): string => `${number} argument${number === 1 ? '' : 's'}`;
	if (maximum === 0) return 'accepts no arguments';
	if (minimum === maximum) return `requires ${count(minimum)}`;
	if (minimum === 0) return `requires at most ${count(maximum)}`;
	return maximum === Infinity ? `requires at least ${count(minimum)}` : `requires at least ${minimum} and at most ${count(maximum)}`;
}

/** Of a word that is no flag, or a flag's value that is none. */
const FLAG_ERROR = 125;

function report(error: unknown, {verb, path, debug}: {verb: Verb; path: string; debug: boolean}): number {
	const more = `Run '${path} --help' for more information`;
	if (error instanceof UsageError) {
		printError([error.message, ...(error.usage ? [`Usage:  ${path} ${verb.usage}`.trimEnd()] : []), more].join('\n\n'));
		return error.exitCode ?? (error.usage ? FLAG_ERROR : (verb.misuseCode ?? verb.errorCode ?? 1));
	}
	printError(`Error: ${error instanceof Error ? error.message : String(error)}`);
	if (isEngineError(error) && error.hint !== undefined) printError(`Hint: ${error.hint}`);
	if (debug) for (let at: unknown = error; at instanceof Error; at = at.cause) printError(at.stack ?? at.message);
	return isEngineError(error) ? exitCodeOf(error, verb.errorCode ?? 1) : (verb.errorCode ?? 1);
}
