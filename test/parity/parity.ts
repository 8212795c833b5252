/**
 * npm run parity [GROUP…]: the same command lines to docker and to hawser, and what they did otherwise. PARITY_DOCKER names docker's
 * client; the daemon must have the image `busybox`. Ends with 1 when a difference has no reason in reasons.ts.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {cleanEnv, program} from '../helpers/cli.ts';
import {type Case, type Group, groups} from './cases.ts';
import {compare, type Difference, type Outcome} from './compare.ts';
import {reasonFor} from './reasons.ts';
import {words} from './words.ts';

const docker = process.env['PARITY_DOCKER'] ?? 'docker';
const folder = mkdtempSync(join(process.env['HAWSER_TEST_DIR'] ?? tmpdir(), 'hawser-parity-'));
const TIMEOUT_MS = 60_000;
const OUTPUT_LIMIT = 64 * 1024 * 1024;

type Side = (args: readonly string[], input?: string) => Outcome;

function run(side: string, command: string, env: Readonly<Record<string, string>>): Side {
	const cwd = join(folder, side);
	return (args, input = '') => {
		const {status, stdout, stderr} = spawnSync(command, args, {env, input, timeout: TIMEOUT_MS, encoding: 'utf8', cwd, maxBuffer: OUTPUT_LIMIT});
		return {code: status ?? -1, stdout, stderr};
	};
}

/** Both sides are in one network: what docker publishes on 18xxx hawser has on 28xxx, and its addresses 172.30. are 172.31. */
const ports = (args: readonly string[]): string[] => args.map(arg => arg.replace(/\b18(\d{3})\b/g, '28$1').replace(/\b172\.30\./, '172.31.'));

const asDocker = run('docker', docker, cleanEnv({DOCKER_CONFIG: folder, ...(process.env['DOCKER_HOST'] !== undefined && {DOCKER_HOST: process.env['DOCKER_HOST']})}));
const hawser = run('hawser', program, cleanEnv({DOCKER_CONFIG: folder, HAWSER_ROOT: join(folder, 'root'), HAWSER_STATE: join(folder, 'state')}));
const asHawser: Side = (args, input) => hawser(ports(args), input);

/** The same bytes on both sides: image ids and sizes can be compared. */
function bringImage(): void {
	const archive = join(folder, 'busybox.tar');
	const saved = asDocker(['save', '-o', archive, 'busybox']);
	if (saved.code !== 0) throw new Error(`docker save busybox: ${saved.stderr}`);
	const loaded = asHawser(['load', '-i', archive]);
	if (loaded.code !== 0) throw new Error(`hawser load: ${loaded.stderr}`);
}

type Finding = {readonly line: string; readonly difference: Difference; readonly reason: string | undefined};

function runGroup(group: Group): {readonly cases: number; readonly findings: Finding[]} {
	for (const side of [asDocker, asHawser]) for (const line of group.before ?? []) side(words(line));
	const findings = group.lines.flatMap(given => runCase(typeof given === 'string' ? {line: given} : given, group));
	for (const side of [asDocker, asHawser]) for (const line of group.after ?? []) side(words(line));
	return {cases: group.lines.length, findings};
}

function runCase({line, input, of, folds = []}: Case, group: Group): Finding[] {
	const args = words(line);
	const differences = compare(asDocker(args, input), asHawser(args, input), [...folds, ...(group.folds ?? [])]);
	const title = of === undefined ? line : `${line} (${of})`;
	return differences.map(difference => ({line: title, difference, reason: reasonFor(title, difference)}));
}

const cut = (text: string): string => (text.length > 600 ? `${text.slice(0, 600)}…` : text);

function show({line, difference, reason}: Finding): string {
	return `${reason === undefined ? '✘' : '·'} ${line}\n    ${difference.where}\n      docker: ${cut(JSON.stringify(difference.docker))}\n      hawser: ${cut(JSON.stringify(difference.hawser))}${reason === undefined ? '' : `\n      reason: ${reason}`}\n`;
}

function main(names: readonly string[]): number {
	for (const side of ['docker', 'hawser']) {
		mkdirSync(join(folder, side));
		writeFileSync(join(folder, side, 'env'), '# a comment\nONE=1\n  TWO=two words\nEMPTY=\n');
		writeFileSync(join(folder, side, 'labels'), 'team=red\n# no\nbare\n');
	}
	bringImage();
	let [cases, explained, open] = [0, 0, 0];
	for (const group of groups) {
		if (names.length > 0 && !names.includes(group.name)) continue;
		const result = runGroup(group);
		cases += result.cases;
		for (const finding of result.findings) {
			if (finding.reason === undefined) open++;
			else explained++;
			if (finding.reason === undefined || process.env['PARITY_ALL'] !== undefined) process.stdout.write(show(finding));
		}
	}
	process.stdout.write(`${cases} command lines, ${explained} differences with a reason, ${open} without\n`);
	return open === 0 ? 0 : 1;
}

let code = 1;
try {
	code = main(process.argv.slice(2));
} finally {
	asHawser(['system', 'reset', '-f']);
	rmSync(folder, {recursive: true, force: true});
}
process.exit(code);
