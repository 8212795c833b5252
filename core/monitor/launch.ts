import {spawn} from 'node:child_process';
import {EngineError} from '../errors/error.ts';
import {decodeFields, type Fields, numberField, textField} from './fields.ts';

const codes: Readonly<Record<number, string>> = {126: 'command.not-invokable', 127: 'command.not-found'};

/** `code` is 125, 126 or 127, as Docker gives it. */
export const startFailure = (code: number, message: string, subject?: string): EngineError => new EngineError({code: codes[code] ?? 'runtime.failed', message, subject});

function toOutcome(fields: Fields, directory: string): {state: 'created' | 'running'; pid: number} {
	const ok = textField(fields, 'ok');
	if (ok === 'created' || ok === 'running') return {state: ok, pid: numberField(fields, 'pid')};
	if (fields.has('error')) throw startFailure(numberField(fields, 'error'), textField(fields, 'message'));
	throw new EngineError({code: 'monitor.unreachable', message: `the monitor of ${directory} ended without a word`, subject: directory});
}

/** Gives a running container that has lost its monitor a new one; what could not be had back (`terminal`, `output`). Throws when there is nothing to adopt. */
export async function adoptByMonitor(program: string, directory: string): Promise<readonly string[]> {
	const fields = await launch(program, ['--adopt', directory]);
	if (textField(fields, 'ok') !== 'adopted') throw startFailure(numberField(fields, 'error'), textField(fields, 'message') || `the monitor of ${directory} ended without a word`, directory);
	return fields.get('lost') ?? [];
}

/**
 * Starts a monitor on `directory` (STATE/containers/ID, which holds `plan`) and waits for its frame. From then on it lives apart from
 * this process. Throws `command.not-found`, `command.not-invokable`, `runtime.failed` when the container could not be made.
 */
export const launchMonitor = async (program: string, directory: string): Promise<{state: 'created' | 'running'; pid: number}> =>
	toOutcome(await launch(program, [directory]), directory);

/** The one frame of fields that a new monitor writes. */
function launch(program: string, args: readonly string[]): Promise<Fields> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {stdio: ['ignore', 'ignore', 'ignore', 'pipe'], cwd: '/', env: {}});
		const pipe = child.stdio[3];
		let text = '';
		child.once('error', cause => reject(new EngineError({code: 'monitor.unreachable', message: `cannot start ${program}: ${cause.message}`, subject: program, cause})));
		child.unref();
		if (!pipe || !('setEncoding' in pipe)) return;
		pipe.setEncoding('utf8');
		pipe.on('data', (chunk: string) => {
			if (text.length < 65_536) text += chunk;
		});
		// What was said before counts; its close tells the rest.
		pipe.on('error', () => {});
		pipe.once('close', () => {
			try {
				resolve(decodeFields(text));
			} catch (error) {
				reject(error);
			}
		});
	});
}
