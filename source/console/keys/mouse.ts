import type {Press} from '../../terminal/keys.ts';
import type {Context} from '../actions/context.ts';
import {layoutOf} from '../store/layout.ts';
import {imageKey, visibleContainers, visibleImages} from '../store/select.ts';
import type {PaneId} from '../store/state.ts';

const wheelLines = 3;

/** A click focuses a pane and its row, the wheel moves in it. */
export function handleMouse({store}: Pick<Context, 'store'>, press: Extract<Press, {kind: 'mouse'}>): void {
	if (press.action === 'wheel-up' || press.action === 'wheel-down') {
		store.dispatch({type: 'moved', step: {by: 'line', count: press.action === 'wheel-up' ? -wheelLines : wheelLines}});
		return;
	}
	if (press.action !== 'press') return;
	const state = store.getState();
	const panes = Object.entries(layoutOf(state).panes) as Array<[PaneId, {readonly x: number; readonly y: number; readonly width: number; readonly height: number}]>;
	const hit = panes.find(([, {x, y, width, height}]) => press.x >= x && press.x < x + width && press.y >= y && press.y < y + height);
	if (!hit) return;
	const [pane, {y}] = hit;
	store.dispatch({type: 'focused', pane});
	if (pane !== 'containers' && pane !== 'images') return;
	// Below the frame and the heading.
	const index = state.lists[pane].top + press.y - y - 2;
	const id = pane === 'containers' ? visibleContainers(state)[index]?.id : visibleImages(state)[index] && imageKey(visibleImages(state)[index] as Parameters<typeof imageKey>[0]);
	if (id !== undefined && press.y >= y + 2) store.dispatch({type: 'selected', list: pane, id});
}
