import {type EndReport, explainEnd, type HistorySample, signalName} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
import {renderObject} from '../cli/object-format.ts';
import {print} from '../cli/output.ts';
import {ago, binarySize, humanDuration} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER',
	description: 'Tell how a container ended, and what was before',
	args: [1, 1],
	flags: [objectFormatFlag, {name: 'tail', short: 'n', kind: 'int', default: '10', help: 'Lines of its log to show'}],
	async run({flags, args: [name = ''], engine}) {
		const report = await explainEnd(engine(), name, {lines: Math.max(0, flags.int('tail'))});
		const format = flags.text('format');
		print(format === '' ? reportText(report) : format === 'json' ? `${JSON.stringify(report)}\n` : await renderObject(format, report));
		return 0;
	},
};

const RUNNING: ReadonlySet<EndReport['status']> = new Set(['running', 'paused', 'stopping', 'restarting']);

/** What shells and Docker mean by a code. */
const MEANINGS: Readonly<Record<number, string>> = {0: 'success', 125: 'the engine could not run it', 126: 'the command could not be invoked', 127: 'the command was not found'};

const TITLE_WIDTH = 10;

function reportText(report: EndReport): string {
	const rows = [ended(report), asked(report), restarts(report), before(report)].flatMap(row => (row === undefined ? [] : [`  ${row[0].padEnd(TITLE_WIDTH)} ${row[1]}`]));
	const log = report.log.length === 0 ? [] : ['  last lines of its log:', ...report.log.map(({log: text}) => `    ${text.replace(/\r?\n$/, '')}`)];
	return `${[headline(report), ...rows, ...log].join('\n')}\n`;
}

function headline({name, status, exitCode, startedAt, finishedAt, error}: EndReport): string {
	if (RUNNING.has(status)) return `${name} is ${status}, since ${ago(startedAt)}`;
	if (status === 'created') return `${name} ${error === '' ? 'has never been started' : 'could not be started'}`;
	const lasted = humanDuration(Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)).toLowerCase();
	return `${name} ended with ${exitCode} ${ago(finishedAt)}, after ${lasted}`;
}

type Row = readonly [title: string, text: string] | undefined;

function ended({status, exitCode, signal, oomKilled, error, resources}: EndReport): Row {
	if (RUNNING.has(status)) return undefined;
	if (error !== '') return ['reason', error];
	if (oomKilled)
		return ['reason', `out of memory: the kernel killed it${resources.memory === undefined || resources.memory === 0 ? '' : ` at its limit of ${binarySize(resources.memory)}`}`];
	if (signal > 0) return ['reason', `signal ${signal} (${signalName(signal)})`];
	if (exitCode > 128 && exitCode <= 128 + 64)
		return ['reason', `its program said ${exitCode}: most often a child that ended by signal ${exitCode - 128} (${signalName(exitCode - 128)})`];
	return ['reason', `its program ended by itself${MEANINGS[exitCode] === undefined ? '' : `: ${MEANINGS[exitCode]}`}`];
}

function asked({status, manual, asked: commands}: EndReport): Row {
	if (RUNNING.has(status) || status === 'created') return undefined;
	const told = commands.map(({action, signal, at}) => `${action}${signal === undefined ? '' : ` with ${signalName(Number(signal))}`} ${ago(at)}`);
	return ['asked for', told.length > 0 ? told.join(', ') : manual ? 'yes' : 'no: nobody stopped it'];
}

function restarts({restarts: count, restart}: EndReport): Row {
	if (count === 0 && restart.name === 'no') return undefined;
	return ['restarts', `${count} (policy ${restart.name}${restart.maximumRetryCount > 0 ? `:${restart.maximumRetryCount}` : ''})`];
}

const peak = (samples: readonly HistorySample[], of: (sample: HistorySample) => number): number => Math.max(0, ...samples.map(of));

/** The highest of the last seconds. */
function before({samples, resources, status}: EndReport): Row {
	if (samples.length === 0) return undefined;
	const pressure = (Object.entries({CPU: 'cpuSome', memory: 'memorySome', 'block I/O': 'ioSome'}) as Array<[string, keyof HistorySample['pressure']]>)
		.map(([title, key]) => [title, peak(samples, sample => sample.pressure[key])] as const)
		.filter(([, percent]) => percent >= 1)
		.map(([title, percent]) => `${title} ${percent.toFixed(0)}%`);
	const memory = `memory ${binarySize(peak(samples, sample => sample.memory))}${resources.memory === undefined || resources.memory === 0 ? '' : ` of ${binarySize(resources.memory)}`}`;
	const cpu = `CPU ${(peak(samples, sample => sample.cpuMicros) / 10_000).toFixed(0)}%`;
	const processes = `${peak(samples, sample => sample.pids)} processes`;
	return [RUNNING.has(status) ? 'now' : 'before', [memory, cpu, processes, ...(pressure.length > 0 ? [`pressure: ${pressure.join(', ')}`] : [])].join(', ')];
}
