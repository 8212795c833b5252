import {memo} from 'react';
import {fit, padColored, truncate} from '../../terminal/width.ts';
import {isBound, keyLabel, keyTable, type Scope} from '../keys/table.ts';
import type {Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

/** Made from the table of keys: what works here comes first and is bright. */
function helpLines(theme: Theme, scope: Scope, readOnly: boolean, width: number): string[] {
	const all = keyTable().filter(({keys, changes}) => keys.length > 0 && !(readOnly && changes));
	const groups = [...new Set(all.map(({group}) => group))];
	const inScope = (group: string): boolean => all.some(binding => binding.group === group && binding.scopes !== undefined && isBound(binding, scope));
	const ordered = [...groups.filter(inScope), ...groups.filter(group => !inScope(group))];
	return ordered.flatMap(group => [
		` ${theme.paint('title', group)}`,
		...all
			.filter(binding => binding.group === group)
			.map(binding => {
				const here = isBound(binding, scope);
				const keys = fit(binding.keys.map(keyLabel).join(' '), 16);
				return `   ${theme.paint(here ? 'key' : 'faint', keys)} ${theme.paint(here ? 'text' : 'faint', truncate(binding.help, width - 23))}`;
			}),
		'',
	]);
}

const columnWidth = 60;

/** Side by side where the screen is wide: the columns of one page hold lines that follow each other. */
function arrange(lines: readonly string[], {columns, height, from}: {readonly columns: number; readonly height: number; readonly from: number}): string[] {
	return Array.from({length: Math.min(height, lines.length)}, (_, row) =>
		Array.from({length: columns}, (__, column) => padColored(lines[from + column * height + row] ?? '', columnWidth)).join(''),
	);
}

export const Help = memo(
	({theme, screen, scope, readOnly, top}: {readonly theme: Theme; readonly screen: Size; readonly scope: Scope; readonly readOnly: boolean; readonly top: number}) => {
		const columns = Math.max(1, Math.min(3, Math.floor((screen.columns - 4) / columnWidth)));
		const width = columns === 1 ? Math.min(84, screen.columns - 2) : columns * columnWidth + 2;
		const lines = helpLines(theme, scope, readOnly, columns === 1 ? width : columnWidth);
		const height = screen.rows - 4;
		const room = height * columns;
		const from = Math.max(0, Math.min(top, lines.length - room));
		const more = lines.length > room ? theme.paint('faint', from + room < lines.length ? 'j/k for more' : 'end') : '';
		const shown = columns === 1 ? lines.slice(from, from + height) : arrange(lines, {columns, height, from});
		return <Dialog theme={theme} screen={screen} title="Keys" width={width} lines={shown} right={more} />;
	},
);
