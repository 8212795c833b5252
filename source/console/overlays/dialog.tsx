import type {ReactNode} from 'react';
import {Box} from 'ink';
import type {Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';

export type DialogProps = {
	readonly theme: Theme;
	readonly screen: Size;
	readonly title: string;
	readonly width: number;
	readonly lines: readonly string[];
	readonly right?: string;
};

/** A framed box in the middle of the screen, over everything. */
export function Dialog({theme, screen, title, width, lines, right = ''}: DialogProps): ReactNode {
	const wide = Math.min(width, screen.columns - 2);
	const high = Math.min(lines.length + 2, screen.rows - 2);
	const drawn = drawFrame(theme, {width: wide, height: high, title, right, focused: true}, lines);
	return (
		<Box position="absolute" top={Math.max(0, Math.floor((screen.rows - high) / 2))} left={Math.floor((screen.columns - wide) / 2)}>
			<Lines lines={drawn} />
		</Box>
	);
}
