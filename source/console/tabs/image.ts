import {formatAge, formatBytes, formatShortBytes} from '../format.ts';
import type {SheetNode} from '../store/sheet.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

/** `RUN /bin/sh -c apt-get …` without what every line has. */
export const stepWords = (createdBy: string): string => createdBy.replace(/^\/bin\/sh -c #\(nop\)\s+/, '').replace(/^\/bin\/sh -c /, 'RUN ').replace(/\s+/g, ' ').replace(/ # buildkit$/, '');

export const history: TabSpec = {
	title: 'History',
	kind: 'image',
	view: 'sheet',
	empty: 'The image does not say how it was made',
	columns: [
		{name: 'age', title: 'AGE', width: 5, align: 'right', keep: 60},
		{name: 'size', title: 'SIZE', width: 7, align: 'right', keep: 90},
		{name: 'step', title: 'MADE BY', width: 30, grow: 4, keep: 100},
		{name: 'comment', title: 'COMMENT', width: 10, grow: 1, keep: 30},
	],
	load(reading): Loaded {
		const lines = reading.engine.imageHistory(targetId(reading));
		const total = lines.reduce((sum, {Size}) => sum + Size, 0);
		return {
			nodes: lines.map(({Created, CreatedBy, Size, Comment}, index): SheetNode => ({
				key: String(index),
				cells: {
					age: cell(Created > 0 ? formatAge(new Date(Created * 1000).toISOString(), reading.state.now) : '–', 'faint', -Created),
					size: cell(Size > 0 ? formatShortBytes(Size) : '–', Size > total / 4 && Size > 0 ? 'warn' : Size > 0 ? 'text' : 'faint', Size),
					step: cell(stepWords(CreatedBy), Size > 0 ? 'strong' : 'muted'),
					comment: cell(Comment, 'faint'),
				},
			})),
			note: `${formatBytes(total)} in ${lines.filter(({Size}) => Size > 0).length} layers, newest first`,
		};
	},
};
