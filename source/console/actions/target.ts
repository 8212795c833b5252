import {containerTarget, selectedContainer} from '../store/select.ts';
import type {Target} from '../store/state.ts';
import {type Context, inform} from './context.ts';

/** The container under the cursor; says so when there is none. */
export function targetOf(context: Context): Target | undefined {
	const container = selectedContainer(context.store.getState());
	if (!container) inform(context, 'No container is selected');
	return container && containerTarget(container);
}
