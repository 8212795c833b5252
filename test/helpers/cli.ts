import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

/** The program as a user has it; another build of it by HAWSER_BIN. */
export const program = process.env['HAWSER_BIN'] ?? fileURLToPath(new URL('../../dist/hawser', import.meta.url));

export type Result = {readonly code: number; readonly stdout: string; readonly stderr: string};

export type RunOptions = {readonly env?: Readonly<Record<string, string>>; readonly input?: string | Uint8Array; readonly timeoutMs?: number};

const TIMEOUT_MS = 120_000;

/** No variable of the one who runs the tests changes what the program prints. */
export const cleanEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
	PATH: process.env['PATH'] ?? '',
	HOME: '/root',
	LANG: 'C.UTF-8',
	TZ: 'UTC',
	...more,
});

export const spawnProgram = (args: readonly string[], {env = {}}: RunOptions = {}): ChildProcessWithoutNullStreams => spawn(program, args, {env: cleanEnv(env)});

/** Runs the program through pipes, with `input` as its whole stdin. */
export function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Result> {
	const child = spawnProgram(args, options);
	const output = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
	child.stdin.on('error', () => undefined).end(options.input);
	const {promise, resolve, reject} = Promise.withResolvers<Result>();
	const timer = setTimeout(() => {
		child.kill('SIGKILL');
		reject(new Error(`hawser ${args.join(' ')} did not end; it said:\n${output.stdout}${output.stderr}`));
	}, options.timeoutMs ?? TIMEOUT_MS);
	child.on('error', reject).on('close', (code, signal) => {
		clearTimeout(timer);
		resolve({code: code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGINT' ? 2 : 15), ...output});
	});
	return promise;
}

/** Asks again and again until the answer is not undefined and not false. */
export async function waitFor<T>(what: string, ask: () => T | Promise<T>, timeoutMs = 60_000): Promise<Exclude<T, false | undefined>> {
	const end = Date.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined && answer !== false) return answer as Exclude<T, false | undefined>;
		if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
		await new Promise(resolve => setTimeout(resolve, 20));
	}
}
