import {memo} from 'react';
import {Box} from 'ink';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {formatAge, formatShortBytes} from '../format.ts';
import type {ImageSummary} from '../store/engine-port.ts';
import {listHeight, type Rect} from '../store/layout.ts';
import {imageKey, imageName} from '../store/select.ts';
import type {ListState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {type ColumnSpec, fitColumns} from '../widgets/columns.ts';
import {centered, drawFrame, edgeOf, frameBottom, frameTop} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';
import {type Row, RowTable} from '../widgets/row-table.tsx';
import {listFooter, listTitle} from './list-title.ts';

const columns: readonly ColumnSpec[] = [
	{name: 'mark', title: '', width: 1, keep: 101},
	{name: 'name', middle: true, title: 'REPOSITORY:TAG', width: 20, grow: 3, keep: 100},
	{name: 'size', title: 'SIZE', width: 6, align: 'right', keep: 90},
	{name: 'age', title: 'AGE', width: 5, align: 'right', keep: 80},
	{name: 'used', title: 'USED', width: 4, align: 'right', keep: 70},
	{name: 'id', title: 'ID', width: 12, keep: 60},
	{name: 'platform', title: 'PLATFORM', width: 12, keep: 50},
];

export type ImagesProps = {
	readonly theme: Theme;
	readonly rect: Rect;
	readonly focused: boolean;
	readonly loaded: boolean;
	readonly images: readonly ImageSummary[];
	readonly total: number;
	readonly list: ListState;
	/** The hour in which ages are counted: they need not be drawn anew each second. */
	readonly now: number;
};

function toRow(image: ImageSummary, {list, now, focused}: ImagesProps): Row {
	const key = imageKey(image);
	const ground = key !== list.selected ? 'plain' : focused ? 'selected' : 'marked';
	return {
		key,
		ground,
		cells: {
			mark: {text: list.marks.has(key) ? '▌' : '', role: 'key'},
			name: {text: sanitizeLine(imageName(image)), role: image.containers > 0 ? 'strong' : 'muted'},
			size: {text: formatShortBytes(image.size), role: 'text'},
			age: {text: formatAge(image.createdAt, now), role: 'muted'},
			used: {text: image.containers > 0 ? String(image.containers) : '', role: 'good'},
			id: {text: image.id.slice(7, 19), role: 'faint'},
			platform: {text: sanitizeLine(`${image.os}/${image.architecture}`), role: 'faint'},
		},
	};
}

export const ImagesPane = memo((props: ImagesProps) => {
	const {theme, rect, focused, images, list, total, loaded} = props;
	const spec = {...rect, digit: '2', title: listTitle('Images', list), footer: listFooter(theme, list, images.length, list.marks.size), focused};
	if (images.length === 0) {
		const words = !loaded ? ['Reading the images…'] : total > 0 ? [`Nothing matches “${list.filter}”`] : ['No images yet', 'hawser pull IMAGE brings one'];
		return <Lines lines={drawFrame(theme, spec, centered(theme, rect.width - 2, rect.height - 2, words))} />;
	}
	const rows = images.slice(list.top, list.top + listHeight(rect)).map(image => toRow(image, props));
	return (
		<Box flexDirection="column">
			<Lines lines={[frameTop(theme, spec)]} />
			<RowTable
				theme={theme}
				columns={fitColumns(list.marks.size > 0 ? columns : columns.slice(1), rect.width - 4)}
				rows={rows}
				width={rect.width}
				height={listHeight(rect)}
				edge={edgeOf(theme, focused)}
			/>
			<Lines lines={[frameBottom(theme, spec)]} />
		</Box>
	);
});
