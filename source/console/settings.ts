import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {containerSorts, imageSorts} from './store/select.ts';
import type {ListState, PaneId, State} from './store/state.ts';
import {optionalColumns} from './actions/display.ts';
import {configFolder} from './user-files.ts';

/** How the console was left: read at the start as a plain file, since conf takes longer to load than everything else; written by conf. */
export type Remembered = {
	readonly theme: State['theme'];
	readonly focus: PaneId;
	readonly showStopped: boolean;
	readonly window: number;
	readonly wrap: boolean;
	readonly times: boolean;
	readonly stream: State['logLook']['stream'];
	readonly containerSort: string;
	readonly containerReverse: boolean;
	readonly imageSort: string;
	readonly imageReverse: boolean;
	readonly containerFilter: string;
	readonly imageFilter: string;
	readonly marks: readonly string[];
	readonly pretty: boolean;
	readonly only: string;
	readonly zoomed: boolean;
	readonly split: number;
	readonly hiddenColumns: readonly string[];
	readonly mouse: boolean;
	readonly selected: string;
};

const name = 'console';

type Check = (value: unknown) => boolean;
const oneOf =
	(...values: readonly unknown[]): Check =>
	value =>
		values.includes(value);
const isShort: Check = value => typeof value === 'string' && value.length <= 500;
const isBoolean: Check = value => typeof value === 'boolean';

const checks: Readonly<Record<keyof Remembered, Check>> = {
	theme: oneOf('auto', 'dark', 'light'),
	focus: oneOf('containers', 'images', 'stats', 'logs'),
	showStopped: isBoolean,
	window: oneOf(1, 5, 15, 60, 1440),
	wrap: isBoolean,
	times: isBoolean,
	stream: oneOf('all', 'stdout', 'stderr'),
	containerSort: value => typeof value === 'string' && Object.hasOwn(containerSorts, value),
	containerReverse: isBoolean,
	imageSort: value => typeof value === 'string' && Object.hasOwn(imageSorts, value),
	imageReverse: isBoolean,
	containerFilter: isShort,
	imageFilter: isShort,
	marks: value => Array.isArray(value) && value.length <= 1000 && value.every(id => typeof id === 'string' && /^[0-9a-f]{64}$/.test(id)),
	pretty: isBoolean,
	only: isShort,
	zoomed: isBoolean,
	split: value => typeof value === 'number' && value >= 25 && value <= 75,
	hiddenColumns: value => Array.isArray(value) && value.every(name => typeof name === 'string' && Object.hasOwn(optionalColumns, name)),
	mouse: isBoolean,
	selected: value => typeof value === 'string' && /^[0-9a-f]{0,64}$/.test(value),
};

/** What is right of what was remembered; what is wrong is named, and the default stands. */
export function readRemembered(): {readonly values: Partial<Remembered>; readonly complaint: string | undefined} {
	const path = join(configFolder(), `${name}.json`);
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch {
		return {values: {}, complaint: undefined};
	}
	try {
		const read: unknown = JSON.parse(text);
		const entries = typeof read === 'object' && read !== null ? Object.entries(read) : [];
		const wrong = entries.filter(([key, value]) => !(Object.hasOwn(checks, key) && checks[key as keyof Remembered](value)));
		const values = Object.fromEntries(entries.filter(entry => !wrong.includes(entry))) as Partial<Remembered>;
		return {values, complaint: wrong.length === 0 ? undefined : `${path}: ${wrong.map(([key]) => key).join(', ')} cannot be used; the default stands.`};
	} catch {
		return {values: {}, complaint: `${path} is not JSON: the defaults stand.`};
	}
}

const withOrder = (list: ListState, sort: string | undefined, reverse: boolean | undefined, filter: string | undefined): ListState => ({
	...list,
	sort: sort ?? list.sort,
	reverse: reverse ?? list.reverse,
	filter: filter ?? list.filter,
});

/** The state as it was left: what is not remembered stays as it is. */
export function applyRemembered(state: State, values: Partial<Remembered>): State {
	const {theme, focus, showStopped, window, zoomed, split, hiddenColumns, mouse, wrap, times, stream, pretty, only, marks, selected} = values;
	const given = Object.fromEntries(Object.entries({theme, focus, showStopped, window, zoomed, split, hiddenColumns, mouse}).filter(([, value]) => value !== undefined));
	const look = Object.fromEntries(Object.entries({wrap, times, stream, pretty, only}).filter(([, value]) => value !== undefined));
	const containers = withOrder(state.lists.containers, values.containerSort, values.containerReverse, values.containerFilter);
	return {
		...state,
		...given,
		logLook: {...state.logLook, ...look},
		lists: {
			...state.lists,
			containers: {...containers, selected: selected || undefined, marks: new Set(marks ?? [])},
			images: withOrder(state.lists.images, values.imageSort, values.imageReverse, values.imageFilter),
		},
	};
}

export const toRemember = ({theme, focus, showStopped, window, zoomed, split, hiddenColumns, mouse, logLook, lists}: State): Remembered => ({
	theme,
	focus: focus === 'shell' ? 'containers' : focus,
	showStopped,
	window,
	zoomed: zoomed && focus !== 'shell',
	split,
	hiddenColumns,
	mouse,
	wrap: logLook.wrap,
	times: logLook.times,
	stream: logLook.stream,
	pretty: logLook.pretty,
	only: logLook.only,
	containerSort: lists.containers.sort,
	containerReverse: lists.containers.reverse,
	containerFilter: lists.containers.filter,
	imageSort: lists.images.sort,
	imageReverse: lists.images.reverse,
	imageFilter: lists.images.filter,
	marks: [...lists.containers.marks],
	selected: lists.containers.selected ?? '',
});

export async function writeRemembered(values: Remembered): Promise<void> {
	const {default: Conf} = await import('conf');
	const conf = new Conf<Remembered>({cwd: configFolder(), configName: name});
	conf.store = values;
}
