import {layoutOf} from './store/layout.ts';
import type {State} from './store/state.ts';

/** Mouse reports that come while somebody types into a shell: for its program, where that asked for them, else for its past. */
export type MouseReport = {readonly button: number; readonly column: number; readonly row: number; readonly isRelease: boolean};

const report = /\u001B\[<(\d{1,3});(\d{1,4});(\d{1,4})([Mm])/g;

/** Takes the reports out of what was typed. Byte by byte: latin1 keeps them all. */
export function takeReports(data: Uint8Array): {readonly typed: Uint8Array; readonly reports: readonly MouseReport[]} {
	const text = Buffer.from(data).toString('latin1');
	const reports = Array.from(text.matchAll(report), ([, button, column, row, end]) => ({
		button: Number(button),
		column: Number(column) - 1,
		row: Number(row) - 1,
		isRelease: end === 'm',
	}));
	return {typed: reports.length === 0 ? data : Buffer.from(text.replaceAll(report, ''), 'latin1'), reports};
}

/** The same report as the program in the pane sees it; undefined outside of it. */
export function intoPane(state: State, {column, row, ...rest}: MouseReport): MouseReport | undefined {
	const rect = layoutOf(state).panes.shell;
	if (!rect) return undefined;
	const [x, y] = [column - rect.x - 1, row - rect.y - 1];
	return x >= 0 && y >= 0 && x < rect.width - 2 && y < rect.height - 2 ? {...rest, column: x, row: y} : undefined;
}

const wheel = 64;

/** Up is negative; 0 where it is not the wheel. */
export const wheelLines = ({button}: MouseReport): number => (button === wheel ? -3 : button === wheel + 1 ? 3 : 0);
