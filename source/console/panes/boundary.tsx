import {Component, type ReactNode} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import type {Rect} from '../store/layout.ts';
import type {Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';

type Props = {readonly theme: Theme; readonly rect: Rect; readonly children: ReactNode};

/** A fault of ours in one pane leaves the others as they are, and says what it is. */
export class Boundary extends Component<Props, {readonly error: Error | undefined}> {
	override state: {readonly error: Error | undefined} = {error: undefined};

	static getDerivedStateFromError(error: Error): {readonly error: Error} {
		return {error};
	}

	override render(): ReactNode {
		const {theme, rect, children} = this.props;
		const {error} = this.state;
		if (!error) return children;
		const words = ['This cannot be drawn: a fault of the console', sanitizeLine(error.message)];
		return <Lines lines={drawFrame(theme, {...rect, title: '', focused: false}, centered(theme, rect.width - 2, rect.height - 2, words))} />;
	}
}
