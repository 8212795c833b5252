import {spawn} from 'node:child_process';
import type {Readable} from 'node:stream';
import type {RunResult} from './run.ts';

const OUTPUT_LIMIT = 64 * 1024;

/** Runs two programs, the output of the one being the input of the other: the bytes do not pass through here. What the first has to say beside them comes on its descriptor 3. */
export async function runPipe(program: string, first: readonly string[], second: readonly string[]): Promise<readonly [RunResult, RunResult]> {
	const from = spawn(program, first, {cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe', 'pipe']});
	const to = spawn(program, second, {cwd: '/', env: {}, stdio: [from.stdout, 'pipe', 'pipe']});
	// Ours too: without it the first would not notice that the second is gone.
	from.stdout?.destroy();
	return Promise.all([outcome(from, from.stdio[3] as Readable, from.stderr), outcome(to, to.stdout, to.stderr)]);
}

function outcome(child: ReturnType<typeof spawn>, said: Readable | null, complained: Readable | null): Promise<RunResult> {
	const [stdout, stderr] = [said, complained].map(collect);
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', code => resolve({code: code ?? 128, stdout: stdout?.() ?? '', stderr: stderr?.() ?? ''}));
	});
}

function collect(stream: Readable | null): () => string {
	let text = '';
	stream?.on('data', (chunk: Buffer) => {
		if (text.length < OUTPUT_LIMIT) text += chunk.toString();
	});
	return () => text;
}
