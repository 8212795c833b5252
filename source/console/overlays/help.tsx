import {memo} from 'react';
import {fit, truncate} from '../../terminal/width.ts';
import {bindings, isBound, keyLabel, type Scope} from '../keys/table.ts';
import type {Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

/** Made from the table of keys: what works here is bright. */
function helpLines(theme: Theme, scope: Scope, width: number): string[] {
	const groups = [...new Set(bindings.map(({group}) => group))];
	return groups.flatMap(group => [
		` ${theme.paint('title', group)}`,
		...bindings
			.filter(binding => binding.group === group)
			.map(binding => {
				const here = isBound(binding, scope);
				const keys = fit(binding.keys.map(keyLabel).join(' '), 14);
				return `   ${theme.paint(here ? 'key' : 'faint', keys)} ${theme.paint(here ? 'text' : 'faint', truncate(binding.help, width - 21))}`;
			}),
		'',
	]);
}

export const Help = memo(({theme, screen, scope, top}: {readonly theme: Theme; readonly screen: Size; readonly scope: Scope; readonly top: number}) => {
	const width = Math.min(84, screen.columns - 2);
	const lines = helpLines(theme, scope, width);
	const height = screen.rows - 4;
	const from = Math.max(0, Math.min(top, lines.length - height));
	const more = lines.length > height ? theme.paint('faint', from + height < lines.length ? 'j/k for more' : 'end') : '';
	return <Dialog theme={theme} screen={screen} title="Keys" width={width} lines={lines.slice(from, from + height)} right={more} />;
});
