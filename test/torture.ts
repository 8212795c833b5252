// npm run torture [-- POINTS [VERB…]]: kills commands at as many points as are asked for (500), and makes system calls of them fail (200 each), and looks after each
// whether the store is whole and the command can be given again.
import {torture, type TortureVerb} from './helpers/torture.ts';

const [points = '500', ...chosen] = process.argv.slice(2);
const verbs = (chosen.length > 0 ? chosen : ['pull', 'load', 'commit', 'rmi', 'prune']) as TortureVerb[];
let bad = 0;
for (const errors of [[], ['ENOSPC', 'EIO', 'EMFILE']])
	for (const verb of verbs) {
		const what = `${verb}, ${errors.length === 0 ? 'killed' : 'with errors'}`;
		const result = await torture(verb, {
			points: errors.length === 0 ? Number(points) : Math.ceil(Number(points) * 0.4),
			errors,
			onPoint: (done, failures) => process.stderr.isTTY && process.stderr.write(`\r${what}: ${done} points, ${failures} failures\u001b[K`),
		});
		console.log(`\r${what}: ${result.points} points, ${result.failures.length} failures`);
		for (const failure of result.failures) console.log(`  ${failure}`);
		bad += result.failures.length;
	}
process.exitCode = bad === 0 ? 0 : 1;
