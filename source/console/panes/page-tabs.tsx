import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {truncateMiddle, widthOf} from '../../terminal/width.ts';
import type {Page} from '../store/state.ts';
import {tabs, tabsOf} from '../tabs/table.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

type Label = {readonly text: string; readonly chosen: boolean};

/** The labels around the chosen one, as many as fit. */
function around(labels: readonly Label[], width: number): {readonly from: number; readonly to: number} {
	const chosen = Math.max(
		0,
		labels.findIndex(label => label.chosen),
	);
	let [from, to] = [chosen, chosen + 1];
	let used = widthOf(labels[chosen]?.text ?? '') + 2;
	for (;;) {
		const next = labels[to];
		const before = labels[from - 1];
		if (next && used + widthOf(next.text) + 2 <= width) {
			used += widthOf(next.text) + 2;
			to++;
		} else if (before && used + widthOf(before.text) + 2 <= width) {
			used += widthOf(before.text) + 2;
			from--;
		} else return {from, to};
	}
}

/** Of what this page is, and its tabs, with the one that is open. */
export const PageTabs = memo(({theme, page, width}: {readonly theme: Theme; readonly page: Page; readonly width: number}) => {
	const name = page.target ? truncateMiddle(sanitizeLine(page.target.name), Math.min(32, Math.floor(width / 3))) : 'Host';
	const labels = tabsOf(page.kind).map((tab): Label => ({text: tabs[tab]?.title ?? tab, chosen: tab === page.tab}));
	const room = width - widthOf(name) - 9;
	const {from, to} = around(labels, room);
	const shown = labels.slice(from, to).map(({text, chosen}) => (chosen ? theme.paint('title', ` ${text} `, 'selected') : theme.paint('muted', ` ${text} `)));
	const arrow = (there: boolean, key: string): string => (there ? theme.paint('key', key) : theme.paint('faint', key));
	return <Lines lines={[theme.line(` ${theme.paint('strong', name)}  ${arrow(from > 0, '[')}${shown.join('')}${arrow(to < labels.length, ']')}`)]} />;
});
