import {awaitOk, listen, sendRequest} from './connection.ts';
import {EngineError} from '../errors/error.ts';
import {decodeFields, type Fields, type FieldValue, flagField, numberField, textField} from './fields.ts';
import {type Frame, frameType} from './frame.ts';

/** How the process of a container or session ended. `signal` 0: it ended by itself. */
export type MonitorExit = {readonly exitCode: number; readonly signal: number; readonly oom: boolean; readonly finishedAt: string};

export type SimpleVerb = 'status' | 'start' | 'kill' | 'stop' | 'restart' | 'pause' | 'unpause' | 'exec-list' | 'update';

export function toExit(frame: Frame): MonitorExit {
	const fields = decodeFields(frame.payload.toString());
	return {exitCode: numberField(fields, 'exit-code'), signal: numberField(fields, 'signal'), oom: flagField(fields, 'oom'), finishedAt: textField(fields, 'finished-at')};
}

/** One verb, done when it resolves (`stop`: when it has begun). Throws `monitor.unreachable`, `monitor.conflict`, `monitor.not-found`, … */
export async function request(directory: string, verb: SimpleVerb, values: Readonly<Record<string, FieldValue>> = {}): Promise<Fields> {
	const connection = sendRequest(directory, verb, values);
	try {
		return await awaitOk(connection, directory);
	} finally {
		connection.onClose = () => {};
		connection.socket.destroy();
	}
}

/** `stop`: asks for the end, and `exit` tells it. `wait`: only tells. `exit` rejects when the monitor goes away before. */
export async function requestExit(
	directory: string,
	verb: 'stop' | 'wait',
	values: Readonly<Record<string, FieldValue>> = {},
): Promise<{readonly ok: Fields; readonly exit: Promise<MonitorExit>; close(): void}> {
	const connection = sendRequest(directory, verb, values);
	const ok = await awaitOk(connection, directory);
	const exit = new Promise<MonitorExit>((resolve, reject) => {
		connection.onClose = reason => reject(reason ?? lost(directory));
		listen(connection, frame => {
			if (frame.type === frameType.exit) resolve(toExit(frame));
		});
	});
	// Whoever does not look at it must not fall over it.
	exit.catch(() => {});
	return {
		ok,
		exit,
		close: () => connection.socket.destroy(),
	};
}

export const lost = (directory: string): EngineError =>
	new EngineError({code: 'monitor.lost', message: `the monitor of ${directory} ended before the container did`, subject: directory});
