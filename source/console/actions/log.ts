import {formatClock} from '../format.ts';
import {type LogBuffer, startOf} from '../store/log-buffer.ts';
import {findInLog, lineAtTime, logWindow, plainText, shownIndices} from '../store/log-window.ts';
import {matcherOf, parseLineFilter} from '../store/matcher.ts';
import {containerTarget, visibleContainers} from '../store/select.ts';
import {type Context, inform} from './context.ts';
import {logRanges, sinceClock} from './display.ts';
import {containerTargets} from './marks.ts';
import {openContainer} from './views.ts';

/** `l`: the log in full; of all marked containers, as one. */
export function showLogs(context: Context): void {
	const targets = containerTargets(context);
	const [first] = targets;
	if (!first) return;
	if (targets.length === 1) openContainer(context, first, 'logs');
	else context.store.dispatch({type: 'opened', page: {kind: 'container', tab: 'logs', target: first, merged: targets}, view: 'log'});
}

/** `p` on a container: what the runs before this one wrote. */
export function showPrevious(context: Context): void {
	const [first] = containerTargets(context);
	if (!first) return;
	openContainer(context, first, 'logs');
	context.store.dispatch({type: 'log-range', range: {kind: 'previous'}});
}

/** `<` and `>` in a log: the container before or after in the list. */
export const otherContainer =
	(direction: 1 | -1) =>
	(context: Context): void => {
		const state = context.store.getState();
		const list = visibleContainers(state);
		const at = list.findIndex(({id}) => id === state.page?.target?.id);
		const next = list[(at + direction + list.length) % Math.max(1, list.length)];
		if (!next) return;
		context.store.dispatch({type: 'selected', list: 'containers', id: next.id});
		if (state.page) openContainer(context, containerTarget(next), 'logs');
	};

export const showRange =
	(index: number) =>
	(context: Context): void => {
		const wanted = logRanges[index];
		if (!wanted) return;
		context.store.dispatch({type: 'log-range', range: wanted.range(Date.now())});
		inform(context, `The log: ${wanted.words}`);
	};

export function search(context: Context, text: string): void {
	const {store} = context;
	if (store.getState().view === 'text') {
		store.dispatch({type: 'text-search', search: text, top: store.getState().text?.top ?? 0});
		searchText(context, 0);
		return;
	}
	store.dispatch({type: 'log-look', look: {search: text, match: undefined}});
	if (text !== '') jump(context, -1);
}

function searchText(context: Context, direction: 1 | -1 | 0): void {
	const {store} = context;
	const {text} = store.getState();
	if (!text || text.search === '') return;
	const matcher = matcherOf(text.search);
	const count = text.lines.length;
	for (let step = direction === 0 ? 0 : 1; step <= count; step++) {
		const index = (((text.top + step * (direction || 1)) % count) + count) % count;
		if (matcher.test(text.lines[index] ?? '')) return store.dispatch({type: 'text-search', search: text.search, top: index});
	}
	inform(context, `“${text.search}” is not here`);
}

/** Puts a line a quarter of the way down the screen, so that what stands around it is seen. */
function showLine({store}: Context, line: number, match: number | undefined): void {
	const {log, logLook, size} = store.getState();
	const indices = shownIndices(log, logLook);
	const place = indices.indexOf(line - log.first);
	const top = log.first + (indices[Math.max(0, place - Math.floor(size.rows / 4))] ?? 0);
	const window = logWindow(log, {...logLook, top}, {width: size.columns, height: Math.floor(size.rows / 2)}, entry => [plainText(entry)]);
	store.dispatch({type: 'log-look', look: {match, top: window.last >= line ? top : line}});
}

const hasMore = (log: LogBuffer, direction: 1 | -1): boolean => log.ids.length === 1 && (direction === -1 ? startOf(log) !== log.first : log.isApart);

/** Beyond the lines that are held; where there is none, round to the other end of them. */
async function jumpFar(context: Context, direction: 1 | -1, round: number | undefined): Promise<void> {
	const {search} = context.store.getState().logLook;
	if (await context.findFar(direction)) return;
	if (round === undefined) return inform(context, `“${search}” is nowhere ${direction === -1 ? 'above' : 'below'}`);
	showLine(context, round, round);
	inform(context, `“${search}”: ${direction === -1 ? 'none above, on from the end' : 'none below, on from the beginning'} of what is held`);
}

const other = (direction: 1 | -1): 1 | -1 => (direction === 1 ? -1 : 1);

