import {PassThrough} from 'node:stream';
import {type Instance, render} from 'ink';
import type {Engine} from '../../core/index.ts';
import {type Capabilities, detectCapabilities} from '../terminal/capabilities.ts';
import {onFatal} from '../terminal/fatal.ts';
import {createPainter, type Painter} from '../terminal/painter.ts';
import type {MouseWish} from '../terminal/emulator.ts';
import {openTerminal, type TerminalSession} from '../terminal/session.ts';
import {type Context, complain} from './actions/context.ts';
import {openFile} from './actions/files.ts';
import {openContainer} from './actions/views.ts';
import {App} from './app.tsx';
import {CanvasContext, createCanvas} from './canvas.ts';
import {createEnginePort} from './engine.ts';
import {createInkOutput, type InkOutput} from './ink-output.ts';
import {handleMouse} from './keys/mouse.ts';
import {createRouter} from './keys/router.ts';
import {useKeys} from './keys/table.ts';
import {applyRemembered, readRemembered, toRemember, writeRemembered} from './settings.ts';
import {intoPane, takeReports} from './shell-mouse.ts';
import {createShells} from './shells.ts';
import {connect} from './store/connect.ts';
import {initialState} from './store/initial.ts';
import type {Size, State, Target} from './store/state.ts';
import {createStore, type Store} from './store/store.ts';
import {readUserFiles} from './user-files.ts';
import {clipboardSequence} from '../terminal/clipboard.ts';
import {sanitizeLine} from '../terminal/sanitize.ts';

/** The running console. `left` is its exit code, when somebody leaves it. */
export type Screen = {readonly left: Promise<number>; close(): void};

const leaveKey = 0x1d;

/** For a screen reader: plain lines of one pane at a time, drawn again only when somebody did something. */
const isRead = (): boolean => process.env['INK_SCREEN_READER'] === 'true';

const sizeOf = ({columns, rows}: NodeJS.WriteStream): Size => ({columns: Math.min(columns || 80, isRead() ? 80 : Number.POSITIVE_INFINITY), rows: rows || 24});

/** Ink would read the keys itself; ours come by the router alone, so that a pane can take the raw bytes. */
const silentInput = (): NodeJS.ReadStream =>
	Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode() {
			return this;
		},
		ref() {},
		unref() {},
	}) as unknown as NodeJS.ReadStream;

function createConsoleStore(hostName: string): Store {
	const {values, complaint} = readRemembered();
	const {settings, keys, complaints} = readUserFiles();
	useKeys(keys);
	const state = {...applyRemembered(initialState(hostName, sizeOf(process.stdout), Date.now()), values), settings, frozen: isRead()};
	const text = [...complaints, ...(complaint === undefined ? [] : [complaint])].join('  ');
	return createStore(text === '' ? state : {...state, message: {kind: 'error', text, until: Date.now() + 15_000}});
}

/** Everything typed goes to the shell up to Ctrl-], which gives the keys back. Returns what is not for the shell. */
function routeToShell({store, shells}: Pick<Context, 'store' | 'shells'>, data: Uint8Array): Uint8Array {
	const {typing, activeShell, overlay, focus, view} = store.getState();
	if (!typing || activeShell === undefined || overlay !== undefined || focus !== 'shell' || view !== 'home') return data;
	const end = data.indexOf(leaveKey);
	const {typed, reports} = takeReports(end === -1 ? data : data.subarray(0, end));
	for (const report of reports) {
		const inside = intoPane(store.getState(), report);
		if (inside) shells.mouse(activeShell, inside);
		// A press elsewhere takes the keys there.
		else if (report.button === 0 && !report.isRelease) handleMouse({store}, {kind: 'mouse', action: 'press', x: report.column, y: report.row});
	}
	if (typed.length > 0) shells.write(activeShell, typed);
	if (end === -1) return new Uint8Array();
	store.dispatch({type: 'typing', on: false});
	return data.subarray(end + 1);
}

/** Reports that the terminal is to send: those that somebody asked for by `M`, and while he types into a shell those that its program wants. */
function wantedMouse({mouse, typing, shells, activeShell}: State): MouseWish {
	const wish = typing ? (shells.find(({key}) => key === activeShell)?.mouse ?? 'none') : 'none';
	return wish === 'none' && mouse ? 'clicks' : wish;
}

/** A page to begin with; without a target the pane of that name. */
export type FirstPage = {readonly tab: 'logs' | 'stats'; readonly target?: Target};

