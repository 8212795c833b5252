import {memo} from 'react';
import {sliceColumns} from '../../terminal/width.ts';
import type {Rect} from '../store/layout.ts';
import type {TextView as TextState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {matcherOf} from '../store/matcher.ts';
import {paintJson} from './json.ts';
import {highlight} from './log-rows.ts';

export const TextView = memo(({theme, rect, text}: {readonly theme: Theme; readonly rect: Rect; readonly text: TextState}) => {
	const [width, height] = [rect.width - 2, rect.height - 2];
	const spec = {...rect, title: text.title, footer: theme.paint('faint', `${Math.min(text.top + height, text.lines.length)} of ${text.lines.length}`), focused: true};
	const lines = text.lines.slice(text.top, text.top + height).map(line => {
		const shown = matcherOf(text.search).test(line) ? highlight(theme, line, text.search, false) : paintJson(theme, line);
		return ` ${sliceColumns(shown, text.left, width - 1)}`;
	});
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
