/** A program on a terminal of its own: all it wrote, and its exit code. A build with sanitizers cannot look for leaks where it is not dumpable. */
import {spawn as open} from 'node-pty';

export function spawn(program: string, args: readonly string[]): Promise<{output: string; code: number}> {
	const terminal = open(program, [...args], {cols: 80, rows: 24, env: {PATH: process.env['PATH'] ?? '', ASAN_OPTIONS: 'detect_leaks=0'}});
	let output = '';
	terminal.onData(data => (output += data));
	return new Promise(resolve => terminal.onExit(({exitCode}) => resolve({output, code: exitCode})));
}
