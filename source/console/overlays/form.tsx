import {sanitizeLine} from '../../terminal/sanitize.ts';
import {fit, truncate, wrapColumns} from '../../terminal/width.ts';
import {formCommand} from '../actions/form.ts';
import type {Overlay, Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Dialog} from './dialog.tsx';

/** As it could be typed in a shell. */
const quote = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

/** Text boxes, and the command that they come to. */
export function Form({theme, screen, overlay}: {readonly theme: Theme; readonly screen: Size; readonly overlay: Extract<Overlay, {kind: 'form'}>}) {
	const width = Math.min(86, screen.columns - 4);
	const labels = 18;
	const room = width - labels - 6;
	const boxes = overlay.fields.map(({label, hint, value, before}, index) => {
		const chosen = index === overlay.index;
		const cut = value.length > room - 1 ? value.slice(-(room - 1)) : value;
		const text =
			value === '' && !chosen
				? theme.paint('faint', truncate(hint, room))
				: theme.paint(value === before ? 'text' : 'warn', sanitizeLine(cut)) +
					(chosen ? theme.paint('text', ' ', 'selected') + (value === '' ? ` ${theme.paint('faint', truncate(hint, room - 3))}` : '') : '');
		return ` ${theme.paint(chosen ? 'key' : 'muted', `${chosen ? '▸' : ' '} ${fit(label, labels)}`)} ${text}`;
	});
	const command = wrapColumns(sanitizeLine(`hawser ${formCommand[overlay.purpose](overlay).map(quote).join(' ')}`), width - 5);
	const lines = ['', ...boxes, '', ...command.slice(0, 4).map(text => ` ${theme.paint('cpu', text)}`), ''];
	return (
		<Dialog
			theme={theme}
			screen={screen}
			title={truncate(sanitizeLine(overlay.title), width - 40)}
			width={width}
			lines={lines}
			right={theme.paint('faint', 'Tab next · Enter does it · Esc leaves')}
		/>
	);
}
