import type {ConsoleStart} from '../console/main.tsx';
import {version} from '../../core/index.ts';
import {checkContext, checkHost, checkNoTls} from './docker-env.ts';
import {type Flag, type FlagValues, readFlags} from './flags.ts';
import {isTerminal, print, printError} from './output.ts';
import {parseWords} from './parser.ts';
import {type Globals, runVerb} from './run-verb.ts';
import {explainUnsupported} from './unsupported.ts';
import {findVerb, groups} from './verbs.ts';

const LEVELS = ['debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic', 'trace'];

const globalFlags: readonly Flag[] = [
	{name: 'root', kind: 'string', help: 'Folder of images, containers and volumes (HAWSER_ROOT)', default: '/var/lib/hawser'},
	{name: 'state', kind: 'string', help: 'Folder of what a reboot takes (HAWSER_STATE)', default: '/run/hawser'},
	{name: 'config', kind: 'string', help: 'Folder of config.json with the logins (DOCKER_CONFIG)', default: '~/.docker'},
	{name: 'context', short: 'c', kind: 'string', help: 'Accepted for scripts: default', check: checkContext},
	{name: 'debug', short: 'D', kind: 'bool', help: 'Show where an error came from'},
	{name: 'host', short: 'H', kind: 'list', help: 'Accepted for scripts: the Docker socket of this host', check: checkHost},
	{name: 'log-level', short: 'l', kind: 'string', help: 'Accepted for scripts that set it: debug, info, warn, error or fatal', default: 'info'},
	{name: 'tls', kind: 'bool', help: 'Accepted for scripts: false', check: checkNoTls},
	{name: 'tlscacert', kind: 'string', help: 'Accepted for scripts', hidden: true},
	{name: 'tlscert', kind: 'string', help: 'Accepted for scripts', hidden: true},
	{name: 'tlskey', kind: 'string', help: 'Accepted for scripts', hidden: true},
	{name: 'tlsverify', kind: 'bool', help: 'Accepted for scripts: false', check: checkNoTls},
	{name: 'hardened', kind: 'bool', help: 'Stricter defaults for new containers (HAWSER_HARDENED, engine.json)'},
	{name: 'userns-remap', kind: 'string', help: 'User ids of new containers: auto, or USER[:GROUP] of /etc/subuid (HAWSER_USERNS_REMAP)'},
	{name: 'storage-driver', kind: 'string', help: "What containers' files are kept with: auto, overlay, copy or btrfs (HAWSER_STORAGE_DRIVER, engine.json)"},
	{name: 'version', short: 'v', kind: 'bool', help: 'Print the version and quit'},
];

const ENGINE_FAILED = 125;

/** The whole program: words in, exit code out. */
export async function runProgram(words: readonly string[]): Promise<number> {
	const globals = parseGlobals(words);
	if (typeof globals === 'number') return globals;
	const {flags, help, rest} = globals;
	if (!LEVELS.includes(flags.text('log-level'))) {
		printError(`unable to parse logging level: ${flags.text('log-level')}`);
		return 1;
	}
	if (flags.given('config')) process.env['DOCKER_CONFIG'] = flags.text('config');
	if (flags.bool('version')) return say(`Hawser version ${version}\n`);
	const [name, ...more] = rest;
	if (name === undefined && !help && isTerminal(0) && isTerminal(1)) return openConsole(flags);
	if ((name === 'logs' || name === 'stats') && more.includes('--tui')) return openConsole(flags, {tab: name, name: more.find(word => !word.startsWith('-'))});
	if (name === undefined || help || name === 'help') return showHelp(name === 'help' ? more : []);
	if (Object.hasOwn(groups, name) && (more.length === 0 || more[0]?.startsWith('-'))) return showHelp([name], more.length === 0 ? 2 : 1);
	const found = findVerb(rest);
	if (found === undefined) return unknownCommand(rest);
	const verb = await found.entry.load();
	const path = `hawser ${found.path}`;
	return runVerb({verb, path, words: found.rest, globals: readGlobals(flags), showHelp: async () => say((await import('./help.ts')).verbHelp(found.entry, path, verb))});
}

const readGlobals = (globals: FlagValues): Globals => ({
	debug: globals.bool('debug'),
	...(globals.given('hardened') && {hardened: globals.bool('hardened')}),
	...(globals.given('userns-remap') && {usernsRemap: globals.text('userns-remap')}),
	...(globals.given('storage-driver') && {storageDriver: globals.text('storage-driver')}),
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

async function showHelp(words: readonly string[], descriptor = 1): Promise<number> {
	const {rootHelp, groupHelp, verbHelp} = await import('./help.ts');
	if (words[0] === undefined) return say(rootHelp(globalFlags));
	if (Object.hasOwn(groups, words[0]) && words[1] === undefined) return say(groupHelp(words[0]), descriptor);
	const found = findVerb(words);
	if (found === undefined) {
		printError(`unknown help topic: ${words.join(' ')}`);
		return 1;
	}
	if (found.rest.length > 0) {
		printError(`unknown help topic: ${found.rest.join(' ')}`);
		return 1;
	}
	return say(verbHelp(found.entry, `hawser ${found.path}`, await found.entry.load()));
}

function say(text: string, descriptor = 1): number {
	print(text, descriptor);
	return 0;
}

function unknownCommand(words: readonly string[]): number {
	const unsupported = explainUnsupported(words);
	if (unsupported !== undefined) {
		printError(`${unsupported.message}\nHint: ${unsupported.hint}`);
		return 1;
	}
	const group = words[0] !== undefined && Object.hasOwn(groups, words[0]) ? ` ${words[0]}` : '';
	const usage = group === '' ? '' : `Usage:  hawser${group}\n\n`;
	printError(`hawser: unknown command: hawser ${words.slice(0, group === '' ? 1 : 2).join(' ')}\n\n${usage}Run 'hawser${group} --help' for more information`);
	return 1;
}

async function openConsole(globals: FlagValues, start?: ConsoleStart): Promise<number> {
	const {openConsole: open} = await import('../console/main.tsx');
	const {debug: _, ...options} = readGlobals(globals);
	return open(options, start);
}
