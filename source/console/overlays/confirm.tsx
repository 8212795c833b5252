import {sanitizeLine} from '../../terminal/sanitize.ts';
import {truncate, wrapColumns} from '../../terminal/width.ts';
import type {Overlay, Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

type ConfirmOverlay = Extract<Overlay, {kind: 'confirm'}>;

function answerLine(theme: Theme, {focus, expect, typed, verb}: ConfirmOverlay): string[] {
	const destroys = verb === 'remove' || verb === 'remove-image';
	if (expect !== undefined) {
		return [
			` ${theme.paint('muted', 'Type')} ${theme.paint('bad', sanitizeLine(expect))} ${theme.paint('muted', 'and press Enter; Esc leaves it alone')}`,
			'',
			` ${theme.paint('key', '>')} ${typed}${theme.paint('text', ' ', 'selected')}`,
		];
	}
	const button = (label: string, chosen: boolean, danger: boolean): string =>
		theme.paint(chosen ? (danger ? 'danger' : 'title') : 'muted', `  ${label}  `, chosen && !danger ? 'selected' : 'plain');
	return [`   ${button('No', focus === 'no', false)}   ${button('Yes', focus === 'yes', destroys)}   ${theme.paint('faint', 'n / y')}`];
}

export function Confirm({theme, screen, overlay}: {readonly theme: Theme; readonly screen: Size; readonly overlay: ConfirmOverlay}) {
	const width = Math.min(64, screen.columns - 4);
	const details = overlay.details.flatMap(text => wrapColumns(sanitizeLine(text), width - 4).slice(0, 4));
	const lines = ['', ...details.map(text => ` ${theme.paint('muted', text)}`), '', ...answerLine(theme, overlay), ''];
	return <Dialog theme={theme} screen={screen} title={truncate(sanitizeLine(overlay.question), width - 6)} width={width} lines={lines} />;
}
