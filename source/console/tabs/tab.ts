import type {EnginePort} from '../store/engine-port.ts';
import type {SheetCell, SheetNode} from '../store/sheet.ts';
import type {Page, State, ViewId} from '../store/state.ts';
import type {Role} from '../theme/palette.ts';
import type {ColumnSpec} from '../widgets/columns.ts';

/** Rows as they were read, a word for the lower edge, and which of them are open at first. */
export type Loaded = {readonly nodes: readonly SheetNode[]; readonly note?: string; readonly open?: readonly string[]};

export type Reading = {readonly engine: EnginePort; readonly page: Page; readonly state: State};

/** One thing to look at in full. Tables have columns and a way to read their rows; the others are drawn by panes of their own. */
export type TabSpec = {
	readonly title: string;
	readonly kind: Page['kind'];
	readonly view: Exclude<ViewId, 'home'>;
	readonly columns?: readonly ColumnSpec[];
	/** Said where there is no row. */
	readonly empty?: string;
	readonly load?: (reading: Reading) => Loaded | Promise<Loaded>;
	/** The children of a row that was opened. */
	readonly loadChildren?: (reading: Reading, key: string) => Promise<readonly SheetNode[]>;
	/** When the rows are read again. */
	readonly reload?: 'second' | 'event';
};

export const cell = (text: string, role: Role = 'text', sort?: number): SheetCell => ({text, role, ...(sort !== undefined && {sort})});

/** The container or image that the tab is of. */
export const targetId = ({page}: Reading): string => page.target?.id ?? '';
