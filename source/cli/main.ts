import {type Engine, exitCodeOf, isEngineError, openEngine, version} from '../../core/index.ts';
import {type Flag, type FlagValues, readFlags, UsageError} from './flags.ts';
import {isTerminal, print, printError} from './output.ts';
import {parseWords} from './parser.ts';
import type {Verb} from './verb.ts';
import {findVerb, groups} from './verbs.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

const globalFlags: readonly Flag[] = [
	{name: 'root', kind: 'string', help: 'Folder of images, containers and volumes (HAWSER_ROOT)', default: '/var/lib/hawser'},
	{name: 'state', kind: 'string', help: 'Folder of what a reboot takes (HAWSER_STATE)', default: '/run/hawser'},
	{name: 'debug', short: 'D', kind: 'bool', help: 'Show where an error came from'},
	{name: 'log-level', short: 'l', kind: 'string', help: 'Accepted for scripts that set it: debug, info, warn, error or fatal', default: 'info', check: checkLevel},
	{name: 'version', short: 'v', kind: 'bool', help: 'Print the version and quit'},
];

function checkLevel(level: string): void {
	if (!LEVELS.includes(level)) throw new Error(`not a logging level (${LEVELS.join(', ')})`);
}

const ENGINE_FAILED = 125;

/** The program: words in, exit code out. */
async function main(words: readonly string[]): Promise<number> {
	const globals = parseGlobals(words);
	if (typeof globals === 'number') return globals;
	const {flags, help, rest} = globals;
	if (flags.bool('version')) return say(`Hawser version ${version}\n`);
	const [name, ...more] = rest;
	if (name === undefined && !help && isTerminal(0) && isTerminal(1)) return openConsole(flags);
	if (name === undefined || help || name === 'help') return showHelp(name === 'help' ? more : []);
	if (Object.hasOwn(groups, name) && (more.length === 0 || more[0]?.startsWith('-'))) return showHelp([name]);
	const found = findVerb(rest);
	if (found === undefined) return unknownCommand(rest);
	const verb = await found.entry.load();
	const path = `hawser ${found.path}`;
	return runVerb({verb, path, words: found.rest, globals: flags, showHelp: async () => say((await import('./help.ts')).verbHelp(found.entry, path, verb))});
}

type Call = {readonly verb: Verb; readonly path: string; readonly words: readonly string[]; readonly globals: FlagValues; readonly showHelp: () => Promise<number>};

async function runVerb({verb, path, words, globals, showHelp: help}: Call): Promise<number> {
	let engine: Engine | undefined;
	try {
		const parsed = parseWords(verb.flags, words, {interspersed: verb.stopsAtArgument !== true});
		if (parsed.help) return await help();
		checkArity(verb, path, parsed.words);
		const open = (): Engine => (engine ??= openEngine(engineOptions(globals)));
		return await verb.run({flags: readFlags(verb.flags, parsed.values), args: parsed.words, engine: open, path});
	} catch (error) {
		return report(error, {verb, path, debug: globals.bool('debug')});
	}
	// The engine is left open: every commit is on the disk, and the last to close would have SQLite fold its log and sync twice more.
}

const engineOptions = (globals: FlagValues): {root?: string; state?: string} => ({
	...(globals.given('root') && {root: globals.text('root')}),
	...(globals.given('state') && {state: globals.text('state')}),
});

function parseGlobals(words: readonly string[]): number | {flags: FlagValues; help: boolean; rest: readonly string[]} {
	try {
		const {values, words: rest, help} = parseWords(globalFlags, words, {interspersed: false});
		return {flags: readFlags(globalFlags, values), help, rest};
	} catch (error) {
		printError(`${(error as Error).message}\n\nUsage:  hawser [OPTIONS] COMMAND [ARG...]\n\nRun 'hawser --help' for more information`);
		return ENGINE_FAILED;
	}
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

function report(error: unknown, {verb, path, debug}: {verb: Verb; path: string; debug: boolean}): number {
	const more = `Run '${path} --help' for more information`;
	if (error instanceof UsageError) {
		printError([error.message, ...(error.usage ? [`Usage:  ${path} ${verb.usage}`.trimEnd()] : []), more].join('\n\n'));
		return error.exitCode;
	}
	printError(`Error: ${error instanceof Error ? error.message : String(error)}`);
	if (isEngineError(error) && error.hint !== undefined) printError(`Hint: ${error.hint}`);
	if (debug || !isEngineError(error)) for (let at: unknown = error; at instanceof Error && debug; at = at.cause) printError(at.stack ?? at.message);
	return isEngineError(error) ? exitCodeOf(error, verb.errorCode ?? 1) : (verb.errorCode ?? 1);
}

async function showHelp(words: readonly string[]): Promise<number> {
	const {rootHelp, groupHelp, verbHelp} = await import('./help.ts');
	if (words[0] === undefined) return say(rootHelp(globalFlags));
	if (Object.hasOwn(groups, words[0]) && words[1] === undefined) return say(groupHelp(words[0]));
	const found = findVerb(words);
	if (found === undefined) {
		printError(`unknown help topic: ${words.join(' ')}`);
		return 1;
	}
	return say(verbHelp(found.entry, `hawser ${found.path}`, await found.entry.load()));
}

function say(text: string): number {
	print(text);
	return 0;
}

function unknownCommand(words: readonly string[]): number {
	const group = words[0] !== undefined && Object.hasOwn(groups, words[0]) ? ` ${words[0]}` : '';
	const usage = group === '' ? '' : `Usage:  hawser${group}\n\n`;
	printError(`hawser: unknown command: hawser ${words.slice(0, group === '' ? 1 : 2).join(' ')}\n\n${usage}Run 'hawser${group} --help' for more information`);
	return 1;
}

async function openConsole(globals: FlagValues): Promise<number> {
	const {openConsole: open} = await import('../console/main.tsx');
	return open(engineOptions(globals));
}

process.exit(await main(process.argv.slice(2)));
