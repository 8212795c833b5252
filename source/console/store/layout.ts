import type {PaneId, State} from './state.ts';

export type Rect = {readonly x: number; readonly y: number; readonly width: number; readonly height: number};

/** Where everything is: one status line above, one key line below, between them panes, or one pane under tabs, or a page under its tabs. */
export type Layout = {
	readonly kind: 'too-small' | 'tabs' | 'panes' | 'view';
	readonly panes: Readonly<Partial<Record<PaneId, Rect>>>;
	readonly view: Rect | undefined;
};

export const smallest = {columns: 60, rows: 15};
const roomy = {columns: 100, rows: 28};

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** What the lower right shows: the log, or a shell while one is looked at. */
export const slotPane = ({activeShell}: Pick<State, 'activeShell'>): 'logs' | 'shell' => (activeShell === undefined ? 'logs' : 'shell');

/** The panes that Tab walks through. */
export const paneOrder = (state: Pick<State, 'activeShell'>): readonly PaneId[] => ['containers', 'images', 'stats', slotPane(state)];

type Shape = Pick<State, 'size' | 'view' | 'zoomed' | 'focus' | 'activeShell' | 'split'> & {readonly imageCount: number};

function fourPanes({size, activeShell, split, imageCount}: Shape): Layout['panes'] {
	const height = size.rows - 2;
	const left = clamp(Math.round((size.columns * split) / 100), 40, size.columns - 44);
	const right = size.columns - left;
	const images = clamp(imageCount + 3, 5, Math.floor(height * 0.34));
	const share = activeShell === undefined ? 0.56 : 0.32;
	const stats = clamp(Math.floor(height * share), 9, height - 7);
	return {
		containers: {x: 0, y: 1, width: left, height: height - images},
		images: {x: 0, y: 1 + height - images, width: left, height: images},
		stats: {x: left, y: 1, width: right, height: stats},
		[slotPane({activeShell})]: {x: left, y: 1 + stats, width: right, height: height - stats},
	};
}

function compute(shape: Shape): Layout {
	const {size, view, zoomed, focus} = shape;
	if (size.columns < smallest.columns || size.rows < smallest.rows) return {kind: 'too-small', panes: {}, view: undefined};
	if (view !== 'home') return {kind: 'view', panes: {}, view: {x: 0, y: 2, width: size.columns, height: size.rows - 3}};
	const tabs = size.columns < roomy.columns || size.rows < roomy.rows;
	if (tabs) return {kind: 'tabs', panes: {[focus]: {x: 0, y: 2, width: size.columns, height: size.rows - 3}}, view: undefined};
	if (zoomed) return {kind: 'panes', panes: {[focus]: {x: 0, y: 1, width: size.columns, height: size.rows - 2}}, view: undefined};
	return {kind: 'panes', panes: fourPanes(shape), view: undefined};
}

let last: {readonly key: string; readonly layout: Layout} | undefined;

/** The same object while nothing that matters has changed. */
export function layoutOf(state: State): Layout {
	const {size, view, zoomed, focus, activeShell, split} = state;
	const key = [size.columns, size.rows, view, zoomed, focus, activeShell, split, state.images.length].join();
	if (last?.key !== key) last = {key, layout: compute({size, view, zoomed, focus, activeShell, split, imageCount: state.images.length})};
	return last.layout;
}

/** Rows of a list inside its pane: without the frame and the heading. */
export const listHeight = (rect: Rect | undefined): number => Math.max(1, (rect?.height ?? 4) - 3);
