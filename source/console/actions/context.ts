import type {EnginePort} from '../store/engine-port.ts';
import {containerById} from '../store/select.ts';
import type {ShellState, Target, Task} from '../store/state.ts';
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
	setMouse(on: boolean): void;
	/** Reads the lists again, whatever the events say. */
	refresh(): void;
};

/** Programs on terminals of their own, drawn in a pane. */
export type Shells = {
	open(shell: Pick<ShellState, 'containerId' | 'title'>, command: readonly string[], onExit: (code: number) => 'close' | 'keep'): Promise<void>;
	write(key: number, data: Uint8Array): void;
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
	if (kind === 'image' || containerById(context.store.getState(), id)) return true;
	complain(context, new Error(`${name} is not there any more`));
	return false;
}

/** Shows a slow act on its row while it runs, and its failure as a sentence. Success reaches the screen by the engine's event. */
export async function runTask(
	context: Context,
	target: Target,
	words: {readonly verb: string; readonly phase: string},
	act: (update: (task: Partial<Task>) => void) => Promise<unknown>,
): Promise<void> {
	if (!stillThere(context, target)) return;
	const {store} = context;
	let task: Task = {...words, subject: target.name, startedAt: Date.now()};
	const show = (next: Task | undefined): void => store.dispatch({type: 'task', id: target.id, task: next});
	show(task);
	try {
		await act(update => {
			task = {...task, ...update};
			show(task);
		});
	} catch (error) {
		complain(context, error);
	} finally {
		show(undefined);
	}
}
