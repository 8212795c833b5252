import {awaitOk, type Connection, listen, sendRequest} from './connection.ts';
import {decodeFields, encodeFields, type Fields, type FieldValue, numberField, oneLine} from './fields.ts';
import {encodeFrame, encodeHead, type Frame, frameType, maxInput} from './frame.ts';
import {lost, type MonitorExit, toExit} from './request.ts';

/** A live connection to the main process or to an exec session. */
export type MonitorStream = {
	/** What the monitor answered: `pid`, for one. */
	readonly ok: Fields;
	/** Sends input; resolves when there is room for more. */
	write(data: Uint8Array): Promise<void>;
	/** End of input. */
	end(): void;
	resize(rows: number, columns: number): void;
	/** Output in order; call once. Nothing is read, and `exit` is not told, before. The bytes are a view, good until the listener returns. */
	onOutput(listener: (stream: 1 | 2, data: Uint8Array) => void): void;
	/** Bytes that this reader was too slow for, when it is told. */
	onLost(listener: (bytes: number) => void): void;
	/** Back-pressure: stop reading for now. */
	pause(): void;
	resume(): void;
	/** The end of the process; 'detached' after detach(); rejects with `monitor.lost` when the monitor goes away. */
	readonly exit: Promise<MonitorExit | 'detached'>;
	/** Leaves the process running. */
	detach(): void;
};

export type StreamOptions = {
	/** Send input. */
	readonly input?: boolean;
	readonly rows?: number;
	readonly columns?: number;
	/** The process waits for this reader, as a pipe's does, in place of output being dropped. For a foreground `run` and `exec`. */
	readonly lossless?: boolean;
};

const streamFields = ({input, rows, columns, lossless}: StreamOptions): Record<string, FieldValue> => ({input: input ?? false, rows, cols: columns, lossless});

/** Joins the container's main process. `remove`: the caller promises to remove the container after `exit`. */
export function attach(directory: string, options: StreamOptions & {readonly remove?: boolean} = {}): Promise<MonitorStream> {
	return openStream(directory, 'attach', {...streamFields(options), remove: options.remove});
}

/** Runs a process (OCI `process` JSON) in the container, as session `id`; `command` is what events show. With `detach` nobody reads its output. */
export function exec(
	directory: string,
	process: string,
	options: StreamOptions & {readonly id: string; readonly tty: boolean; readonly command: string; readonly detach?: boolean},
): Promise<MonitorStream> {
	const {id, tty, command, detach} = options;
	return openStream(directory, 'exec', {...streamFields(options), id, tty, command: oneLine(command), detach, output: detach ? 'none' : 'both'}, process);
}

/** Joins a session that exists; a terminal's last output comes first. */
export function execAttach(directory: string, id: string, options: StreamOptions = {}): Promise<MonitorStream> {
	return openStream(directory, 'exec-attach', {...streamFields(options), id});
}

async function openStream(directory: string, verb: string, values: Readonly<Record<string, FieldValue>>, blob?: string): Promise<MonitorStream> {
	const connection = sendRequest(directory, verb, values, blob);
	const ok = await awaitOk(connection, directory);
	connection.socket.pause();
	return createStream(connection, ok, directory);
}

const ignore = (): void => {};

function createStream(connection: Connection, ok: Fields, directory: string): MonitorStream {
	const {socket} = connection;
	let detached = false;
	let onOutput: (stream: 1 | 2, data: Uint8Array) => void = ignore;
	let onLost: (bytes: number) => void = ignore;
	const {promise: exit, resolve: finish, reject: fail} = Promise.withResolvers<MonitorExit | 'detached'>();
	exit.catch(ignore);
	connection.onClose = reason => (detached ? finish('detached') : fail(reason ?? lost(directory)));
	const take = (frame: Frame): void => {
		if (frame.type === frameType.output) onOutput(frame.stream === 2 ? 2 : 1, frame.payload);
		else if (frame.type === frameType.lost) onLost(numberField(decodeFields(frame.payload.toString()), 'bytes'));
		else if (frame.type === frameType.exit) finish(toExit(frame));
	};
	return {
		ok,
		write: data => writeInput(connection, data),
		end: () => void socket.write(encodeHead(frameType.input, 0)),
		resize: (rows, columns) => void socket.write(encodeFrame(frameType.resize, encodeFields({rows, cols: columns}))),
		onOutput(listener) {
			onOutput = listener;
			listen(connection, take);
			socket.resume();
		},
		onLost(listener) {
			onLost = listener;
		},
		pause: () => void socket.pause(),
		resume: () => void socket.resume(),
		exit,
		detach() {
			detached = true;
			socket.destroy();
		},
	};
}

async function writeInput({socket}: Connection, data: Uint8Array): Promise<void> {
	for (let at = 0; at < data.length; at += maxInput) {
		const part = data.subarray(at, at + maxInput);
		socket.write(encodeHead(frameType.input, part.length));
		if (!socket.write(part)) await drained(socket);
	}
}

/** A socket that closes never drains: whoever writes then is let go, and `exit` tells why. */
function drained(socket: Connection['socket']): Promise<void> {
	return new Promise(resolve => {
		const done = (): void => {
			socket.off('drain', done);
			socket.off('close', done);
			resolve();
		};
		if (socket.destroyed) return resolve();
		socket.on('drain', done);
		socket.on('close', done);
	});
}
