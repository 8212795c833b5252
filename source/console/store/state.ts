import type {ContainerSummary, EngineEvent, HistorySample, HostSample, ImageSummary, StatsSample} from './engine-port.ts';
import type {LogBuffer} from './log-buffer.ts';

export type Size = {readonly columns: number; readonly rows: number};
export type PaneId = 'containers' | 'images' | 'stats' | 'logs' | 'shell';
export type ViewId = 'home' | 'log' | 'text' | 'events';
export type ListId = 'containers' | 'images';

/** What the last two readings of a container say; rates are per second. */
export type LiveStats = {
	readonly sample: StatsSample;
	/** Percent of one core. */
	readonly cpu: number;
	readonly throttled: number;
	readonly read: number;
	readonly written: number;
	readonly received: number;
	readonly sent: number;
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
};

export type TextView = {readonly title: string; readonly lines: readonly string[]; readonly top: number; readonly left: number; readonly search: string};

export type ShellState = {
	readonly key: number;
	readonly containerId: string;
	readonly title: string;
	/** Ready to be drawn. */
	readonly lines: readonly string[];
	readonly ended: string | undefined;
};

export type Target = {readonly kind: 'container' | 'image'; readonly id: string; readonly name: string};
export type ConfirmVerb = 'stop' | 'restart' | 'remove' | 'remove-image' | 'quit';
export type MenuPurpose = 'kill' | 'sort';
export type PromptPurpose = 'filter' | 'search' | 'exec';

export type Overlay =
	| {readonly kind: 'help'; readonly top: number}
	| {readonly kind: 'palette'; readonly text: string; readonly index: number}
	| {readonly kind: 'prompt'; readonly purpose: PromptPurpose; readonly label: string; readonly text: string; readonly before: string; readonly target?: Target}
	| {readonly kind: 'menu'; readonly purpose: MenuPurpose; readonly title: string; readonly items: readonly MenuItem[]; readonly index: number; readonly target?: Target}
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
	/** Of the container under the cursor. */
	readonly history: {readonly id: string; readonly samples: readonly HistorySample[]} | undefined;
	/** Minutes that the charts show. */
	readonly window: number;
	readonly log: LogBuffer;
	readonly logLook: LogLook;
	readonly events: readonly EngineEvent[];
	readonly eventsTop: number;
	readonly tasks: ReadonlyMap<string, Task>;
	readonly message: Message | undefined;
	readonly view: ViewId;
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
};
