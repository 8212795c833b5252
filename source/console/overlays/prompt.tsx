import {Box} from 'ink';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {padColored, truncate, widthOf} from '../../terminal/width.ts';
import type {Overlay, PromptPurpose, Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

const hints: Readonly<Record<PromptPurpose, string>> = {
	filter: 'words must match · !not · ~fuzzy · label:k=v · state:exited · Esc clears',
	search: 'words or a regular expression · Enter searches upwards · then N and n',
	only: '!words without · +3 words with three lines around · Esc shows all',
	time: '14:05 · 14:05:30 · -10m · 2026-11-26 14:05',
	'copy-out': 'a folder or a file of the host · Esc leaves',
	save: 'never over a file that is there · Esc leaves',
	exec: 'a program and its arguments · Esc leaves',
};

/** A text box in the place of the key line. */
export function Prompt({theme, screen, overlay}: {readonly theme: Theme; readonly screen: Size; readonly overlay: Extract<Overlay, {kind: 'prompt'}>}) {
	const label = sanitizeLine(overlay.label);
	const room = screen.columns - widthOf(label) - 5;
	// The end of a long text is where one types.
	const text = widthOf(overlay.text) > room ? overlay.text.slice(-room) : overlay.text;
	const used = widthOf(label) + widthOf(text) + 6;
	const hint = truncate(hints[overlay.purpose], Math.max(0, screen.columns - used));
	const line = ` ${theme.paint('key', label)} ${theme.paint('strong', text, overlay.fresh ? 'marked' : 'plain')}${theme.paint('text', ' ', 'selected')}  ${theme.paint('faint', hint)}`;
	return (
		<Box position="absolute" top={screen.rows - 1} left={0}>
			<Lines lines={[theme.line(padColored(line, screen.columns))]} />
		</Box>
	);
}
