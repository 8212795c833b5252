import {sanitizeLine} from '../../terminal/sanitize.ts';
import {fit} from '../../terminal/width.ts';
import type {Overlay, Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

/** A list to choose from: signals, orders. */
export function Menu({theme, screen, overlay}: {readonly theme: Theme; readonly screen: Size; readonly overlay: Extract<Overlay, {kind: 'menu'}>}) {
	const width = Math.min(60, screen.columns - 4);
	const height = screen.rows - 6;
	const from = Math.max(0, Math.min(overlay.index - height + 1, overlay.items.length - height));
	const lines = overlay.items.slice(from, from + height).map(({label, hint}, index) => {
		const ground = from + index === overlay.index ? 'selected' : 'plain';
		return theme.paint('strong', ` ${fit(label, 24)}`, ground) + theme.paint('muted', fit(hint, width - 27), ground);
	});
	return <Dialog theme={theme} screen={screen} title={sanitizeLine(overlay.title)} width={width} lines={lines} right={theme.paint('faint', 'Enter takes it, Esc leaves')} />;
}
