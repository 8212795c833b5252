import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {truncate, widthOf} from '../../terminal/width.ts';
import type {Message} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

export type KeyHint = {readonly key: string; readonly label: string};

export type KeyLineProps = {readonly theme: Theme; readonly width: number; readonly hints: readonly KeyHint[]; readonly message: Message | undefined; readonly progress: string};

/** Always there, at the right: the way to everything else, and the way out. */
const last = new Set(['?', 'q']);

function drawHints(theme: Theme, hints: readonly KeyHint[], width: number): string {
	const [left, usedLeft] = joinHints(
		theme,
		hints.filter(({key}) => !last.has(key)),
		width - 18,
	);
	const [right, usedRight] = joinHints(
		theme,
		hints.filter(({key}) => last.has(key)),
		width,
	);
	return left + ' '.repeat(Math.max(0, width - usedLeft - usedRight)) + right;
}

function joinHints(theme: Theme, hints: readonly KeyHint[], width: number): [line: string, columns: number] {
	let line = '';
	let used = 0;
	for (const {key, label} of hints) {
		const size = 1 + widthOf(key) + 1 + widthOf(label) + 1;
		if (used + size > width) break;
		line += ` ${theme.paint('key', key)} ${theme.paint('muted', label)} `;
		used += size;
	}
	return [line, used];
}

/** What can be pressed here; a sentence that somebody must read takes its place for a while. */
export const KeyLine = memo(({theme, width, hints, message, progress}: KeyLineProps) => {
	const shown = message
		? theme.paint(message.kind === 'error' ? 'danger' : 'strong', ` ${truncate(sanitizeLine(message.text), width - 2)} `)
		: progress !== ''
			? theme.paint('busy', ` ${truncate(sanitizeLine(progress), width - 2)}`)
			: drawHints(theme, hints, width);
	return <Lines lines={[theme.line(shown)]} />;
});
