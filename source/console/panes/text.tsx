import {memo} from 'react';
import {sliceColumns} from '../../terminal/width.ts';
import type {Rect} from '../store/layout.ts';
import type {TextView as TextState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {highlight} from './log-rows.ts';

/** Colours a line of indented JSON: keys, strings, and the rest. */
function paintJson(theme: Theme, line: string): string {
	const match = /^(\s*)("(?:[^"\\]|\\.)*")(:\s*)?(.*)$/.exec(line);
	if (!match) return theme.paint('muted', line);
	const [, indent = '', first = '', colon, rest = ''] = match;
	if (colon === undefined) return indent + theme.paint('receive', first) + theme.paint('muted', rest);
	const role = rest.startsWith('"') ? 'receive' : /^[[{]/.test(rest) ? 'muted' : 'write';
	return indent + theme.paint('cpu', first) + theme.paint('muted', colon) + theme.paint(role, rest);
}

export const TextView = memo(({theme, rect, text}: {readonly theme: Theme; readonly rect: Rect; readonly text: TextState}) => {
	const [width, height] = [rect.width - 2, rect.height - 2];
	const spec = {...rect, title: text.title, footer: theme.paint('faint', `${Math.min(text.top + height, text.lines.length)} of ${text.lines.length}`), focused: true};
	const lines = text.lines.slice(text.top, text.top + height).map(line => {
		const shown = text.search !== '' && line.toLowerCase().includes(text.search.toLowerCase()) ? highlight(theme, line, text.search, false) : paintJson(theme, line);
		return ` ${sliceColumns(shown, text.left, width - 1)}`;
	});
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
