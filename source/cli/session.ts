import type {Attachment, ExitStatus} from '../../core/index.ts';
import {createDetachFilter, parseDetachKeys} from './detach-keys.ts';
import {isTerminal, printError, writeRaw} from './output.ts';
import {enterRawMode, watchSize} from './terminal.ts';

export type SessionOptions = {
	readonly tty: boolean;
	/** Our stdin goes to the program. */
	readonly input: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	readonly detachKeys: string;
};

/** Joins this program's input, output and terminal to an attachment until it ends or the user leaves it. */
export async function runSession(attachment: Attachment, options: SessionOptions): Promise<ExitStatus | 'detached'> {
	connectOutput(attachment, options);
	const stops: Array<() => void> = [];
	if (options.tty) stops.push(watchSize(({rows, columns}) => attachment.resize(rows, columns)));
	if (options.tty && options.input && isTerminal(0)) stops.push(enterRawMode());
	if (options.input) stops.push(connectInput(attachment, options));
	try {
		return await attachment.exit;
	} finally {
		for (const stop of stops.reverse()) stop();
	}
}

function connectOutput(attachment: Attachment, {stdout, stderr}: SessionOptions): void {
	attachment.onOutput((stream, data) => {
		if (stream === 1 ? stdout : stderr) writeRaw(stream, data);
	});
	attachment.onLost(bytes => printError(`hawser: ${bytes} bytes of output passed this terminal by, because it was too slow`));
}

function connectInput(attachment: Attachment, {tty, detachKeys}: SessionOptions): () => void {
	const filter = tty ? createDetachFilter(parseDetachKeys(detachKeys)) : undefined;
	const onData = (chunk: Buffer): void => {
		const {data, detached} = filter?.feed(chunk) ?? {data: chunk, detached: false};
		if (data.length > 0) {
			// One piece on its way at a time: the container's pace is the pace of our reading.
			process.stdin.pause();
			attachment.write(data).then(
				() => process.stdin.resume(),
				() => undefined,
			);
		}
		if (detached) attachment.detach();
	};
	const onEnd = (): void => attachment.end();
	process.stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
	return () => {
		process.stdin.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
		process.stdin.unref?.();
	};
}
