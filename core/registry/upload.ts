import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {discard} from './body.ts';
import type {Content, Reply} from './http.ts';
import {checkTarget} from './redirect.ts';
import {patiently, Transient} from './retry.ts';
import type {Session} from './session.ts';

export type OutgoingBlob = {
	readonly digest: Digest;
	readonly size: number;
	/** Its bytes from `start` up to `end`; may be asked for more than once. */
	read(start: number, end: number): AsyncIterable<Uint8Array>;
};

/** `exists`: the repository has it already. `mounted`: taken over from another repository of the registry. */
export type Outcome = {readonly kind: 'exists' | 'uploaded'} | {readonly kind: 'mounted'; readonly from: string};

export type UploadOptions = {
	/** Repositories that may have it. */
	readonly mounts?: readonly string[];
	/** Bytes that one request carries at most. */
	readonly chunk?: number;
	/** How many bytes the registry has been sent. */
	readonly onProgress?: (sent: number) => void;
};

/** What one request carries. A registry keeps whole requests when the line breaks, and proxies refuse endless ones; a small blob goes in one. */
const usualChunk = 64 * 1024 * 1024;
const mountTries = 3;
/** How a registry says that it takes no chunks. */
const noChunks: ReadonlySet<number> = new Set([400, 404, 405, 416, 501]);

/** Brings a blob into the repository, in the cheapest way that the registry offers; a broken line costs a chunk at most. */
export async function uploadBlob(session: Session, blob: OutgoingBlob, {mounts = [], chunk = usualChunk, onProgress = () => {}}: UploadOptions = {}): Promise<Outcome> {
	if (await hasBlob(session, blob.digest)) return {kind: 'exists'};
	const begun = await begin(session, blob.digest, mounts.slice(0, mountTries));
	if ('from' in begun) return {kind: 'mounted', from: begun.from};
	await send(session, blob, {upload: begun, position: 0, chunk: Math.max(chunk, begun.leastChunk)}, onProgress);
	return {kind: 'uploaded'};
}

async function hasBlob(session: Session, digest: Digest): Promise<boolean> {
	const reply = await session.request(`blobs/${digest}`, [200, 404], {method: 'HEAD'});
	discard(reply);
	return reply.status === 200;
}

/** An upload that the registry has opened for us. */
type Upload = {readonly location: URL; readonly leastChunk: number};

async function begin(session: Session, digest: Digest, mounts: readonly string[]): Promise<Upload | {from: string}> {
	for (const [index, from] of mounts.entries()) {
		const reply = await session.request(`blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`, [201, 202], {method: 'POST'});
		discard(reply);
		if (reply.status === 201) return {from};
		const upload = uploadOf(reply, session);
		if (index === mounts.length - 1) return upload;
		discard(await session.request(upload.location, [204, 202, 200, 404, 405], {method: 'DELETE'}));
	}
	return open(session);
}

async function open(session: Session): Promise<Upload> {
	const reply = await session.request('blobs/uploads/', [202], {method: 'POST'});
	discard(reply);
	return uploadOf(reply, session);
}

function uploadOf(reply: Reply, session: Session, before?: Upload): Upload {
	const least = Number(reply.headers['oci-chunk-min-length'] ?? before?.leastChunk ?? 0);
	if (reply.headers.location === undefined && before) return before;
	return {location: checkTarget(reply, new URL(`https://${session.reference.domain}`)), leastChunk: Number.isSafeInteger(least) ? least : 0};
}

type State = {upload: Upload; position: number; chunk: number};

/** Chunk after chunk; the last one closes the upload. After a failure the registry says how far it got. */
async function send(session: Session, blob: OutgoingBlob, state: State, onProgress: (sent: number) => void): Promise<void> {
	const patience = patiently({patience: session.patience, signal: session.signal});
	for (;;) {
		const before = state.position;
		try {
			if (await sendNext(session, blob, state, onProgress)) return;
		} catch (error) {
			await patience.failed(error, state.position > before);
			await resume(session, state);
		}
	}
}

/** True when the registry has all of it. */
async function sendNext(session: Session, blob: OutgoingBlob, state: State, onProgress: (sent: number) => void): Promise<boolean> {
	const {position, upload} = state;
	const end = Math.min(blob.size, position + state.chunk);
	const isLast = end === blob.size;
	const content = contentOf(blob, position, end, onProgress);
	const headers = {'Content-Type': 'application/octet-stream', ...((!isLast || (position > 0 && end > position)) && {'Content-Range': `${position}-${end - 1}`})};
	if (isLast) {
		discard(await session.requestOnce(withDigest(upload.location, blob.digest), [201, 204], {method: 'PUT', headers, content}));
		return true;
	}
	const reply = await session.requestOnce(upload.location, [202, 204, ...(position === 0 ? noChunks : [])], {method: 'PATCH', headers, content});
	discard(reply);
	if (noChunks.has(reply.status)) Object.assign(state, {chunk: Infinity, upload: await open(session)});
	else Object.assign(state, {position: end, upload: uploadOf(reply, session, upload)});
	return false;
}

function contentOf(blob: OutgoingBlob, start: number, end: number, onProgress: (sent: number) => void): Content {
	return {
		size: end - start,
		async *read() {
			let at = start;
			for await (const piece of blob.read(start, end)) {
				yield piece;
				at += piece.length;
				onProgress(at);
			}
			if (at !== end)
				throw new EngineError({code: 'blob.damaged', subject: blob.digest, message: `blob ${blob.digest} is shorter than its ${blob.size} bytes`, hint: 'Pull the image again.'});
		},
	};
}

const withDigest = (location: URL, digest: Digest): URL => {
	const url = new URL(location);
	// Appended by hand: what is there may be signed, and must stay as it was written.
	url.search = `${url.search}${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
	return url;
};

/** Asks how much has arrived; where the registry has forgotten the upload, from the start. */
async function resume(session: Session, state: State): Promise<void> {
	const reply = await session.request(state.upload.location, [204, 202, 200, 404, 405, 400], {}).catch((error: unknown) => {
		if (error instanceof Transient) return undefined;
		throw error;
	});
	if (reply) discard(reply);
	const range = /^(?:bytes=)?0-(\d+)$/.exec(reply?.headers['range'] ?? '');
	const arrived = range ? Number(range[1]) + 1 : 0;
	if (reply?.status === 204 && state.chunk !== Infinity && Number.isSafeInteger(arrived)) {
		// An empty upload is told as 0-0, which is also one byte: such a little one begins anew.
		if (arrived > 1) return void Object.assign(state, {position: arrived, upload: uploadOf(reply, session, state.upload)});
	}
	Object.assign(state, {position: 0, upload: await open(session)});
}
