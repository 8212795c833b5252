import type {Press} from '../../terminal/keys.ts';
import {sanitizeLine} from '../../terminal/sanitize.ts';

const longest = 500;
const segmenter = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** The text after a press: a text box swallows all letters. undefined: the press is not for the text. */
export function editText(text: string, press: Press): string | undefined {
	if (press.kind === 'paste') return (text + sanitizeLine(press.text.replaceAll(/[\r\n\t]+/g, ' '))).slice(0, longest);
	if (press.kind !== 'key') return undefined;
	const {key} = press;
	if (key === 'backspace' || key === 'ctrl-h')
		return [...segmenter.segment(text)]
			.slice(0, -1)
			.map(({segment}) => segment)
			.join('');
	if (key === 'ctrl-u') return '';
	if (key === 'ctrl-w') return text.replace(/\S+\s*$/, '');
	return [...segmenter.segment(key)].length === 1 ? (text + sanitizeLine(key)).slice(0, longest) : undefined;
}
