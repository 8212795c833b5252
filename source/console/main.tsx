import './without-ci.ts';
import {closeEngine, type EngineOptions, findContainer, openEngine} from '../../core/index.ts';
import {setFlagsFromString} from 'node:v8';
import {openScreen, type Screen} from './screen.tsx';

/** Says in one sentence why there is no console, or nothing when there can be one. */
function whyNot(): string | undefined {
	const {TERM: term = ''} = process.env;
	if (!process.stdin.isTTY || !process.stdout.isTTY) return 'the console needs a terminal for input and output. Without one use the commands: hawser --help lists them.';
	if (term === 'dumb') return 'the console cannot draw on a terminal of the type "dumb". Set TERM to what your terminal is, for example xterm-256color.';
	return undefined;
}

function say(sentence: string): number {
	process.stderr.write(`hawser: ${sentence}\n`);
	return 1;
}

/**
 * For days on end a console makes garbage, and V8 would rather have memory than time: the nursery stays as small as it is, and the heap
 * grows in small steps. At the start of Node these flags would be for all commands, and `logs` is half as fast with them.
 */
function keepSmall(): void {
	for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=25']) setFlagsFromString(flag);
}

/** Where the console begins: a tab of one container; without a name, of the one that was looked at last. */
export type ConsoleStart = {readonly tab: 'logs' | 'stats'; readonly name: string | undefined};

/** `hawser` alone: the full-screen console, until it is left. */
export async function openConsole(options: EngineOptions = {}, start?: ConsoleStart): Promise<number> {
	const reason = whyNot();
	if (reason !== undefined) return say(reason);
	let engine: ReturnType<typeof openEngine> | undefined;
	let screen: Screen | undefined;
	keepSmall();
	try {
		engine = openEngine(options);
		const first = start?.name === undefined ? undefined : findContainer(engine, start.name);
		screen = openScreen(engine, start && {tab: start.tab, ...(first && {target: {kind: 'container', id: first.id, name: first.name}})});
		return await screen.left;
	} catch (error) {
		screen?.close();
		const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
		return say(`${error instanceof Error ? error.message : String(error)}${hint}`);
	} finally {
		if (engine) closeEngine(engine);
	}
}
