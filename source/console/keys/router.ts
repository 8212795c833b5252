import type {Press} from '../../terminal/keys.ts';
import {type Context, inform} from '../actions/context.ts';
import {handleOverlay} from './overlay-keys.ts';
import {handleMouse} from './mouse.ts';
import {findBinding, scopeOf} from './table.ts';

/** The one listener: an overlay hears a key first and alone; then the table. */
export function createRouter(context: Context): (press: Press) => void {
	// The first of `gg`.
	let pending = '';

	function pressKey(key: string): void {
		const chord = pending + key;
		pending = '';
		const state = context.store.getState();
		const scope = scopeOf(state);
		const binding = findBinding(chord, scope) ?? (chord === key ? undefined : findBinding(key, scope));
		if (binding?.changes && state.settings.readOnly) inform(context, `Read-only: ${binding.name} is off`);
		else if (binding) void binding.run(context);
		else if (key === 'g') pending = 'g';
	}

	return press => {
		const {overlay, size} = context.store.getState();
		if (size.columns < 1) return;
		context.store.handle(() => {
			if (overlay) handleOverlay(context, overlay, press);
			else if (press.kind === 'key') pressKey(press.key);
			else if (press.kind === 'mouse') handleMouse(context, press);
			// Pasted text is for text boxes only: as keys it would act.
		});
	};
}
