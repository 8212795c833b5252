import {closeSync, constants, openSync} from 'node:fs';
import type * as Net from 'node:net';
import {EngineError} from '../errors/error.ts';
import {decodeFields, encodeFields, type FieldValue, numberField, textField} from './fields.ts';
import {createFrameReader, encodeFrame, type Frame, frameType, maxBlob} from './frame.ts';
import {startFailure} from './launch.ts';

/** What the kernel takes as the path of a Unix socket. */
const maxPath = 107;

export type Connection = {
	readonly socket: Net.Socket;
	/** Set by the user of the connection; frames wait in the socket until then. */
	onFrame: (frame: Frame) => void;
	/** Called once, with the reason when there is one. */
	onClose: (reason?: Error) => void;
};

const unreachable = (directory: string, cause?: Error): EngineError =>
	new EngineError({
		code: 'monitor.unreachable',
		message: `the monitor of ${directory} cannot be reached${cause ? `: ${cause.message}` : ': it closed the connection'}`,
		subject: directory,
		cause,
	});

/** A path too long for a socket is reached through the descriptor of its folder. */
function openSocket(directory: string): Net.Socket {
	// An import of node:net would cost tens of milliseconds; this costs two.
	const net = process.getBuiltinModule('node:net');
	const path = `${directory}/monitor.sock`;
	if (Buffer.byteLength(path) <= maxPath) return net.connect({path});
	const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
	const socket = net.connect({path: `/proc/self/fd/${fd}/monitor.sock`});
	// Whatever comes first: connected, or failed and closed.
	let open = true;
	const close = (): void => {
		if (open) closeSync(fd);
		open = false;
	};
	socket.once('connect', close);
	socket.once('close', close);
	return socket;
}

/** The error that an ERROR frame carries. */
export function toError(frame: Frame, directory: string): EngineError {
	const fields = decodeFields(frame.payload.toString());
	const code = numberField(fields, 'code');
	const message = textField(fields, 'message');
	if (code === 126 || code === 127) return startFailure(code, message, directory);
	return new EngineError({code: `monitor.${textField(fields, 'kind') || 'internal'}`, message, subject: directory});
}

/** Connects and sends one request; the caller then sets `onFrame` and `onClose`. */
export function sendRequest(directory: string, verb: string, values: Readonly<Record<string, FieldValue>>, blob?: string): Connection {
	if (blob !== undefined && Buffer.byteLength(blob) > maxBlob) {
		throw new EngineError({code: 'monitor.invalid', message: 'the arguments and the environment of the process have more than 1 MiB', subject: directory});
	}
	const socket = openSocket(directory);
	const connection: Connection = {socket, onFrame: () => {}, onClose: () => {}};
	let reason: Error | undefined;
	const read = createFrameReader(frame => connection.onFrame(frame));
	socket.on('data', chunk => {
		try {
			read(chunk as Buffer);
		} catch (error) {
			socket.destroy(error as Error);
		}
	});
	socket.on('error', error => {
		reason = error;
	});
	socket.once('close', () => connection.onClose(reason ? unreachable(directory, reason) : undefined));
	socket.write(encodeFrame(frameType.request, encodeFields({verb, ...values, blob: blob === undefined ? undefined : true})));
	if (blob !== undefined) socket.write(encodeFrame(frameType.blob, blob));
	return connection;
}

/** The answer to the request: the fields of OK, or the ERROR thrown. Leaves the connection open. */
export function awaitOk(connection: Connection, directory: string): Promise<ReturnType<typeof decodeFields>> {
	return new Promise((resolve, reject) => {
		connection.onClose = reason => reject(reason ?? unreachable(directory));
		connection.onFrame = frame => {
			if (frame.type === frameType.ok) {
				// What follows belongs to whoever sets the next listener: it must not pass by in this same chunk.
				connection.onFrame = queueFrames(connection);
				resolve(decodeFields(frame.payload.toString()));
			} else if (frame.type === frameType.error) {
				reject(toError(frame, directory));
				connection.socket.destroy();
			}
		};
	});
}

const waiting = new WeakMap<Connection, Frame[]>();

function queueFrames(connection: Connection): (frame: Frame) => void {
	const frames: Frame[] = [];
	waiting.set(connection, frames);
	return frame => frames.push(frame);
}

/** Hands over the frames that came since the OK, then all later ones. */
export function listen(connection: Connection, onFrame: (frame: Frame) => void): void {
	const frames = waiting.get(connection) ?? [];
	waiting.delete(connection);
	connection.onFrame = onFrame;
	for (const frame of frames) onFrame(frame);
}
