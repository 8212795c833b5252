import type {MouseReport} from '../shell-mouse.ts';
import type {EnginePort, ShellCommand} from '../store/engine-port.ts';
import {containerById} from '../store/select.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {ShellState, Target, Task} from '../store/state.ts';
import {audit} from './audit.ts';
import type {Store} from '../store/store.ts';

/** What an action may use. It changes the screen by the store alone, and the world by the engine alone. */
export type Context = {
	readonly store: Store;
	readonly engine: EnginePort;
	readonly shells: Shells;
	/** Leaves the console. */
	quit(): void;
	/** Hands the terminal to the shell that started us, until `fg`. */
	suspend(): void;
	redraw(): void;
	/** Reads the lists and the open page again, whatever the events say. */
	refresh(): void;
	/** Reads what is below a row of the open page. */
	openRow(key: string): void;
	/** Shows the next match of the search beyond the lines of the log that are held; false: there is none. */
	findFar(direction: 1 | -1): Promise<boolean>;
	/** Shows what a row stands for, where that is a file. */
	openFile(node: SheetNode): void;
	/** To the clipboard of whoever sits at the terminal, however far away. Says whether it fits. */
	copy(text: string): boolean;
	/** What can still be called back, by the id of what it is done to. */
	readonly undo: Map<string, () => void>;
};

/** Programs on terminals of their own, drawn in a pane. */
export type Shells = {
	open(shell: Pick<ShellState, 'containerId' | 'title'>, command: ShellCommand, onExit: (end: {readonly code: number}) => 'close' | 'keep'): Promise<void>;
	write(key: number, data: Uint8Array): void;
	/** A report of the mouse, in the pane's own cells. */
	mouse(key: number, report: MouseReport): void;
	close(key: number): void;
	closeAll(): void;
};

const infoTime = 4000;
const errorTime = 10_000;

export function inform({store}: Context, text: string): void {
	store.dispatch({type: 'message', message: {kind: 'info', text, until: Date.now() + infoTime}});
}

/** One sentence and its remedy, as the engine words them. */
export function sentenceOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
	return `${error.message.replace(/\.?\s*$/, '.')}${hint}`;
}

export function complain({store}: Context, error: unknown): void {
	store.dispatch({type: 'message', message: {kind: 'error', text: sentenceOf(error), until: Date.now() + errorTime}});
}

/** The container may have gone since it was chosen: an action is for the id that was asked for, or for nothing. */
export function stillThere(context: Context, {kind, id, name}: Target): boolean {
	if (kind !== 'container' || containerById(context.store.getState(), id)) return true;
	complain(context, new Error(`${name} is not there any more`));
	return false;
}

/** Somebody took it back before it was final. */
export class Recalled extends Error {}

/** Shows a slow act on its row while it runs, and its failure as a sentence. Success reaches the screen by the engine's event. */
export async function runTask(
	context: Context,
	target: Target,
	words: Pick<Task, 'verb' | 'phase'>,
	act: (update: (task: Partial<Task>) => void) => Promise<unknown>,
): Promise<void> {
	if (!stillThere(context, target)) return;
	const {store} = context;
	let task: Task = {...words, subject: target.name, startedAt: Date.now()};
	const show = (next: Task | undefined): void => store.dispatch({type: 'task', id: target.id, task: next});
	show(task);
	let result = 'done';
	try {
		await act(update => {
			task = {...task, ...update};
			show(task);
		});
	} catch (error) {
		result = error instanceof Recalled ? 'called back' : sentenceOf(error);
		if (!(error instanceof Recalled)) complain(context, error);
	} finally {
		audit(context, {verb: words.verb, kind: target.kind, id: target.id, name: target.name, result});
		show(undefined);
	}
}
