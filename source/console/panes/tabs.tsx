import {memo} from 'react';
import type {PaneId} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

const names: Readonly<Record<PaneId, readonly [digit: string, name: string]>> = {
	containers: ['1', 'Containers'],
	images: ['2', 'Images'],
	stats: ['3', 'Stats'],
	logs: ['4', 'Logs'],
	shell: ['9', 'Shell'],
};

/** On a small screen one pane is seen at a time; this says which, and what else there is. */
export const Tabs = memo(({theme, focus, panes}: {readonly theme: Theme; readonly focus: PaneId; readonly panes: readonly PaneId[]}) => {
	const line = panes.map(pane => {
		const [digit, name] = names[pane];
		return pane === focus ? theme.paint('title', ` ${digit} ${name} `, 'selected') : ` ${theme.paint('faint', digit)} ${theme.paint('muted', name)} `;
	});
	return <Lines lines={[theme.line(line.join(''))]} />;
});
