import {memo} from 'react';
import {reduceColors} from '../../terminal/sanitize-log.ts';
import type {Rect} from '../store/layout.ts';
import type {ShellState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';

export type ShellProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly typing: boolean;
	readonly shell: ShellState | undefined;
	readonly count: number;
	readonly place: number;
};

function words({theme, typing, shell, count, place: number}: ShellProps): string {
	const many = count > 1 ? `${theme.paint('faint', `${number} of ${count}`)}  ` : '';
	if (shell?.ended !== undefined) return `${many}${theme.paint('warn', shell.ended)}`;
	const place = shell !== undefined && shell.scrolled > 0 ? `${theme.paint('warn', `${shell.scrolled} lines up`)}  ` : '';
	return many + place + (typing ? theme.paint('good', '● Ctrl-] leaves it running') : theme.paint('muted', 'Enter to type'));
}

export const ShellPane = memo((props: ShellProps) => {
	const {theme, rect, focused, shell} = props;
	const spec = {...rect, digit: '9', title: shell?.title ?? 'Shell', right: words(props), focused};
	const lines = shell?.lines.map(line => reduceColors(line, theme.logColors)) ?? [];
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
