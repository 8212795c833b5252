import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {cgroupPids} from '../platform/cgroup.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import {readLive} from './live.ts';
import type {TopResult} from './options.ts';
import {cgroupOf} from './place.ts';
import {findRecord} from './record.ts';
import {requireRunning} from './state.ts';

/** The host's `ps` with the given options, cut down to the container's processes: nothing of the container is run or read. */
export async function topContainer(engine: Engine, ref: string, psArgs: readonly string[] = []): Promise<TopResult> {
	const record = findRecord(engine.db, ref);
	requireRunning(record, readLive(engine, record.id), 'top');
	const args = psArgs.length === 0 ? ['-ef'] : psArgs;
	for (const argument of args) checkArgument(argument);
	const result = await runProgram('/bin/ps', [...args], {env: {PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', COLUMNS: '4096'}}).catch((cause: unknown) => {
		throw new EngineError({code: 'container.no-ps', subject: 'ps', message: 'the host has no ps', hint: 'Install procps.', cause});
	});
	if (result.code !== 0)
		throw new EngineError({
			code: 'container.invalid',
			subject: args.join(' '),
			message: `ps: ${result.stderr.split('\n').find(line => line.trim() !== '') ?? reasonOf(result, 'ps')}`,
		});
	return pick(result.stdout, new Set(cgroupPids(cgroupOf(engine, record))));
}

/** `-o a=PID` would move the columns by which the lines are told apart. */
function checkArgument(argument: string): void {
	if (/\bpid\s*=/i.test(argument)) throw new EngineError({code: 'container.invalid', subject: argument, message: `specifying "${argument}" is not allowed`});
}

function pick(output: string, pids: ReadonlySet<number>): TopResult {
	const [head = '', ...lines] = output.split('\n').filter(line => line.trim() !== '');
	const Titles = head.trim().split(/\s+/);
	const column = Titles.indexOf('PID');
	if (column < 0) throw new EngineError({code: 'container.invalid', subject: 'ps', message: "Couldn't find PID field in ps output"});
	const Processes = lines.map(line => splitColumns(line, Titles.length)).filter(fields => pids.has(Number(fields[column])));
	return {Titles, Processes};
}

/** The last column takes the rest, blanks and all. */
function splitColumns(line: string, count: number): string[] {
	const fields: string[] = [];
	let rest = line.trim();
	while (fields.length < count - 1) {
		const [, field = '', after = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
		fields.push(field);
		rest = after;
	}
	return [...fields, rest];
}
