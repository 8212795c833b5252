import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {isTerminal} from './output.ts';

export type Size = {readonly rows: number; readonly columns: number};

/** Of the terminal that shows the output; undefined when there is none. */
export function terminalSize(): Size | undefined {
	if (!isTerminal(1)) return undefined;
	const {rows, columns} = process.stdout;
	return rows > 0 && columns > 0 ? {rows, columns} : undefined;
}

/** Calls at each change of the size; gives what ends that. */
export function watchSize(onChange: (size: Size) => void): () => void {
	const listener = (): void => {
		const size = terminalSize();
		if (size !== undefined) onChange(size);
	};
	process.stdout.on('resize', listener);
	return () => process.stdout.off('resize', listener);
}

const STTY = ['/usr/bin/stty', '/bin/stty'];

/**
 * Node's raw mode leaves the terminal's output side alone: it would go on to turn the program's newlines into CR LF, which breaks
 * programs that move the cursor down with a bare newline. stty turns that off too. Leaving raw mode brings all of it back, because
 * libuv restores what it found at first.
 */
function stopOutputProcessing(): void {
	const path = STTY.find(candidate => existsSync(candidate));
	if (path === undefined) return;
	spawn(path, ['-opost'], {stdio: ['inherit', 'ignore', 'ignore'], env: {}}).on('error', () => undefined);
}

/** Every key goes to the container. Gives what puts the terminal back, which also happens at any exit. */
export function enterRawMode(): () => void {
	let raw = true;
	process.stdin.setRawMode(true);
	stopOutputProcessing();
	const leave = (): void => {
		if (!raw) return;
		raw = false;
		process.stdin.setRawMode(false);
		process.off('exit', leave);
		for (const signal of FATAL) process.off(signal, leaveBySignal);
	};
	const leaveBySignal = (_name: string, number: number): void => {
		leave();
		process.exit(128 + number);
	};
	process.on('exit', leave);
	for (const signal of FATAL) process.on(signal, leaveBySignal);
	return leave;
}

const FATAL = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
