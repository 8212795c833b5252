import {emptyLog} from './log-buffer.ts';
import {emptySheet} from './sheet.ts';
import type {ListState, Settings, Size, State} from './state.ts';

export const defaultSettings: Settings = {readOnly: false, protected: [], confirmStop: true, undoSeconds: 4, record: false, cpuOf: 'core', exitOnCtrlC: true, bell: true};

const list = (sort: string): ListState => ({selected: undefined, index: 0, top: 0, filter: '', sort, reverse: false, marks: new Set()});

export const initialState = (hostName: string, size: Size, now: number): State => ({
	hostName,
	size,
	now,
	host: undefined,
	loaded: false,
	containers: [],
	images: [],
	stats: new Map(),
	counters: undefined,
	history: undefined,
	window: 5,
	log: emptyLog(),
	logLook: {top: undefined, left: 0, wrap: false, times: false, stream: 'all', search: '', match: undefined, only: '', pretty: false, range: undefined, rulers: []},
	logRange: {kind: 'tail'},
	logRate: {received: 0, perSecond: 0},
	events: [],
	tasks: new Map(),
	message: undefined,
	view: 'home',
	page: undefined,
	lastPage: undefined,
	sheet: emptySheet,
	text: undefined,
	focus: 'containers',
	zoomed: false,
	lists: {containers: list('state'), images: list('name'), sheet: list('')},
	showStopped: true,
	frozen: false,
	mouse: false,
	shells: [],
	activeShell: undefined,
	typing: false,
	overlay: undefined,
	theme: 'auto',
	hiddenColumns: [],
	split: 46,
	settings: defaultSettings,
});
