import {readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {waitFor} from '../helpers/cli.ts';
import type {Screen} from '../helpers/pty.ts';
import type {TestStore} from '../helpers/store.ts';

/** The console as somebody uses it: press keys, see words. */
export type Console = {
	/** Keys as they are typed: letters, or names in angle brackets: `S`, `<enter>`, `<esc>`, `<ctrl-c>`. */
	readonly press: (...keys: readonly string[]) => void;
	/** Waits until the screen shows it. */
	readonly see: (what: string | RegExp) => Promise<void>;
	/** Waits until the screen does not show it any more. */
	readonly gone: (what: string | RegExp) => Promise<void>;
	/** The row of the list that holds a name. */
	readonly row: (name: string) => string;
	readonly screen: Screen;
	/** Leaves by `q` and gives the exit code. */
	readonly leave: () => Promise<number>;
};

const named: Readonly<Record<string, string>> = {
	enter: '\r',
	esc: '\u001B',
	tab: '\t',
	up: '\u001B[A',
	down: '\u001B[B',
	backspace: '\u007F',
	'ctrl-c': '\u0003',
	'ctrl-z': '\u001A',
	'ctrl-]': '\u001D',
};

export type ConsoleOptions = {readonly columns?: number; readonly rows?: number; readonly env?: Readonly<Record<string, string>>};

let users = 0;

/** Somebody who has never opened it before, unless `env` names a folder of settings. */
export function openConsole(t: ExecutionContext, store: TestStore, {columns = 120, rows = 40, env = {}}: ConsoleOptions = {}): Console {
	const screen = store.pty([], {columns, rows, env: {XDG_CONFIG_HOME: `${store.folder}/config-${users++}`, COLORTERM: 'truecolor', ...env}});
	t.teardown(() => screen.kill('SIGKILL'));
	const shows = (what: string | RegExp): boolean => (typeof what === 'string' ? screen.text().includes(what) : what.test(screen.text()));
	return {
		screen,
		press(...keys) {
			for (const key of keys) screen.type(key.replaceAll(/<([^>]+)>/g, (_, name: string) => named[name] ?? ''));
		},
		see: what => screen.see(what),
		gone: what => waitFor(`${what} to go from the screen; it shows:\n${screen.text()}`, () => !shows(what)).then(() => {}),
		row: name => screen.lines().find(line => new RegExp(`^│ \\S ${name} `).test(line)) ?? '',
		async leave() {
			screen.type('q');
			return (await screen.exit).exitCode;
		},
	};
}

/** What a program that draws must have undone, by the last of each that it wrote. */
export function isSane(raw: string): boolean {
	const last = (on: string, off: string): boolean => raw.lastIndexOf(off) > raw.lastIndexOf(on);
	return last('\u001B[?1049h', '\u001B[?1049l') && last('\u001B[?25l', '\u001B[?25h') && last('\u001B[?2004h', '\u001B[?2004l');
}

/** Milliseconds of processor time of a process so far. */
export function cpuTime(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
	return (Number(fields[11]) + Number(fields[12])) * 10;
}
