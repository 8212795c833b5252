// npm run torture [-- POINTS [VERB…]]: kills commands at as many points as are asked for (500), makes system calls of them fail (200 each) and cuts the power (200 each), and looks after each
// whether the store is whole and the command can be given again.
import {torture, type TortureVerb} from './helpers/torture.ts';

const [points = '500', ...chosen] = process.argv.slice(2);
const verbs = (chosen.length > 0 ? chosen : ['pull', 'load', 'commit', 'rmi', 'prune']) as TortureVerb[];
let bad = 0;
const kinds = {
	killed: {share: 1},
	'with errors': {share: 0.4, errors: ['ENOSPC', 'EIO', 'EMFILE']},
	'with power cuts': {share: 0.4, powerCuts: true},
};
for (const [kind, {share, ...how}] of Object.entries(kinds).filter(([name]) => process.env['HAWSER_TORTURE'] === undefined || name.includes(process.env['HAWSER_TORTURE'])))
	for (const verb of verbs) {
		const what = `${verb}, ${kind}`;
		const result = await torture(verb, {
			points: Math.ceil(Number(points) * share),
			...how,
			onPoint: (done, failures) => process.stderr.isTTY && process.stderr.write(`\r${what}: ${done} points, ${failures} failures\u001b[K`),
		});
		console.log(`\r${what}: ${result.points} points, ${result.failures.length} failures`);
		for (const failure of result.failures) console.log(`  ${failure}`);
		bad += result.failures.length;
	}
process.exitCode = bad === 0 ? 0 : 1;
