import type {ContainerSummary, EngineEvent, HistorySample, HostSample, ImageSummary, StatsSample} from './engine-port.ts';
import type {LogBuffer} from './log-buffer.ts';
import type {Sheet} from './sheet.ts';

export type Size = {readonly columns: number; readonly rows: number};
export type PaneId = 'containers' | 'images' | 'stats' | 'logs' | 'shell';
/** What fills the screen in place of the panes. */
export type ViewId = 'home' | 'log' | 'stats' | 'text' | 'sheet';
export type ListId = 'containers' | 'images' | 'sheet';

/** What can be looked at in full: of a container, of an image, of the host. */
export type ContainerTab = 'logs' | 'stats' | 'processes' | 'files' | 'changes' | 'environment' | 'mounts' | 'network' | 'inspect' | 'history' | 'why';
export type ImageTab = 'layers' | 'image-history' | 'image-config';
export type HostTab = 'events' | 'system' | 'volumes' | 'networks' | 'sessions' | 'actions';
export type TabId = ContainerTab | ImageTab | HostTab;

/** The tab that is open, and of what: an act here is for this target, wherever the cursor of the list has gone meanwhile. */
export type Page = {
	readonly kind: 'container' | 'image' | 'host';
	readonly tab: TabId;
	readonly target: Target | undefined /** Logs that are read as one with it. */;
	readonly merged?: readonly Target[];
};

/** The last second of a container, as its monitor has counted it. */
export type LiveStats = {
	readonly second: HistorySample;
	/** Percent of one core. */
	readonly cpu: number;
	readonly throttled: number;
	/** CPU of the last readings, oldest first. */
	readonly trend: readonly number[];
};

export type HostLoad = {readonly sample: HostSample; readonly cpu: number; readonly read: number; readonly written: number};

export type ListState = {
	/** id of the row under the cursor. */
	readonly selected: string | undefined;
	readonly index: number;
	readonly top: number;
	readonly filter: string;
	readonly sort: string;
	readonly reverse: boolean;
	/** Keys of the marked rows, seen or not. */
	readonly marks: ReadonlySet<string>;
};

/** Something slow that somebody asked for in this console. */
export type Task = {readonly verb: string; readonly subject: string; readonly startedAt: number; readonly deadline?: number; readonly phase: string};

export type Message = {readonly kind: 'info' | 'error'; readonly text: string; readonly until: number};

/** How a log is looked at. `top` is a line's number since the beginning; absent: it follows. */
export type LogLook = {
	readonly top: number | undefined;
	readonly left: number;
	readonly wrap: boolean;
	readonly times: boolean;
	readonly stream: 'all' | 'stdout' | 'stderr';
	readonly search: string;
	/** Number of the line that search stands at. */
	readonly match: number | undefined;
	/** Only lines that match: `!` inverts, `+3` keeps three lines around. */
	readonly only: string;
	/** JSON lines are laid out. */
	readonly pretty: boolean;
	/** The line where a range begins that is going to be copied. */
	readonly range: number | undefined;
	/** Lines after which a ruler was drawn. */
	readonly rulers: readonly number[];
};

/** What of a log is read: its end, its beginning, or from a time on; milliseconds since the epoch. */
export type LogRange = {readonly kind: 'tail'} | {readonly kind: 'head'} | {readonly kind: 'since'; readonly since: number; readonly name: string} | {readonly kind: 'previous'};

/** How an operator wants the console, from the settings file. */
export type Settings = {
	readonly readOnly: boolean;
	/** Names, `*` stands for anything: they ask for their name, whatever is done to them. */
	readonly protected: readonly string[];
	/** Stop and restart of one container ask first. */
	readonly confirmStop: boolean;
	/** For how long a removal can be called back. */
	readonly undoSeconds: number;
	/** Shell sessions are written down as asciicast files. */
	readonly record: boolean;
	/** Share of one core, or of all of the host. */
	readonly cpuOf: 'core' | 'host';
	/** Ctrl-c leaves. */
	readonly exitOnCtrlC: boolean;
	/** A bell when a container is killed for memory, turns unhealthy or keeps restarting. */
	readonly bell: boolean;
};

export type TextView = {readonly title: string; readonly lines: readonly string[]; readonly top: number; readonly left: number; readonly search: string};

