import {fstatSync, writeSync} from 'node:fs';
import {isatty} from 'node:tty';
import {sanitizeText} from '../terminal/sanitize.ts';

/** What a shell reports of a program that SIGPIPE ended: the reader of our output has gone, as in `… | head`. */
const BROKEN_PIPE = 128 + 13;

const terminals = new Map<number, boolean>();

export function isTerminal(descriptor: number): boolean {
	let known = terminals.get(descriptor);
	if (known === undefined) terminals.set(descriptor, (known = isDevice(descriptor) && isatty(descriptor)));
	return known;
}

/** Their major number: /dev/null and the like. */
const MEMORY_DEVICES = 1;

/** Asked first, because node:tty brings sockets and streams with it: a `ps` in a script does without. */
function isDevice(descriptor: number): boolean {
	try {
		const {rdev} = fstatSync(descriptor);
		return rdev !== 0 && rdev >> 8 !== MEMORY_DEVICES;
	} catch {
		return false;
	}
}

/** Bytes as they are: a container's own output. Waits for a slow reader, as the pipe between them would. */
export function writeRaw(descriptor: number, data: Uint8Array): void {
	for (let offset = 0; offset < data.length; ) {
		try {
			offset += writeSync(descriptor, data, offset);
		} catch (error) {
			const {code} = error as NodeJS.ErrnoException;
			if (code === 'EPIPE' || code === 'EIO') process.exit(BROKEN_PIPE);
			if (code !== 'EAGAIN') throw error;
			// Somebody made the other end non-blocking for all of us; a short nap, then again.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
		}
	}
}

/** Text of ours that may hold words from outside; harmless on a terminal, and exact in a pipe. */
export function print(text: string, descriptor = 1): void {
	writeRaw(descriptor, Buffer.from(isTerminal(descriptor) ? sanitizeText(text) : text));
}

export const printLine = (text: string): void => print(`${text}\n`);
export const printError = (text: string): void => print(`${text}\n`, 2);

/** Text whose words from outside have passed the sanitiser already, with control sequences of our own. */
export const printControl = (text: string, descriptor = 1): void => writeRaw(descriptor, Buffer.from(text));
