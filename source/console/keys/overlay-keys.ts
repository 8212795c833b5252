import type {Press} from '../../terminal/keys.ts';
import {carryOut} from '../actions/confirm.ts';
import type {Context} from '../actions/context.ts';
import {copyItem, saveView} from '../actions/export.ts';
import {copyOut} from '../actions/files.ts';
import {submitForm} from '../actions/form.ts';
import {sendSignal} from '../actions/kill.ts';
import {goToTime, search, showOnly} from '../actions/log.ts';
import {sortBy, toggleColumn, typeFilter} from '../actions/display.ts';
import {closeOverlay} from '../actions/overlay.ts';
import {execTyped} from '../actions/shell.ts';
import type {MenuPurpose, Overlay, PromptPurpose} from '../store/state.ts';
import {completePalette, paletteEntries, runEntry} from './palette.ts';
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

const isLeaving = (key: string): boolean => key === 'escape' || key === 'ctrl-c';

function inHelp(context: Context, _: Of<'help'>, press: Press): void {
	if (press.kind === 'key' && !moveIn(context, press.key)) closeOverlay(context);
}

const menuActs: Readonly<Record<MenuPurpose, (context: Context, overlay: Of<'menu'>, value: string) => unknown>> = {
	sort: (context, _, value) => sortBy(context, value),
	kill: (context, {targets = []}, value) => sendSignal(context, targets, value),
	copy: (context, _, value) => copyItem(context, value),
	columns: (context, {index}, value) => toggleColumn(context, value, index),
};

function inMenu(context: Context, overlay: Of<'menu'>, press: Press): void {
	if (press.kind !== 'key' || moveIn(context, press.key)) return;
	if (press.key === 'enter' || (press.key === ' ' && overlay.purpose === 'columns')) {
		const {value} = overlay.items[overlay.index] ?? {value: ''};
		closeOverlay(context);
		void menuActs[overlay.purpose](context, overlay, value);
	} else if (isLeaving(press.key) || press.key === 'q') closeOverlay(context);
}

const typedRight = ({expect, typed}: Of<'confirm'>): boolean => expect === undefined || typed === expect;

/** Focus starts on No. `y` and a chosen Yes act; Enter on No, `n` and Esc leave. Where a name is to be typed, letters are letters. */
function inConfirm(context: Context, overlay: Of<'confirm'>, press: Press): void {
	const show = (values: Partial<Of<'confirm'>>): void => context.store.dispatch({type: 'overlay', overlay: {...overlay, ...values}});
	const key = press.kind === 'key' ? press.key : '';
	if (isLeaving(key)) return closeOverlay(context);
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

const promptActs: Readonly<Record<PromptPurpose, (context: Context, overlay: Of<'prompt'>) => unknown>> = {
	filter: () => {},
	search: (context, {text}) => search(context, text),
	only: (context, {text}) => showOnly(context, text),
	time: (context, {text}) => goToTime(context, text),
	save: (context, {text}) => saveView(context, text),
	exec: (context, {targets = [], text}) => execTyped(context, targets, text),
	'copy-out': (context, {targets: [target] = [], before, text}) => target && copyOut(context, target.id, target.name, before, text),
};

/** What shows while it is typed. */
const live: Readonly<Partial<Record<PromptPurpose, (context: Context, text: string) => void>>> = {filter: typeFilter, only: showOnly};

function inPrompt(context: Context, overlay: Of<'prompt'>, press: Press): void {
	const {purpose, before} = overlay;
	const key = press.kind === 'key' ? press.key : '';
	if (isLeaving(key)) {
		closeOverlay(context);
		live[purpose]?.(context, key === 'escape' ? '' : before);
		return;
	}
	if (key === 'enter') {
		closeOverlay(context);
		void promptActs[purpose](context, overlay);
		return;
	}
	if (purpose === 'filter' && (key === 'down' || key === 'up')) return void moveIn(context, key);
	const typing = press.kind === 'paste' || editText('', press) !== '';
	const text = editText(overlay.fresh && typing ? '' : overlay.text, press);
	if (text === undefined) return;
	context.store.dispatch({type: 'overlay', overlay: {...overlay, text, fresh: false}});
	live[purpose]?.(context, text);
}

const formSteps: Readonly<Record<string, number>> = {tab: 1, down: 1, 'shift-tab': -1, up: -1};

function inForm(context: Context, overlay: Of<'form'>, press: Press): void {
	const key = press.kind === 'key' ? press.key : '';
	const {fields, index} = overlay;
	if (isLeaving(key)) return closeOverlay(context);
	if (key === 'enter') {
		closeOverlay(context);
		void submitForm(context, overlay);
		return;
	}
	const step = formSteps[key];
	if (step !== undefined) return context.store.dispatch({type: 'overlay', overlay: {...overlay, index: (index + step + fields.length) % fields.length}});
	const value = editText(fields[index]?.value ?? '', press);
	if (value !== undefined) context.store.dispatch({type: 'overlay', overlay: {...overlay, fields: fields.map((field, at) => (at === index ? {...field, value} : field))}});
}

function inPalette(context: Context, overlay: Of<'palette'>, press: Press): void {
	const {store} = context;
	const key = press.kind === 'key' ? press.key : '';
	const entries = paletteEntries(store.getState(), overlay.text);
	if (isLeaving(key)) return closeOverlay(context);
	if (key === 'down' || key === 'up') {
		const index = Math.max(0, Math.min(entries.length - 1, overlay.index + (key === 'up' ? -1 : 1)));
		return store.dispatch({type: 'overlay', overlay: {...overlay, index}});
	}
	if (key === 'tab') return store.dispatch({type: 'overlay', overlay: {...overlay, text: completePalette(store.getState(), overlay), index: 0}});
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
		case 'form':
			return inForm(context, overlay, press);
		case 'palette':
			return inPalette(context, overlay, press);
	}
}
