import {fit, truncate} from '../../terminal/width.ts';
import type {PaletteEntry} from '../keys/palette.ts';
import type {Overlay, Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

const shown = 12;

export function Palette({
	theme,
	screen,
	overlay,
	entries,
}: {
	readonly theme: Theme;
	readonly screen: Size;
	readonly overlay: Extract<Overlay, {kind: 'palette'}>;
	readonly entries: readonly PaletteEntry[];
}) {
	const width = Math.min(70, screen.columns - 4);
	const height = Math.min(shown, screen.rows - 8);
	const from = Math.max(0, overlay.index - height + 1);
	const rows = entries.slice(from, from + height).map(({name, help, key}, index) => {
		const ground = from + index === overlay.index ? 'selected' : 'plain';
		return (
			theme.paint('strong', ` ${fit(name, 18)}`, ground) +
			theme.paint('muted', fit(truncate(help, width - 34), width - 33), ground) +
			theme.paint('key', fit(key, 11, 'right'), ground) +
			theme.paint('text', ' ', ground)
		);
	});
	const blank = Array.from({length: height - rows.length}, () => '');
	const lines = [` ${theme.paint('key', ':')} ${overlay.text}${theme.paint('text', ' ', 'selected')}`, '', ...rows, ...blank];
	return <Dialog theme={theme} screen={screen} title="Palette" width={width} lines={lines} right={theme.paint('faint', 'stop web, theme light, …')} />;
}
