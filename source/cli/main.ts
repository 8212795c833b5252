/**
 * Where `hawser` begins. The commands that scripts and fingers call all day come from one file each way of use (`look.ts`, `life.ts`), since
 * each file that Node has to load costs as much as their work; all others, and every help, from the whole program.
 */
const LOOK: readonly string[] = ['ps', 'images', 'logs', 'inspect', 'version'];
const LIFE: readonly string[] = ['run', 'create', 'start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'rm', 'wait', 'attach', 'exec'];

async function runProgram(words: readonly string[]): Promise<number> {
	const [name = '', ...rest] = words;
	if (!rest.includes('--help')) {
		if (LOOK.includes(name)) return (await import('./look.ts')).runLook(name, rest);
		if (LIFE.includes(name)) return (await import('./life.ts')).runLife(name, rest);
	}
	return (await import('./program.ts')).runProgram(words);
}

process.exit(await runProgram(process.argv.slice(2)));
