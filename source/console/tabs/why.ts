import {formatAge, formatBytes, formatClock, formatDuration} from '../format.ts';
import {signalNames, signalOf} from '../signals.ts';
import type {ContainerSummary, EndReport, EngineEvent, HistorySample, LogEntry} from '../store/engine-port.ts';
import {containerById, isLive} from '../store/select.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {Role} from '../theme/palette.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

const lastLines = 12;

type Fact = readonly [what: string, words: string, role?: Role];

/** What is commonly behind a code that says no signal. */
const usual: Readonly<Record<number, string>> = {
	0: 'it ended by itself, without complaint',
	1: 'the program says that something went wrong',
	2: 'often: wrong use, or the shell could not read its script',
	125: 'it could not be started',
	126: 'the command is there but cannot be run',
	127: 'the command was not found in the image',
};

const eventsOf = (events: readonly EngineEvent[], id: string): readonly EngineEvent[] => events.filter(({Type, Actor}) => Type === 'container' && Actor.ID === id);

const askedWords = ({asked}: EndReport): string =>
	asked
		.slice(-3)
		.map(({action, signal, at}) => `${action}${signal === undefined ? '' : ` ${signal}`} at ${formatClock(Date.parse(at))}`)
		.join(', ');

function cause({exitCode, oomKilled}: ContainerSummary, report: EndReport): Fact {
	const signal = signalNames[report.signal] ?? signalOf(exitCode);
	if (report.error !== '') return ['Why', report.error, 'bad'];
	if (oomKilled) return ['Why', 'it ran out of memory: the kernel killed it', 'bad'];
	if (report.manual || report.asked.length > 0) return ['Why', `somebody asked for it: ${askedWords(report) || 'by a command of this engine'}`, 'warn'];
	if (signal !== undefined)
		return [
			'Why',
			`${signal} ended it, and not by this engine: ${signal === 'SIGKILL' ? 'look for the host’s OOM killer' : signal === 'SIGSEGV' ? 'a fault in the program' : 'the program itself, or somebody on the host'}`,
			'bad',
		];
	return ['Why', usual[exitCode ?? -1] ?? 'the program chose this code', exitCode === 0 ? 'good' : 'warn'];
}

function memoryFact(container: ContainerSummary, history: readonly HistorySample[]): Fact[] {
	const last = history.at(-1);
	const peak = history.reduce((most, {memory}) => Math.max(most, memory), 0);
	const {memory: limit} = container.resources;
	if (!last) return limit ? [['Memory', `limit ${formatBytes(limit)}`, 'muted']] : [];
	const words = `${formatBytes(last.memory)} at the last reading, ${formatBytes(peak)} at most${limit ? ` of ${formatBytes(limit)}` : ', without a limit'}`;
	return [['Memory', words, limit && peak > limit * 0.9 ? 'bad' : 'text']];
}

function facts(container: ContainerSummary, events: readonly EngineEvent[], report: EndReport, history: readonly HistorySample[], now: number): Fact[] {
	const {exitCode, startedAt, finishedAt, restartCount, note} = container;
	const signal = signalOf(exitCode);
	const ran = startedAt === undefined || finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(startedAt);
	const ends = events.filter(({Action}) => Action === 'die').length;
	return [
		['Exit code', `${exitCode ?? 'unknown'}${signal === undefined ? '' : `  =  128 + ${(exitCode ?? 0) - 128}  ${signal}`}`, exitCode === 0 ? 'good' : 'warn'],
		cause(container, report),
		['Out of memory', container.oomKilled ? 'yes' : 'no', container.oomKilled ? 'bad' : 'good'],
		['When', finishedAt === undefined ? 'unknown' : `${formatClock(Date.parse(finishedAt))}, ${formatAge(finishedAt, now)} ago`],
		[
			'Ran for',
			ran === undefined ? 'unknown' : ran < 1000 ? `${ran} ms: it ended as soon as it was started` : formatDuration(ran),
			ran !== undefined && ran < 3000 ? 'warn' : 'text',
		],
		...memoryFact(container, history),
		...(restartCount > 0 || ends > 1 ? [['Restarts', `${restartCount} by its policy; it has ended ${ends} times since yesterday`, 'warn'] as const] : []),
		...(note === undefined ? [] : [['Note', note, 'warn'] as const]),
		['Command', container.command, 'muted'],
	];
}

const toNode = ([what, words, role = 'text']: Fact, index: number): SheetNode => ({key: `${index} ${what}`, cells: {what: cell(what, 'muted'), words: cell(words, role)}});

const lineNode = ({stream, log, time}: LogEntry, index: number): SheetNode => ({
	key: `line ${index}`,
	cells: {what: cell(formatClock(Date.parse(time)), 'faint'), words: cell(log.replace(/[\r\n]+$/, ''), stream === 'stderr' ? 'bad' : 'text')},
});

export const why: TabSpec = {
	title: 'Why it died',
	kind: 'container',
	view: 'sheet',
	reload: 'event',
	empty: 'It has not ended yet',
	columns: [
		{name: 'what', title: '', width: 14, keep: 100},
		{name: 'words', title: '', width: 30, grow: 1, keep: 90},
	],
	async load(reading): Promise<Loaded> {
		const id = targetId(reading);
		const container = containerById(reading.state, id);
		if (!container || container.finishedAt === undefined) return {nodes: container && isLive(container) ? [toNode(['State', 'it runs, and has not ended before', 'good'], 0)] : []};
		const end = Math.floor(Date.parse(container.finishedAt) / 1000);
		const history = reading.engine.readHistory(id, end - 3600).filter(({time}) => time <= end + 1);
		const report = await reading.engine.explainEnd(id, lastLines);
		const lines = report.log.slice(-lastLines).map(lineNode);
		return {
			nodes: [
				...(isLive(container) ? [toNode(['State', 'it runs again; this is about the end before', 'good'], -1)] : []),
				...facts(container, eventsOf(reading.state.events, id), report, history, reading.state.now).map(toNode),
				...(lines.length > 0 ? [toNode(['', '', 'faint'], 98), toNode(['Its last lines', `newest of ${lines.length}; l shows them all`, 'title'], 99), ...lines] : []),
			],
		};
	},
};
