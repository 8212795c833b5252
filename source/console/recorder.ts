import {createWriteStream, mkdirSync} from 'node:fs';
import {join} from 'node:path';

export type Recorder = {write(data: string): void};

/** Writes a session down in the form of asciicast, version 2: a header, then a line for each piece of output with its time. */
export function createRecorder(folder: string, title: string, {columns, rows}: {readonly columns: number; readonly rows: number}): Recorder {
	mkdirSync(folder, {recursive: true, mode: 0o700});
	const begin = Date.now();
	const name = `${new Date(begin).toISOString().slice(0, 19).replaceAll(':', '')}-${title.replaceAll(/[^\w.-]+/g, '_')}.cast`;
	const file = createWriteStream(join(folder, name), {flags: 'wx', mode: 0o600});
	// A disk that is full must not take the session with it.
	file.on('error', () => file.destroy());
	file.write(`${JSON.stringify({version: 2, width: columns, height: rows, timestamp: Math.floor(begin / 1000), title})}\n`);
	return {
		write(data) {
			if (!file.destroyed) file.write(`${JSON.stringify([(Date.now() - begin) / 1000, 'o', data])}\n`);
		},
	};
}