function jump(context: Context, direction: 1 | -1): void {
	const {log, logLook} = context.store.getState();
	const from = logLook.match ?? (logLook.top === undefined ? log.first + log.entries.length : logLook.top);
	const found = findInLog(log, logLook, from, direction);
	const isFar = found === undefined || (direction === -1 ? found >= from : found <= from);
	if (isFar && hasMore(log, direction)) return void jumpFar(context, direction, found);
	if (found === undefined && hasMore(log, other(direction))) return void jumpFar(context, other(direction), undefined);
	if (found === undefined) return inform(context, `“${logLook.search}” is nowhere in it`);
	showLine(context, found, found);
}

export const searchNext =
	(direction: 1 | -1) =>
	(context: Context): void => {
		const {view, logLook} = context.store.getState();
		if (view === 'text') searchText(context, direction);
		else if (logLook.search === '') inform(context, '/ searches first');
		else jump(context, direction);
	};

/** `&`: only the lines that match. */
export function askOnly({store}: Context): void {
	const {only} = store.getState().logLook;
	store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'only', label: 'only lines with', text: only, before: only}});
}

export function showOnly({store}: Context, text: string): void {
	const empty = parseLineFilter(text).matcher.pattern === undefined;
	store.dispatch({type: 'log-look', look: {only: empty ? '' : text, top: undefined, match: undefined}});
}

/** `@`: to a clock time. */
export function askTime({store}: Context): void {
	store.dispatch({type: 'overlay', overlay: {kind: 'prompt', purpose: 'time', label: 'go to', text: '', before: ''}});
}

/** `14:05`, `14:05:30`, `2026-11-26 14:05`, `-10m`; a clock time is of the last day. */
export function parseTime(text: string, now: number): number | undefined {
	const back = /^-?\s*(\d+)\s*([smhd])$/.exec(text.trim());
	if (back) return now - Number(back[1]) * ({s: 1, m: 60, h: 3600, d: 86_400}[back[2] ?? 's'] ?? 1) * 1000;
	const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim());
	if (!clock) {
		const time = Date.parse(text.trim());
		return Number.isNaN(time) ? undefined : time;
	}
	const at = new Date(now);
	at.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
	return at.getTime() > now ? at.getTime() - 86_400_000 : at.getTime();
}

export function goToTime(context: Context, text: string): void {
	const {store} = context;
	const {log, logLook, now} = store.getState();
	const time = parseTime(text, now);
	if (time === undefined) return inform(context, `“${text}” is no time: 14:05, 14:05:30, -10m`);
	const oldest = log.entries[0]?.time ?? '';
	// Before what is kept: read from there.
	if (log.first > 0 || oldest === '' || Date.parse(oldest) > time) return store.dispatch({type: 'log-range', range: sinceClock(time)});
	const line = lineAtTime(log, logLook, new Date(time).toISOString());
	if (line === undefined) return inform(context, `Nothing was written after ${formatClock(time)}`);
	store.dispatch({type: 'log-look', look: {top: line}});
}

export function toggleFollow({store}: Context): void {
	const {log, logLook, size} = store.getState();
	const top = logLook.top === undefined ? Math.max(log.first, log.first + log.entries.length - size.rows + 4) : undefined;
	store.dispatch({type: 'log-look', look: {top}});
}

export const toggleWrap = ({store}: Context): void => store.dispatch({type: 'log-look', look: {wrap: !store.getState().logLook.wrap, left: 0}});
export const toggleTimes = ({store}: Context): void => store.dispatch({type: 'log-look', look: {times: !store.getState().logLook.times}});
export const togglePretty = ({store}: Context): void => store.dispatch({type: 'log-look', look: {pretty: !store.getState().logLook.pretty}});

export function nextStream({store}: Context): void {
	const order = ['all', 'stdout', 'stderr'] as const;
	const {stream} = store.getState().logLook;
	store.dispatch({type: 'log-look', look: {stream: order[(order.indexOf(stream) + 1) % order.length] ?? 'all'}});
}

/** `m`: a line across, to see what comes after it. */
export function drawRuler({store}: Context): void {
	const {log, logLook} = store.getState();
	const last = log.first + log.entries.length - 1;
	store.dispatch({type: 'log-look', look: {rulers: [...logLook.rulers, last].slice(-50)}});
}

/** `V`: a range begins at this line; it is extended by moving. */
export function beginRange(context: Context): void {
	const {log, logLook} = context.store.getState();
	const at = logLook.match ?? logLook.top ?? log.first + log.entries.length - 1;
	if (logLook.range !== undefined) return context.store.dispatch({type: 'log-look', look: {range: undefined}});
	context.store.dispatch({type: 'log-look', look: {range: at, top: at}});
	inform(context, 'A range begins here: move to its end, c copies it, Esc leaves it');
}

/** `x`: an empty pane; the log itself stays as it is. */
export function clearLog({store}: Context): void {
	const {log} = store.getState();
	store.dispatch({type: 'log-opened', ids: log.ids});
}
