import type {IPty} from 'node-pty';
import {createEmulator, type Emulator} from '../terminal/emulator.ts';
import type {Shells} from './actions/context.ts';
import type {EnginePort} from './store/engine-port.ts';
import {wheelLines} from './shell-mouse.ts';
import {createRecorder} from './recorder.ts';
import {layoutOf} from './store/layout.ts';
import type {State} from './store/state.ts';
import type {Store} from './store/store.ts';

/**
 * Shells in panes. Each is `hawser exec -it` on a pty of its own, not an exec in this process: the session then has a real terminal for
 * its raw mode, size and detach keys, and what hangs in it cannot hang the console.
 */
type Session = {readonly pty: IPty; readonly emulator: Emulator; readonly paint: () => void; closed: boolean};

const paintInterval = 16;

/** The inside of the pane that shells are drawn in. */
function paneSize(state: State): {readonly columns: number; readonly rows: number} {
	const shown: State = {...state, view: 'home', focus: 'shell', activeShell: state.activeShell ?? 0};
	const rect = layoutOf(shown).panes.shell;
	return {columns: Math.max(20, (rect?.width ?? 82) - 2), rows: Math.max(4, (rect?.height ?? 26) - 2)};
}

/** Paints at once, then at most every 16 ms: the echo of a key is seen without delay, a flood is not drawn line by line. */
function createPainter(paint: () => void): () => void {
	let timer: NodeJS.Timeout | undefined;
	let last = 0;
	const run = (): void => {
		timer = undefined;
		last = performance.now();
		paint();
	};
	return () => {
		if (timer) return;
		const wait = paintInterval - (performance.now() - last);
		if (wait <= 0) run();
		else timer = setTimeout(run, wait);
	};
}

const goodbye = '\u0003\u0004';

/** A session outlives its line: who closes a shell means its end, who leaves the console may come back to it. */
function hangUp(pty: IPty, how: 'end' | 'leave'): void {
	if (how === 'end') pty.write(goodbye);
	setTimeout(() => pty.kill('SIGHUP'), how === 'end' ? 300 : 0);
}

async function loadPty(): Promise<typeof import('node-pty')> {
	try {
		return await import('node-pty');
	} catch (error) {
		throw new Error('a shell in a pane needs the package node-pty, which could not be loaded: run `npm run setup`', {cause: error});
	}
}

export function createShells(store: Store, engine: EnginePort): Shells & {close(key: number): void} {
	const sessions = new Map<number, Session>();
	/** Typed before the program was there to read it. */
	const early = new Map<number, string>();
	let nextKey = 1;
	let size = paneSize(store.getState());
	let before = '';

	function fit(): void {
		const state = store.getState();
		if (sessions.size === 0) return;
		const next = paneSize(state);
		const changed = next.columns !== size.columns || next.rows !== size.rows;
		size = next;
		// What a pane shows beside what its program draws: the cursor, and how far up one looks.
		const looks = `${state.typing} ${state.shells.map(({scrolled}) => scrolled).join()}`;
		for (const session of sessions.values()) {
			if (changed) {
				session.emulator.resize(size.columns, size.rows);
				if (!session.closed) session.pty.resize(size.columns, size.rows);
			}
			if (changed || looks !== before) session.paint();
		}
		before = looks;
	}
	store.subscribe(() => queueMicrotask(fit));

	function finish(key: number, code: number, onExit: Parameters<Shells['open']>[2]): void {
		const session = sessions.get(key);
		if (!session) return;
		session.closed = true;
		session.paint();
		if (onExit({code}) === 'close') close(key);
		else store.dispatch({type: 'shell-ended', key, reason: `ended with ${code} · x closes`});
	}

	function close(key: number, how: 'end' | 'leave' = 'leave'): void {
		const session = sessions.get(key);
		if (session && !session.closed) hangUp(session.pty, how);
		sessions.delete(key);
		session?.emulator.close();
		store.dispatch({type: 'shell-closed', key});
	}

	return {
		async open({containerId, title}, command, onExit) {
			const key = nextKey++;
			const {spawn} = await loadPty();
			// The pane first: its size is the terminal's.
			store.dispatch({type: 'shell', shell: {key, containerId, title, lines: [], past: 0, scrolled: 0, mouse: 'none', ended: undefined}});
			size = paneSize(store.getState());
			const {file, args, env} = command;
			const pty = spawn(file, [...args], {name: 'xterm-256color', cols: size.columns, rows: size.rows, env: {...env, TERM: 'xterm-256color'}});
			const paint = createPainter(() => {
				const {typing, activeShell, shells} = store.getState();
				const scrolled = shells.find(shell => shell.key === key)?.scrolled ?? 0;
				if (!sessions.has(key)) return;
				const {past, mouse} = emulator;
				store.dispatch({type: 'shell-painted', key, lines: emulator.rows(Math.min(scrolled, past), typing && activeShell === key), past, mouse});
			});
			const emulator = await createEmulator(size.columns, size.rows, {onPaint: paint, onReply: data => pty.write(data)});
			sessions.set(key, {pty, emulator, paint, closed: false});
			const record = store.getState().settings.record ? createRecorder(engine.recordings, title, size) : undefined;
			pty.onData(data => {
				record?.write(data);
				emulator.write(data);
			});
			pty.write(early.get(key) ?? '');
			early.delete(key);
			pty.onExit(({exitCode}) => finish(key, exitCode, onExit));
		},
		write(key, data) {
			const session = sessions.get(key);
			const text = Buffer.from(data).toString('utf8');
			if (!session) early.set(key, (early.get(key) ?? '') + text);
			else if (!session.closed) session.pty.write(text);
		},
		mouse(key, report) {
			const session = sessions.get(key);
			if (!session || session.closed) return;
			const {emulator, pty} = session;
			const lines = wheelLines(report);
			if (emulator.mouse !== 'none') pty.write(emulator.mouseReport(report.button, report.column, report.row, report.isRelease));
			// As terminals do: a pager without a mouse is given arrows.
			else if (lines !== 0 && emulator.isFull) pty.write((lines < 0 ? '\u001B[A' : '\u001B[B').repeat(Math.abs(lines)));
			else if (lines !== 0) store.dispatch({type: 'shell-scrolled', key, by: lines});
		},
		close: key => close(key, 'end'),
		closeAll() {
			for (const key of Array.from(sessions.keys())) close(key);
		},
	};
}
