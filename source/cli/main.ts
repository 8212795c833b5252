/**
 * Where `hawser` begins. The commands that scripts and fingers call all day come from one file of their own (`hot.ts`), since each file that
 * Node has to load costs as much as their work; all others, and every help, from the whole program.
 */
const HOT: readonly string[] = ['ps', 'images', 'logs', 'inspect', 'exec', 'version'];

const [name = '', ...words] = process.argv.slice(2);
const isHot = HOT.includes(name) && !words.includes('--help');
process.exit(isHot ? await (await import('./hot.ts')).runHot(name, words) : await (await import('./program.ts')).runProgram(process.argv.slice(2)));
