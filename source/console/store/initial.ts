import {emptyLog} from './log-buffer.ts';
import type {ListState, Size, State} from './state.ts';

const list = (sort: string): ListState => ({selected: undefined, index: 0, top: 0, filter: '', sort, reverse: false});

export const initialState = (hostName: string, size: Size, now: number): State => ({
	hostName,
	size,
	now,
	host: undefined,
	loaded: false,
	containers: [],
	images: [],
	stats: new Map(),
	history: undefined,
	window: 5,
	log: emptyLog(),
	logLook: {top: undefined, left: 0, wrap: false, times: false, stream: 'all', search: '', match: undefined},
	events: [],
	eventsTop: 0,
	tasks: new Map(),
	message: undefined,
	view: 'home',
	text: undefined,
	focus: 'containers',
	zoomed: false,
	lists: {containers: list('state'), images: list('name')},
	showStopped: true,
	frozen: false,
	mouse: false,
	shells: [],
	activeShell: undefined,
	typing: false,
	overlay: undefined,
	theme: 'auto',
});