export type ShellState = {
	readonly key: number;
	readonly containerId: string;
	readonly title: string;
	/** Ready to be drawn. */
	readonly lines: readonly string[];
	/** Lines above the screen, and how far up one looks. */
	readonly past: number;
	readonly scrolled: number;
	/** What its program wants to hear of the mouse. */
	readonly mouse: 'none' | 'clicks' | 'drag';
	readonly ended: string | undefined;
};

export type Target = {readonly kind: 'container' | 'image' | 'volume' | 'network'; readonly id: string; readonly name: string};
export type ConfirmVerb = 'start' | 'stop' | 'restart' | 'remove' | 'remove-image' | 'remove-volume' | 'remove-network' | 'prune' | 'attach' | 'quit';
export type MenuPurpose = 'kill' | 'sort' | 'copy' | 'columns';
export type PromptPurpose = 'filter' | 'search' | 'only' | 'time' | 'save' | 'exec' | 'copy-out';
export type FormPurpose = 'limits' | 'run' | 'tag';
/** `before` is what it was: what is the same is left alone. */
export type FormField = {readonly name: string; readonly label: string; readonly hint: string; readonly value: string; readonly before: string};

export type Overlay =
	| {readonly kind: 'help'; readonly top: number}
	| {readonly kind: 'palette'; readonly text: string; readonly index: number}
	| {
			readonly kind: 'prompt';
			readonly purpose: PromptPurpose;
			readonly label: string;
			readonly text: string;
			readonly before: string /** The first letter replaces the text. */;
			readonly fresh?: boolean;
			readonly targets?: readonly Target[];
	  }
	| {
			readonly kind: 'menu';
			readonly purpose: MenuPurpose;
			readonly title: string;
			readonly items: readonly MenuItem[];
			readonly index: number;
			readonly targets?: readonly Target[];
	  }
	| {readonly kind: 'form'; readonly purpose: FormPurpose; readonly title: string; readonly fields: readonly FormField[]; readonly index: number; readonly target: Target}
	| {
			readonly kind: 'confirm';
			readonly verb: ConfirmVerb;
			readonly question: string;
			readonly details: readonly string[];
			readonly targets: readonly Target[];
			readonly focus: 'no' | 'yes';
			/** To be typed before yes counts. */
			readonly expect?: string;
			readonly typed: string;
	  };

export type MenuItem = {readonly value: string; readonly label: string; readonly hint: string};

export type State = {
	readonly hostName: string;
	readonly size: Size;
	/** Milliseconds since the epoch, of the last tick: what ages and clocks are drawn by. */
	readonly now: number;
	readonly host: HostLoad | undefined;
	readonly loaded: boolean;
	readonly containers: readonly ContainerSummary[];
	readonly images: readonly ImageSummary[];
	readonly stats: ReadonlyMap<string, LiveStats>;
	/** The kernel's own counters of the container under the cursor: totals, limits, pressure. */
	readonly counters: {readonly id: string; readonly sample: StatsSample} | undefined;
	/** Of the container under the cursor. */
	readonly history: {readonly id: string; readonly samples: readonly HistorySample[]} | undefined;
	/** Minutes that the charts show. */
	readonly window: number;
	readonly log: LogBuffer;
	readonly logLook: LogLook;
	readonly logRange: LogRange;
	/** Lines that came in the last second, and all that had come by then. */
	readonly logRate: {readonly received: number; readonly perSecond: number};
	readonly events: readonly EngineEvent[];
	readonly tasks: ReadonlyMap<string, Task>;
	readonly message: Message | undefined;
	readonly view: ViewId;
	/** Absent at home. */
	readonly page: Page | undefined;
	/** What `-` goes back to; absent: home. */
	readonly lastPage: Page | undefined;
	readonly sheet: Sheet;
	readonly text: TextView | undefined;
	readonly focus: PaneId;
	readonly zoomed: boolean;
	readonly lists: Readonly<Record<ListId, ListState>>;
	readonly showStopped: boolean;
	readonly frozen: boolean;
	readonly mouse: boolean;
	readonly shells: readonly ShellState[];
	readonly activeShell: number | undefined;
	/** Keys go to the shell. */
	readonly typing: boolean;
	readonly overlay: Overlay | undefined;
	readonly theme: 'auto' | 'dark' | 'light';
	/** Columns of the containers that somebody has put away. */
	readonly hiddenColumns: readonly string[];
	/** Percent of the width that the lists have at home. */
	readonly split: number;
	readonly settings: Settings;
};
