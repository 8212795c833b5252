import {sanitizeLine} from '../../terminal/sanitize.ts';
import {truncate, widthOf} from '../../terminal/width.ts';
import {formatAge, formatDuration, formatPercent} from '../format.ts';
import type {ContainerSummary, StatsSample} from '../store/engine-port.ts';
import {isLive} from '../store/select.ts';
import type {LiveStats, Task} from '../store/state.ts';
import {stateMarks} from '../theme/symbols.ts';
import type {Role, Theme} from '../theme/theme.ts';
import {taskSentence} from './task-words.ts';

type Fact = {readonly role: Role; readonly text: string};
type Moment = {
	readonly live: LiveStats | undefined;
	readonly counters: StatsSample | undefined;
	readonly task: Task | undefined;
	readonly now: number;
	readonly width: number;
	readonly lines: number;
};

/** As many facts as fit one line. */
function joinFacts(theme: Theme, facts: readonly Fact[], width: number): string {
	let line = '';
	let used = 0;
	for (const {role, text} of facts) {
		const gap = used === 0 ? 0 : 3;
		const shown = used === 0 ? truncate(text, width) : text;
		if (shown === '' || used + gap + widthOf(shown) > width) continue;
		line += (gap === 0 ? '' : theme.paint('border', ' · ')) + theme.paint(role, shown);
		used += gap + widthOf(shown);
	}
	return line;
}

const signalNames: Readonly<Record<number, string>> = {
	1: 'SIGHUP',
	2: 'SIGINT',
	3: 'SIGQUIT',
	4: 'SIGILL',
	6: 'SIGABRT',
	7: 'SIGBUS',
	8: 'SIGFPE',
	9: 'SIGKILL',
	11: 'SIGSEGV',
	13: 'SIGPIPE',
	14: 'SIGALRM',
	15: 'SIGTERM',
};

/** Why it ended, in words: an exit code above 128 is a signal by convention. */
function describeEnd({exitCode, oomKilled, finishedAt, startedAt, note}: ContainerSummary, now: number): Fact[] {
	const signal = exitCode === undefined ? undefined : signalNames[exitCode - 128];
	const ran = startedAt === undefined || finishedAt === undefined ? Number.NaN : Date.parse(finishedAt) - Date.parse(startedAt);
	return [
		{role: exitCode === 0 ? 'muted' : 'warn', text: `Exited with ${exitCode ?? 'an unknown code'}${signal === undefined ? '' : ` (${signal})`} ${formatAge(finishedAt, now)} ago`},
		{role: 'bad', text: oomKilled ? 'it ran out of memory' : ''},
		{role: 'warn', text: note === undefined ? '' : sanitizeLine(note)},
		{role: 'muted', text: Number.isNaN(ran) ? '' : `ran for ${formatDuration(ran)}`},
	];
}

function describeState(container: ContainerSummary, {task, now}: Moment): Fact[] {
	const {mark, role} = stateMarks[container.status];
	if (task) return [{role: 'busy', text: taskSentence(task, now)}];
	if (container.status === 'exited' || container.status === 'dead') return describeEnd(container, now);
	const up = isLive(container) ? ` ${formatAge(container.startedAt, now)}` : '';
	return [
		{role, text: `${mark} ${container.status}${up}`},
		{role: 'warn', text: container.restartCount > 0 ? `restarted ${container.restartCount} times` : ''},
	];
}

function describeLoad({second}: LiveStats, {resources: {pidsLimit = 0}}: ContainerSummary, {pressure, oomKills = 0}: Partial<StatsSample> = {}): Fact[] {
	return [
		{role: 'bad', text: oomKills > 0 ? `${oomKills} OOM kills` : ''},
		{role: 'muted', text: `${second.pids}${pidsLimit > 0 ? ` of ${pidsLimit}` : ''} pids`},
		{
			role: 'muted',
			text: pressure === undefined ? '' : `pressure cpu ${formatPercent(pressure.cpuSome)} mem ${formatPercent(pressure.memorySome)} io ${formatPercent(pressure.ioSome)}`,
		},
	];
}

const portWords = ({ports}: ContainerSummary): string =>
	ports
		.map(({hostIp, hostPort, containerPort, protocol}) => (hostPort === undefined ? `${containerPort}/${protocol}` : `${hostIp ?? ''}:${hostPort}→${containerPort}/${protocol}`))
		.join(' ');

/** One or two lines over the charts: how it is, and what it is. */
export function describeFacts(theme: Theme, container: ContainerSummary, moment: Moment): string[] {
	const {live, counters, width, lines} = moment;
	const addresses = Object.values(container.networks)
		.map(({ip}) => ip)
		.filter(ip => ip !== '')
		.join(' ');
	const how = [...describeState(container, moment), ...(live && isLive(container) ? describeLoad(live, container, counters) : [])];
	const what: Fact[] = [
		{role: 'muted', text: sanitizeLine(container.image)},
		{role: 'muted', text: addresses},
		{role: 'muted', text: portWords(container)},
		{role: 'faint', text: container.pid > 0 && isLive(container) ? `pid ${container.pid}` : ''},
		{role: 'faint', text: sanitizeLine(container.command)},
	];
	return (lines === 1 ? [how] : [how, what]).map(facts => joinFacts(theme, facts, width));
}
