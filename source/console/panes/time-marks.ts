import {formatClock} from '../format.ts';
import type {EngineEvent, HistorySample} from '../store/engine-port.ts';
import type {Role, Theme} from '../theme/theme.ts';

/** Something that happened, where it stands on the time axis of the charts. Seconds since the epoch. */
export type TimeMark = {readonly time: number; readonly mark: string; readonly role: Role};

const ofAction: Readonly<Record<string, readonly [mark: string, role: Role]>> = {
	start: ['▲', 'good'],
	die: ['▼', 'warn'],
	oom: ['✘', 'bad'],
	kill: ['×', 'warn'],
	pause: ['‖', 'busy'],
	unpause: ['▸', 'good'],
	update: ['◆', 'cpu'],
};

export function marksOf(id: string, events: readonly EngineEvent[], history: readonly HistorySample[], logTime: string | undefined): readonly TimeMark[] {
	// Events come newest first: of two in one column the newer is seen.
	const happened = events.filter(({Type, Actor}) => Type === 'container' && Actor.ID === id).toReversed();
	const marks = happened.flatMap(({time, Action}): TimeMark[] => {
		const [mark, role] = ofAction[Action.split(':')[0] ?? ''] ?? [];
		return mark === undefined || role === undefined ? [] : [{time, mark, role}];
	});
	const killed = history.filter(({oomKill}) => oomKill).map(({time}): TimeMark => ({time, mark: '✘', role: 'bad'}));
	const looked = logTime === undefined ? [] : [{time: Date.parse(logTime) / 1000, mark: '█', role: 'key' as const}];
	return [...marks, ...killed, ...looked];
}

type Axis = {readonly scaleWidth: number; readonly minutes: number; readonly now: number};

/** One row below a chart: when it begins, what happened, and the time of the log line that is looked at. */
export function drawTimeMarks(theme: Theme, marks: readonly TimeMark[], width: number, {scaleWidth, minutes, now}: Axis): string {
	const room = Math.max(1, width - scaleWidth - 1);
	const begin = now / 1000 - minutes * 60;
	const cells = Array.from({length: room}, (): readonly [string, Role] => [' ', 'faint']);
	const clock = formatClock(begin * 1000).slice(0, 5);
	Array.from(clock).forEach((character, index) => (cells[index] = [character, 'faint']));
	for (const {time, mark, role} of marks) {
		const column = Math.floor(((time - begin) / (minutes * 60)) * room);
		if (column >= 0 && column < room) cells[column] = [mark, role];
	}
	return ' '.repeat(scaleWidth + 1) + cells.map(([text, role]) => (text === ' ' ? ' ' : theme.paint(role, text))).join('');
}
