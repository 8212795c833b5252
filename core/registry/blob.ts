import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {drop, readBody} from './body.ts';
import type {Reply} from './http.ts';
import {patiently, Transient, type OnRetry} from './retry.ts';
import type {Session} from './session.ts';

/** The part of a descriptor that a transfer needs. */
export type WantedBlob = {readonly digest: Digest; readonly size: number};

type FetchOptions = {readonly offset?: number; readonly signal?: AbortSignal | undefined; readonly onRetry?: OnRetry | undefined};

/** Getting so much further makes up for a failure before. */
const worthwhile = 1024 * 1024;

/**
 * The bytes of a blob from `offset` to its size, exactly, over resets and cuts: each new try goes on from where the last one ended.
 * Whether they are the right bytes is for the hash to tell.
 */
export async function* fetchBlob(session: Session, blob: WantedBlob, {offset = 0, signal = session.signal, onRetry}: FetchOptions = {}): AsyncGenerator<Buffer> {
	let position = offset;
	let before = offset;
	const patience = patiently({patience: session.patience, onRetry, signal});
	while (position < blob.size) {
		try {
			for await (const piece of transfer(session, blob, position, signal)) {
				position += piece.length;
				yield piece;
			}
			if (position < blob.size) throw new Transient(tooShort(blob, position));
		} catch (error) {
			await patience.failed(error, position - before >= worthwhile);
			before = position;
		}
	}
}

/** A small blob, whole. */
export async function fetchSmallBlob(session: Session, blob: WantedBlob): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const piece of fetchBlob(session, blob)) pieces.push(piece);
	return Buffer.concat(pieces);
}

async function* transfer(session: Session, blob: WantedBlob, offset: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
	const reply = await session.openBlob(blob.digest, offset, signal);
	let skip = checkHead(reply, blob, offset);
	let room = blob.size - offset;
	for await (const piece of readBody(reply, {pace: session.pace, signal})) {
		const fresh = skip === 0 ? piece : piece.subarray(Math.min(skip, piece.length));
		skip -= piece.length - fresh.length;
		room -= fresh.length;
		if (room < 0) throw lie(blob, `with more than the ${blob.size} bytes that the manifest says`);
		if (fresh.length > 0) yield fresh;
	}
}

/** How many bytes at the front of the body are there already. What a server that lies about its answer sends is not read at all. */
function checkHead(reply: Reply, blob: WantedBlob, offset: number): number {
	const problem = findLie(reply, blob, offset);
	if (problem !== undefined) {
		drop(reply);
		throw lie(blob, problem);
	}
	return reply.status === 206 ? 0 : offset;
}

function findLie({status, headers}: Reply, {size}: WantedBlob, offset: number): string | undefined {
	const encoding = headers['content-encoding'];
	if (encoding !== undefined && encoding !== 'identity') return `in the encoding ${encoding.slice(0, 32)}, which nobody asked for`;
	const length = headers['content-length'];
	if (status === 200) return length === undefined || Number(length) === size ? undefined : `as ${Number(length)} bytes, but the manifest says ${size}`;
	const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
	const isRight = range !== null && Number(range[1]) === offset && Number(range[2]) === size - 1 && (range[3] === '*' || Number(range[3]) === size);
	return isRight ? undefined : `as the wrong part (${String(headers['content-range']).slice(0, 64)})`;
}

const lie = ({digest}: WantedBlob, how: string): EngineError =>
	new EngineError({
		code: 'registry.wrong-size',
		subject: digest,
		message: `the registry sends blob ${digest} ${how}`,
		hint: 'Push the image again, or pull it from another registry.',
	});

const tooShort = ({digest, size}: WantedBlob, got: number): EngineError =>
	new EngineError({
		code: 'registry.wrong-size',
		subject: digest,
		message: `the registry sent ${got} of the ${size} bytes of blob ${digest} and then nothing`,
		hint: 'Pull again: what has arrived is kept.',
	});
