import type {ContainerSummary, EngineEvent, HistorySample, ImageSummary} from './engine-port.ts';
import type {LogLine} from './log-buffer.ts';
import type {SheetNode} from './sheet.ts';
import type {HostLoad, ListId, LiveStats, LogLook, LogRange, Message, Overlay, Page, PaneId, ShellState, Size, State, Task, TextView, ViewId} from './state.ts';

/** How far a cursor goes. */
export type Step = {readonly by: 'line' | 'half' | 'page'; readonly count: number} | {readonly to: 'top' | 'bottom'};

/** Everything that can happen to the state. What came from the engine, then what somebody did. */
export type Change =
	| {readonly type: 'lists'; readonly containers?: readonly ContainerSummary[]; readonly images?: readonly ImageSummary[]}
	| {
			readonly type: 'tick';
			readonly now: number;
			readonly host?: HostLoad;
			readonly stats?: ReadonlyMap<string, LiveStats>;
			readonly counters?: State['counters'] | undefined;
			readonly history?: readonly HistorySample[];
	  }
	| {readonly type: 'history'; readonly id: string; readonly samples: readonly HistorySample[]}
	/** `asked`: how many of its newest lines are read, where it is read from its end. */
	| {readonly type: 'log-opened'; readonly ids: readonly string[]; readonly asked?: number}
	| {readonly type: 'log'; readonly id: string; readonly entries: readonly LogLine[]}
	/** Lines of a log that comes too fast to be read whole; without any, it is followed again. */
	| {readonly type: 'log-skimmed'; readonly id: string; readonly entries: readonly LogLine[] | undefined}
	/** Lines beyond those that are held: before them, after them, or elsewhere. */
	| {readonly type: 'log-older'; readonly entries: readonly LogLine[]; readonly isStart: boolean}
	| {readonly type: 'log-newer'; readonly entries: readonly LogLine[]}
	| {readonly type: 'log-at'; readonly entries: readonly LogLine[]; readonly first: number; readonly isStart: boolean}
	| {readonly type: 'log-ended'; readonly id: string}
	| {readonly type: 'events'; readonly events: readonly EngineEvent[]}
	| {readonly type: 'task'; readonly id: string; readonly task: Task | undefined}
	| {readonly type: 'message'; readonly message: Message | undefined}
	| {readonly type: 'resized'; readonly size: Size}
	| {readonly type: 'focused'; readonly pane: PaneId}
	| {readonly type: 'zoomed'; readonly on: boolean}
	| {readonly type: 'home'}
	| {readonly type: 'opened'; readonly page: Page; readonly view: ViewId}
	| {readonly type: 'sheet'; readonly page: Page; readonly nodes: readonly SheetNode[]; readonly note?: string; readonly open?: readonly string[]}
	| {readonly type: 'sheet-problem'; readonly page: Page; readonly problem: string}
	| {readonly type: 'sheet-children'; readonly page: Page; readonly key: string; readonly nodes: readonly SheetNode[]}
	| {readonly type: 'folded'; readonly key: string; readonly open: boolean}
	| {readonly type: 'text'; readonly text: TextView | undefined}
	| {readonly type: 'moved'; readonly step: Step}
	| {readonly type: 'scrolled'; readonly columns: number}
	| {readonly type: 'selected'; readonly list: ListId; readonly id: string}
	| {readonly type: 'filtered'; readonly list: ListId; readonly filter: string}
	| {readonly type: 'sorted'; readonly list: ListId; readonly sort: string; readonly reverse: boolean}
	| {readonly type: 'marked'; readonly list: ListId; readonly marks: ReadonlySet<string>}
	| {readonly type: 'log-look'; readonly look: Partial<LogLook>}
	| {readonly type: 'log-range'; readonly range: LogRange}
	| {readonly type: 'text-search'; readonly search: string; readonly top: number}
	| {readonly type: 'overlay'; readonly overlay: Overlay | undefined}
	| {readonly type: 'shell'; readonly shell: ShellState}
	| {readonly type: 'shell-painted'; readonly key: number; readonly lines: readonly string[]; readonly past: number; readonly mouse: ShellState['mouse']}
	/** Up is negative. */
	| {readonly type: 'shell-scrolled'; readonly key: number; readonly by: number}
	| {readonly type: 'shell-ended'; readonly key: number; readonly reason: string}
	| {readonly type: 'shell-closed'; readonly key: number}
	| {readonly type: 'shell-active'; readonly key: number}
	| {readonly type: 'typing'; readonly on: boolean}
	| {readonly type: 'set'; readonly values: Partial<Pick<State, 'showStopped' | 'frozen' | 'mouse' | 'theme' | 'window' | 'hiddenColumns' | 'split'>>};
