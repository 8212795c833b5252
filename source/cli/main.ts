/**
 * Where `hawser` begins. The commands that scripts and fingers call all day come from one script each way of use (`look.ts`, `life.ts`), since
 * each file that Node has to load costs as much as their work; the console from a file of its own. All others, and every help, come from the whole program.
 */
import {enableCompileCache} from 'node:module';
import {refuseRemote} from './docker-env.ts';
import {loadScript} from './script.ts';

/** The scripts' names in dist/, as the build has drawn them. */
declare const HAWSER_LOOK: string;
declare const HAWSER_LIFE: string;

const LOOK: readonly string[] = ['ps', 'images', 'logs', 'inspect', 'version'];
const LIFE: readonly string[] = ['run', 'create', 'start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'rm', 'wait', 'attach', 'exec'];

const STORE: Readonly<Record<string, string>> = {'--root': 'HAWSER_ROOT', '--state': 'HAWSER_STATE'};

/** `--root DIR --state DIR` before the verb say the same as the environment: in its form they cost the quick commands nothing. */
function takeStore(words: readonly string[]): {readonly store: Readonly<Record<string, string>>; readonly rest: readonly string[]} {
	const store: Record<string, string> = {};
	let at = 0;
	for (; ; at += 2) {
		const variable = STORE[words[at] ?? ''];
		const value = words[at + 1];
		if (variable === undefined || value === undefined || value === '') return {store, rest: words.slice(at)};
		store[variable] = value;
	}
}

async function runProgram(words: readonly string[]): Promise<number> {
	const refusal = refuseRemote(process.env);
	if (refusal !== undefined) {
		process.stderr.write(`Error: ${refusal}\n`);
		return 1;
	}
	const {store, rest: verb} = takeStore(words);
	const [name = '', ...rest] = verb;
	if (!rest.includes('--help') && !rest.includes('--tui') && (LOOK.includes(name) || LIFE.includes(name))) {
		Object.assign(process.env, store);
		return runQuick(name, rest);
	}
	enableCompileCache(`${import.meta.dirname}/compiled`);
	if (verb.length === 0 && process.stdin.isTTY && process.stdout.isTTY) {
		Object.assign(process.env, store);
		return (await import('../console/main.tsx')).openConsole();
	}
	return (await import('./program.ts')).runProgram(words);
}

async function runQuick(name: string, words: readonly string[]): Promise<number> {
	return LOOK.includes(name)
		? runScript<typeof import('./look.ts')>(HAWSER_LOOK, name, ({runLook}) => runLook(name, words))
		: runScript<typeof import('./life.ts')>(HAWSER_LIFE, name, ({runLife}) => runLife(name, words));
}

async function runScript<T>(file: string, use: string, run: (exports: T) => Promise<number>): Promise<number> {
	const script = loadScript<T>(import.meta.dirname, file, use);
	const code = await run(script.exports);
	// What failed has run too little of it.
	if (code === 0) script.keep();
	return code;
}

void runProgram(process.argv.slice(2)).then(code => process.exit(code));
