import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import type {ContainerSummary} from '../store/engine-port.ts';
import type {Rect} from '../store/layout.ts';
import {type LogBuffer, logEnd, startOf} from '../store/log-buffer.ts';
import {countMatches} from '../store/log-window.ts';
import type {LogLook, LogRange} from '../store/state.ts';
import {formatBytes, formatClock, grouped} from '../format.ts';
import type {Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {drawLog} from './log-rows.ts';

export type LogsProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly container: ContainerSummary | undefined;
	readonly log: LogBuffer;
	readonly look: LogLook;
	readonly range: LogRange;
	/** Lines that come in a second. */
	readonly rate: number;
	/** Fills the screen: says more. */
	readonly full: boolean;
};

const rangeWords = (range: LogRange): string =>
	range.kind === 'tail' ? '' : range.kind === 'since' ? range.name : range.kind === 'head' ? 'from its beginning' : 'runs before this one';

function searchWords({log, look}: LogsProps): string {
	const {count, place} = countMatches(log, look);
	return `“${look.search}” ${place > 0 ? `${place} of ` : ''}${count}`;
}

/** Where in the log one is, as far as it is known: from its beginning, from its end, or by the clock. */
function placeWords(log: LogBuffer, top: number): string {
	const start = startOf(log);
	if (start !== undefined) return `line ${grouped(top - start + 1)}${log.isApart ? '' : ` of ${grouped(logEnd(log) - start)}`}`;
	if (!log.isApart) return `${grouped(logEnd(log) - top)} lines from the end`;
	return `at ${formatClock(Date.parse(log.entries[top - log.first]?.time ?? ''))}`;
}

function describeLook(props: LogsProps): string {
	const {theme, log, look, range} = props;
	const words = [
		look.search === '' ? '' : theme.paint('warn', searchWords(props)),
		look.only === '' ? '' : theme.paint('warn', `&${look.only}`),
		look.stream === 'all' ? '' : theme.paint('warn', look.stream),
		rangeWords(range) === '' ? '' : theme.paint('warn', rangeWords(range)),
		look.range === undefined ? '' : theme.paint('key', 'V: c copies to here'),
		look.wrap ? theme.paint('faint', 'wrap') : '',
		look.pretty ? theme.paint('faint', 'JSON') : '',
		look.left > 0 ? theme.paint('faint', `→${look.left}`) : '',
		look.top === undefined ? theme.paint('good', '● following') : theme.paint('warn', placeWords(log, look.top)),
	];
	return words.filter(word => word !== '').join('  ');
}

const hasOlder = (log: LogBuffer): boolean => (log.ids.length > 1 ? log.first > 0 : log.entries.length > 0 && startOf(log) !== log.first);

/** Of one log the older lines are read when one goes there; of several as one they are not. */
const olderWords = (log: LogBuffer): string =>
	log.ids.length > 1 ? `${grouped(log.first)} older lines passed over` : log.skimmed ? 'too fast to be read whole' : 'older lines above';

/** What is no longer kept, or was never read, is said; and in full how much is held, and how fast it comes. */
function footer({theme, log, full, rate}: LogsProps): string {
	const words = [
		hasOlder(log) ? olderWords(log) : '',
		full ? `${log.entries.length} lines, ${formatBytes(log.characters)} held` : '',
		rate > 0 && !log.skimmed ? `${rate} lines/s` : '',
	];
	return theme.paint('faint', words.filter(word => word !== '').join('  ·  '));
}

export const LogsPane = memo((props: LogsProps) => {
	const {theme, rect, focused, container, log, look, full} = props;
	const many = log.ids.length > 1 ? ` and ${log.ids.length - 1} more` : '';
	const title = container ? `Logs · ${sanitizeLine(container.name)}${many}` : 'Logs';
	const spec = {...rect, digit: full ? '' : '4', title, right: describeLook(props), footer: footer(props), focused};
	const [width, height] = [rect.width - 2, rect.height - 2];
	const words = !container
		? ['Nothing selected']
		: log.entries.length === 0
			? [log.ids.includes(container.id) ? (look.only === '' ? 'It has not written anything yet' : '') : '']
			: undefined;
	const lines = words ? centered(theme, width, height, words) : drawLog(theme, log, look, width, height);
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
