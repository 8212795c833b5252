import type {Step} from './change.ts';
import {logEnd, type LogLine, startOf} from './log-buffer.ts';
import {logWindow, plainText, stepLines} from './log-window.ts';
import type {State} from './state.ts';

const plain = (entry: LogLine): readonly string[] => [plainText(entry)];

/** Upward releases the log, reaching the end sticks it again. */
export function moveLog(state: State, step: Step, size: {readonly width: number; readonly height: number}): State {
	const {log, logLook} = state;
	const set = (top: number | undefined): State => ({...state, logLook: {...logLook, top}});
	if ('to' in step) {
		// The very first line, where it is not held.
		if (step.to === 'top' && startOf(log) !== log.first && log.ids.length === 1 && state.page) return {...state, logRange: {kind: 'head'}};
		return set(step.to === 'top' ? log.first : undefined);
	}
	const unit = step.by === 'line' ? 1 : step.by === 'half' ? Math.max(1, Math.floor(size.height / 2)) : Math.max(1, size.height - 1);
	const count = unit * step.count;
	const window = logWindow(log, logLook, size, plain);
	if (logLook.top === undefined && (count > 0 || window.rows.length < size.height)) return state;
	const top = stepLines(log, logLook, window.first, count);
	const after = logWindow(log, {...logLook, top}, size, plain);
	const end = logEnd(log) - 1;
	return set(count > 0 && after.last >= end && !log.isApart ? undefined : top);
}