function showFirst(context: Context, {tab, target}: FirstPage): void {
	if (target) openContainer(context, target, tab);
	else context.store.dispatch({type: 'focused', pane: tab}, {type: 'zoomed', on: true});
}

type Drawing = {readonly store: Store; readonly capabilities: Capabilities; readonly painter: Painter; readonly output: InkOutput};

/** Ink lays out at once; what it would write is nothing here, so it need hardly ever look. */
function renderDrawn({store, capabilities, painter, output}: Drawing): Instance {
	painter.open();
	return render(
		<CanvasContext value={createCanvas()}>
			<App store={store} capabilities={capabilities} onFrame={frame => painter.paint(frame)} />
		</CanvasContext>,
		{stdin: silentInput(), stdout: output, maxFps: 0.1, interactive: true, exitOnCtrlC: false, patchConsole: false},
	);
}

const renderRead = (store: Store): Instance =>
	render(<App store={store} capabilities={{colors: 0, unicode: true, background: 'dark'}} />, {
		stdin: silentInput(),
		stdout: process.stdout,
		isScreenReaderEnabled: true,
		interactive: true,
		exitOnCtrlC: false,
		patchConsole: false,
	});

/** A sentence, a bell, and a notice of the terminal's own where it has them (OSC 9). */
function alarm(store: Store, words: string): void {
	store.dispatch({type: 'message', message: {kind: 'error', text: words, until: Date.now() + 15_000}});
	if (store.getState().settings.bell) process.stdout.write(`\u0007\u001B]9;hawser: ${sanitizeLine(words)}\u0007`);
}

export function openScreen(engine: Engine, first?: FirstPage): Screen {
	const port = createEnginePort(engine);
	const store = createConsoleStore(port.hostName);
	const before = toRemember(store.getState());
	const shells = createShells(store, port);
	const {promise: left, resolve} = Promise.withResolvers<number>();
	let terminal: TerminalSession;

	const painter = createPainter(process.stdout);
	const output = createInkOutput(sizeOf(process.stdout));
	const onResize = (): void => {
		const size = sizeOf(process.stdout);
		output.resize(size);
		store.dispatch({type: 'resized', size});
	};
	process.stdout.on('resize', onResize);
	const capabilities = detectCapabilities(process.env);
	const connection = connect(store, port, words => alarm(store, words));
	const app = isRead() ? renderRead(store) : renderDrawn({store, capabilities, painter, output});

	let closed = false;
	function close(): void {
		if (closed) return;
		closed = true;
		stopWatching();
		stopMouse();
		connection.close();
		shells.closeAll();
		process.stdout.off('resize', onResize);
		painter.close();
		app.unmount();
		terminal.close();
	}
	async function leave(code: number): Promise<void> {
		close();
		const after = toRemember(store.getState());
		// What cannot be remembered (a read-only home) is no reason to fail.
		if (JSON.stringify(after) !== JSON.stringify(before)) await writeRemembered(after).catch(() => {});
		resolve(code);
	}

	const context: Context = {
		store,
		engine: port,
		shells,
		quit: () => void leave(0),
		suspend: () => void suspend(painter, terminal),
		redraw: () => painter.redraw(),
		refresh: connection.refresh,
		openRow: connection.openRow,
		findFar: connection.findFar,
		openFile: node => void openFile(context, node),
		copy(text) {
			const sequence = clipboardSequence(text, process.env);
			if (sequence !== undefined) process.stdout.write(sequence);
			return sequence !== undefined;
		},
		undo: new Map(),
	};
	if (first) showFirst(context, first);
	const route = createRouter(context);
	terminal = openTerminal(process.stdin, process.stdout, route);
	terminal.onRaw(data => routeToShell(context, data));
	const stopMouse = store.subscribe(() => terminal.setMouse(wantedMouse(store.getState())));
	terminal.setMouse(wantedMouse(store.getState()));
	const stopWatching = onFatal({restore: close, onSignal: code => void leave(code), onError: error => complain(context, error)});
	return {left, close};
}

/** Ctrl-Z: the shell that started us has the terminal until `fg`. */
async function suspend(painter: Painter, terminal: TerminalSession): Promise<void> {
	terminal.release();
	painter.close();
	process.kill(process.pid, 'SIGTSTP');
	// Runs when we do: after SIGCONT, or at once where nobody can stop us (no job control).
	await new Promise(resolve => setTimeout(resolve, 50));
	painter.open();
	terminal.take();
	painter.redraw();
}
