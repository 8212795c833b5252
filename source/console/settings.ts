import {readFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {containerSorts, imageSorts} from './store/select.ts';
import type {PaneId, State} from './store/state.ts';

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
	readonly selected: string;
};

const folder = (): string => join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'hawser');
const name = 'console';

type Check = (value: unknown) => boolean;
const oneOf =
	(...values: readonly unknown[]): Check =>
	value =>
		values.includes(value);
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
	selected: value => typeof value === 'string' && /^[0-9a-f]{0,64}$/.test(value),
};

/** What is right of what was remembered; what is wrong is named, and the default stands. */
export function readRemembered(): {readonly values: Partial<Remembered>; readonly complaint: string | undefined} {
	const path = join(folder(), `${name}.json`);
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

export function applyRemembered(state: State, values: Partial<Remembered>): State {
	const {theme, focus, showStopped, window, wrap, times, stream, containerSort, containerReverse, imageSort, imageReverse, selected} = values;
	const {containers, images} = state.lists;
	return {
		...state,
		theme: theme ?? state.theme,
		focus: focus ?? state.focus,
		showStopped: showStopped ?? state.showStopped,
		window: window ?? state.window,
		logLook: {...state.logLook, wrap: wrap ?? false, times: times ?? false, stream: stream ?? 'all'},
		lists: {
			containers: {...containers, sort: containerSort ?? containers.sort, reverse: containerReverse ?? false, selected: selected || undefined},
			images: {...images, sort: imageSort ?? images.sort, reverse: imageReverse ?? false},
		},
	};
}

export const toRemember = ({theme, focus, showStopped, window, logLook, lists}: State): Remembered => ({
	theme,
	focus: focus === 'shell' ? 'containers' : focus,
	showStopped,
	window,
	wrap: logLook.wrap,
	times: logLook.times,
	stream: logLook.stream,
	containerSort: lists.containers.sort,
	containerReverse: lists.containers.reverse,
	imageSort: lists.images.sort,
	imageReverse: lists.images.reverse,
	selected: lists.containers.selected ?? '',
});

export async function writeRemembered(values: Remembered): Promise<void> {
	const {default: Conf} = await import('conf');
	const conf = new Conf<Remembered>({cwd: folder(), configName: name});
	conf.store = values;
}
