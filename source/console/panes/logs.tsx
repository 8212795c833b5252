import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import type {ContainerSummary} from '../store/engine-port.ts';
import type {Rect} from '../store/layout.ts';
import type {LogBuffer} from '../store/log-buffer.ts';
import type {LogLook} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {drawLog} from './log-rows.ts';

export type LogsProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly container: ContainerSummary | undefined;
	readonly log: LogBuffer;
	readonly look: LogLook;
	/** Fills the screen: says more. */
	readonly full: boolean;
};

function describeLook({theme, log, look}: LogsProps): string {
	const last = log.first + log.entries.length;
	const words = [
		look.search === '' ? '' : theme.paint('warn', `“${look.search}”`),
		look.stream === 'all' ? '' : theme.paint('warn', look.stream),
		look.wrap ? theme.paint('faint', 'wrap') : '',
		look.left > 0 ? theme.paint('faint', `→${look.left}`) : '',
		look.top === undefined ? theme.paint('good', '● following') : theme.paint('warn', `line ${look.top + 1} of ${last}`),
	];
	return words.filter(word => word !== '').join('  ');
}

/** What is no longer kept, or was never read, is said. */
const footer = ({theme, log}: LogsProps): string => (log.first > 0 ? theme.paint('faint', `${log.first} older lines passed over`) : '');

export const LogsPane = memo((props: LogsProps) => {
	const {theme, rect, focused, container, log, look, full} = props;
	const title = container ? `Logs · ${sanitizeLine(container.name)}` : 'Logs';
	const spec = {...rect, digit: full ? '' : '4', title, right: describeLook(props), footer: footer(props), focused};
	const [width, height] = [rect.width - 2, rect.height - 2];
	const words = !container ? ['Nothing selected'] : log.entries.length === 0 ? [log.id === container.id ? 'It has not written anything yet' : ''] : undefined;
	const lines = words ? centered(theme, width, height, words) : drawLog(theme, log, look, width, height);
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
