import type {Press} from '../../terminal/keys.ts';
import {carryOut} from '../actions/confirm.ts';
import type {Context} from '../actions/context.ts';
import {sendSignal} from '../actions/kill.ts';
import {search, sortBy, typeFilter} from '../actions/look.ts';
import {closeOverlay} from '../actions/overlay.ts';
import {execTyped} from '../actions/shell.ts';
import type {Overlay} from '../store/state.ts';
import {paletteEntries, runEntry} from './palette.ts';
import {findBinding} from './table.ts';
import {editText} from './text-box.ts';

type Of<Kind extends Overlay['kind']> = Extract<Overlay, {kind: Kind}>;

const moves = new Set(['up', 'down', 'top', 'bottom', 'half-up', 'half-down', 'page-up', 'page-down']);

/** Moves with the same keys as everywhere. */
function moveIn(context: Context, key: string): boolean {
	const binding = findBinding(key === 'g' ? 'gg' : key, 'text');
	if (!binding || !moves.has(binding.name)) return false;
	binding.run(context);
	return true;
}

function inHelp(context: Context, _: Of<'help'>, press: Press): void {
	if (press.kind === 'key' && !moveIn(context, press.key)) closeOverlay(context);
}

function inMenu(context: Context, overlay: Of<'menu'>, press: Press): void {
	if (press.kind !== 'key' || moveIn(context, press.key)) return;
	if (press.key === 'enter') {
		const {value} = overlay.items[overlay.index] ?? {value: ''};
		closeOverlay(context);
		if (overlay.purpose === 'sort') sortBy(context, value);
		else if (overlay.target) void sendSignal(context, overlay.target, value);
		return;
	}
	if (/^(escape|q|ctrl-c)$/.test(press.key)) closeOverlay(context);
}

const typedRight = ({expect, typed}: Of<'confirm'>): boolean => expect === undefined || typed === expect;

/** Focus starts on No. `y` and a chosen Yes act; Enter on No, `n` and Esc leave. Where a name is to be typed, letters are letters. */
function inConfirm(context: Context, overlay: Of<'confirm'>, press: Press): void {
	const show = (values: Partial<Of<'confirm'>>): void => context.store.dispatch({type: 'overlay', overlay: {...overlay, ...values}});
	const key = press.kind === 'key' ? press.key : '';
	if (key === 'escape' || key === 'ctrl-c') return closeOverlay(context);
	if (key === 'tab' || key === 'shift-tab' || key === 'left' || key === 'right') return show({focus: overlay.focus === 'no' ? 'yes' : 'no'});
	if (overlay.expect !== undefined) {
		if (key === 'enter') return typedRight(overlay) ? carryOut(context, overlay) : overlay.focus === 'no' && overlay.typed === '' ? closeOverlay(context) : undefined;
		const typed = editText(overlay.typed, press);
		if (typed !== undefined) show({typed});
		return;
	}
	if (key === 'y' || (key === 'enter' && overlay.focus === 'yes')) return carryOut(context, overlay);
	if (key === 'n' || key === 'q' || key === 'enter') closeOverlay(context);
}

function inPrompt(context: Context, overlay: Of<'prompt'>, press: Press): void {
	const {store} = context;
	const {purpose, target, before} = overlay;
	const key = press.kind === 'key' ? press.key : '';
	if (key === 'escape' || key === 'ctrl-c') {
		closeOverlay(context);
		if (purpose === 'filter') typeFilter(context, key === 'escape' ? '' : before);
		return;
	}
	if (key === 'enter') {
		closeOverlay(context);
		if (purpose === 'search') search(context, overlay.text);
		if (purpose === 'exec' && target) void execTyped(context, target, overlay.text);
		return;
	}
	if (purpose === 'filter' && (key === 'down' || key === 'up')) return void moveIn(context, key);
	const text = editText(overlay.text, press);
	if (text === undefined) return;
	store.dispatch({type: 'overlay', overlay: {...overlay, text}});
	if (purpose === 'filter') typeFilter(context, text);
}

function inPalette(context: Context, overlay: Of<'palette'>, press: Press): void {
	const {store} = context;
	const key = press.kind === 'key' ? press.key : '';
	const entries = paletteEntries(store.getState(), overlay.text);
	if (key === 'escape' || key === 'ctrl-c') return closeOverlay(context);
	if (key === 'down' || key === 'up' || key === 'tab') {
		const index = Math.max(0, Math.min(entries.length - 1, overlay.index + (key === 'up' ? -1 : 1)));
		return store.dispatch({type: 'overlay', overlay: {...overlay, index}});
	}
	if (key === 'enter') {
		const entry = entries[overlay.index];
		closeOverlay(context);
		if (entry) runEntry(context, entry, overlay.text);
		return;
	}
	const text = editText(overlay.text, press);
	if (text !== undefined) store.dispatch({type: 'overlay', overlay: {...overlay, text, index: 0}});
}

/** While something lies over the screen, it alone hears the keys. */
export function handleOverlay(context: Context, overlay: Overlay, press: Press): void {
	switch (overlay.kind) {
		case 'help':
			return inHelp(context, overlay, press);
		case 'menu':
			return inMenu(context, overlay, press);
		case 'confirm':
			return inConfirm(context, overlay, press);
		case 'prompt':
			return inPrompt(context, overlay, press);
		case 'palette':
			return inPalette(context, overlay, press);
	}
}
