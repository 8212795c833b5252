/**
 * npm run bench [-- --pull HOST/IMAGE] [--rounds N] [--peer-image NAME] [--only WORD] [--record]
 *
 * Our figure, each installed peer's on the same work in the same run, and the ratio; as a table, and as JSON under
 * bench-results/. Peers that are absent are left out. `--record` adds a line to test/bench/history.jsonl.
 */
import {appendFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {cpus, release} from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {benchClient, startMany} from './cases/client.ts';
import {benchConsole} from './cases/console.ts';
import {benchImageList, benchTransfers} from './cases/images.ts';
import {benchLog} from './cases/log.ts';
import {benchMany, benchStats} from './cases/many.ts';
import {benchMemory} from './cases/memory.ts';
import {benchNames, benchPorts, benchSetUp, benchThroughput} from './cases/network.ts';
import {benchPull} from './cases/pull.ts';
import {benchLife, benchRun} from './cases/run.ts';
import {benchRuntime} from './cases/runtime.ts';
import type {Result} from './measure.ts';
import {openWorld} from './world.ts';

const {values: options} = parseArgs({
	options: {
		pull: {type: 'string'},
		rounds: {type: 'string', default: '11'},
		'peer-image': {type: 'string', default: 'busybox'},
		only: {type: 'string', default: ''},
		record: {type: 'boolean', default: false},
	},
});
const rounds = Number(options.rounds);
const results: Result[] = [];

const number = (value: number | undefined): string => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

function printRow({title, unit, figures, goal}: Result): void {
	const ours = figures['hawser'];
	const others = Object.entries(figures).filter(([name]) => name !== 'hawser');
	const beside = others.map(([name, value]) => `${name} ${number(value)} (×${ours === undefined ? '?' : (ours / value).toFixed(2)})`).join('  ');
	console.log(`${title.padEnd(50)} ${number(ours).padStart(8)} ${unit.padEnd(11)} ${beside}${goal ? `   goal ${goal}` : ''}`);
}

async function bench(name: string, work: () => Promise<Result[]> | Result[]): Promise<void> {
	if (!name.includes(options.only)) return;
	try {
		for (const result of await work()) {
			results.push(result);
			printRow(result);
		}
	} catch (error) {
		console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
		process.exitCode = 1;
	}
}

function keep(): void {
	const {version} = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as {version: string};
	const report = {at: new Date().toISOString(), version, kernel: release(), cpus: cpus().length, results};
	mkdirSync('bench-results', {recursive: true});
	writeFileSync(`bench-results/${report.at.replaceAll(':', '')}.json`, `${JSON.stringify(report, null, '\t')}\n`);
	if (options.record) appendFileSync(fileURLToPath(new URL('history.jsonl', import.meta.url)), `${JSON.stringify(report)}\n`);
}

const world = openWorld(options['peer-image']);
console.log(`ours against ${world.peers.map(({name}) => name).join(', ') || 'nobody (no peer is installed)'}; median of ${rounds} interleaved rounds; ×: our figure over theirs`);
try {
	await bench('runtime', () => benchRuntime(rounds * 2));
	await bench('run', () => benchRun(world, rounds));
	await bench('life', () => benchLife(world, rounds));
	if (['client', 'memory', 'console'].some(name => name.includes(options.only))) {
		const removeAll = startMany(world, 50);
		try {
			await bench('client', () => benchClient(world, rounds));
			await bench('memory', () => [benchMemory()]);
			await bench('console', () => benchConsole(world, 20));
		} finally {
			removeAll();
		}
	}
	await bench('net-setup', () => benchSetUp(world, rounds));
	await bench('net-throughput', () => benchThroughput(world, 3));
	await bench('net-names', () => benchNames(world, 3));
	await bench('net-ports', () => benchPorts(world, 3));
	await bench('many', () => benchMany(world, 1));
	await bench('stats', () => benchStats(world));
	await bench('log', () => benchLog(world, 3));
	await bench('images', async () => [await benchImageList(world, rounds)]);
	const reference = options.pull;
	if (reference) {
		await bench('pull', async () => [await benchPull(world, reference, 3)]);
		await bench('transfer', () => benchTransfers(world, reference, reference.slice(reference.lastIndexOf('/') + 1), 3));
	}
} finally {
	world.close();
	keep();
}
