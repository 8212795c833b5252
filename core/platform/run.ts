import {spawn} from 'node:child_process';
import {EngineError} from '../errors/error.ts';

export type RunResult = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** More than any helper has to say. */
const OUTPUT_LIMIT = 4 * 1024 * 1024;

/** Runs a helper with an empty environment and cwd `/`, and gathers what it says; with `output`, what it writes goes there; it reads a descriptor, with `inherit` our input, or else the text. Never throws for its exit code; a signal gives 128. */
export function runProgram(
	program: string,
	args: readonly string[],
	{input, output, env = {}}: {input?: string | number; output?: number; env?: Readonly<Record<string, string>>} = {},
): Promise<RunResult> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {cwd: '/', env, stdio: [input === undefined ? 'ignore' : typeof input === 'number' || input === 'inherit' ? input : 'pipe', output ?? 'pipe', 'pipe']});
		const stdout = collect(child.stdout);
		const stderr = collect(child.stderr);
		child.once('error', cause =>
			reject(
				new EngineError({
					code: 'engine.no-helper',
					subject: program,
					message: `cannot run ${program}: ${cause.message}`,
					hint: 'Is the installation whole? `npm run build` makes the helpers.',
					cause,
				}),
			),
		);
		child.once('close', (code, signal) => resolve({code: code ?? 128, stdout: stdout(), stderr: signal === null ? stderr() : `${stderr()}${program} was ended by ${signal}\n`}));
		child.stdin?.on('error', () => {});
		if (typeof input === 'string') child.stdin?.end(input);
	});
}

/** The last line of what a failed helper said: they all give their reason in one line. */
export const reasonOf = ({code, stderr}: RunResult, program: string): string => stderr.trim().split('\n').at(-1) || `${program} ended with code ${code}`;

function collect(stream: NodeJS.ReadableStream | null): () => string {
	const chunks: Buffer[] = [];
	let size = 0;
	stream?.on('data', (chunk: Buffer) => {
		size += chunk.length;
		if (size <= OUTPUT_LIMIT) chunks.push(chunk);
	});
	return () => Buffer.concat(chunks).toString();
}
