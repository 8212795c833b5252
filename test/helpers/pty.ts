import xterm from '@xterm/headless';
import {spawn} from 'node-pty';
import {cleanEnv, program, type RunOptions, waitFor} from './cli.ts';

export type Screen = {
	/** The lines that are to be seen, without blanks at their ends. */
	lines(): string[];
	text(): string;
	/** All bytes so far. */
	raw(): string;
	type(text: string): void;
	resize(columns: number, rows: number): void;
	/** Waits until the screen shows it. */
	see(what: string | RegExp): Promise<void>;
	kill(signal?: string): void;
	readonly pid: number;
	readonly exit: Promise<{exitCode: number; signal?: number | undefined}>;
};

export type PtyOptions = RunOptions & {readonly columns?: number; readonly rows?: number /** Run this instead of the program. */; readonly command?: string};

/** Runs the program in a terminal of its own, and reads its screen as a person would. */
export function openPty(args: readonly string[], {env = {}, columns = 80, rows = 24, command = program}: PtyOptions = {}): Screen {
	const emulator = new xterm.Terminal({cols: columns, rows, scrollback: 1000, allowProposedApi: true});
	const pty = spawn(command, [...args], {cols: columns, rows, env: cleanEnv({TERM: 'xterm-256color', ...env}), encoding: null});
	let raw = '';
	pty.onData(data => {
		raw += data.toString();
		emulator.write(data);
	});
	const {promise: exit, resolve} = Promise.withResolvers<{exitCode: number; signal?: number | undefined}>();
	let ended = false;
	const write = (data: string): void => {
		if (!ended) pty.write(data);
	};
	emulator.onData(write);
	pty.onExit(status => {
		ended = true;
		// The emulator parses when it has time: only then is the last word on the screen.
		emulator.write('', () => resolve(status));
	});
	const lines = (): string[] => {
		const {active} = emulator.buffer;
		return Array.from(
			{length: emulator.rows},
			(_, row) =>
				active
					.getLine(active.baseY + row)
					?.translateToString(true)
					.trimEnd() ?? '',
		);
	};
	const text = (): string => lines().join('\n');
	return {
		lines,
		text,
		raw: () => raw,
		type: write,
		resize(newColumns, newRows) {
			pty.resize(newColumns, newRows);
			emulator.resize(newColumns, newRows);
		},
		see: what =>
			waitFor(`${what} on the screen; it shows:\n${text()}`, () => (typeof what === 'string' ? text().includes(what) : what.test(text()))).then(
				() => undefined,
				error => Promise.reject(new Error(`${(error as Error).message}\nand at the end:\n${text()}`)),
			),
		kill(signal) {
			if (!ended) pty.kill(signal);
		},
		pid: pty.pid,
		exit,
	};
}
