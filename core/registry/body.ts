import {EngineError} from '../errors/error.ts';
import {redacted, type Reply} from './http.ts';
import {Transient} from './retry.ts';

/** How slow a line may be before it counts as dead. Time in which our own side is busy does not count. */
export type Pace = {
	/** No byte for so long, in ms. */
	readonly idle: number;
	/** Over this window, in ms, at least `leastRate` bytes a second must come. */
	readonly window: number;
	readonly leastRate: number;
};
export const usualPace: Pace = {idle: 30_000, window: 60_000, leastRate: 1024};

type ReadOptions = {readonly pace: Pace; readonly signal?: AbortSignal | undefined};

const broken = (reply: Reply, reason: string, cause?: unknown): Transient =>
	new Transient(
		new EngineError({
			code: 'registry.broken-transfer',
			subject: redacted(reply.url),
			message: `reading ${redacted(reply.url)}: ${reason}`,
			hint: 'Pull again: what has arrived is kept.',
			cause,
		}),
	);

/** The pieces of a body as they come. A line that is dead, slower than the pace, or cut is Transient. Leaving early destroys it. */
export async function* readBody(reply: Reply, {pace, signal}: ReadOptions): AsyncGenerator<Buffer> {
	const {body} = reply;
	const onAbort = () => body.destroy(signal?.reason as Error);
	signal?.addEventListener('abort', onAbort);
	const clock = watchPace(pace, reason => body.destroy(broken(reply, reason)));
	try {
		signal?.throwIfAborted();
		clock.wait();
		for await (const piece of body as AsyncIterable<Buffer>) {
			clock.came(piece.length);
			yield piece;
			clock.wait();
		}
		if (!body.complete) throw broken(reply, 'the connection ended in the middle');
	} catch (error) {
		if (signal?.aborted === true) throw signal.reason;
		throw error instanceof Transient || error instanceof EngineError
			? error
			: broken(reply, (error as Error).message === 'aborted' ? 'the connection ended in the middle' : (error as Error).message, error);
	} finally {
		clock.stop();
		signal?.removeEventListener('abort', onAbort);
		body.destroy();
	}
}

type Clock = {wait(): void; came(bytes: number): void; stop(): void};

function watchPace({idle, window, leastRate}: Pace, give: (reason: string) => void): Clock {
	let waitingSince: number | undefined;
	let waited = 0;
	let bytes = 0;
	const check = () => {
		const pending = waitingSince === undefined ? 0 : performance.now() - waitingSince;
		if (pending >= idle) return give(`nothing came for ${Math.round(idle / 1000)} s`);
		if (waited + pending < window) return;
		if (bytes < (leastRate * window) / 1000) return give(`less than ${leastRate} bytes a second came`);
		waited = -pending;
		bytes = 0;
	};
	const timer = setInterval(check, Math.min(1000, idle / 4));
	return {
		wait() {
			waitingSince = performance.now();
		},
		came(count) {
			waited += waitingSince === undefined ? 0 : performance.now() - waitingSince;
			waitingSince = undefined;
			bytes += count;
		},
		stop: () => clearInterval(timer),
	};
}

/** The whole body of a small answer; larger than `limit` is refused as soon as it shows. */
export async function readSmallBody(reply: Reply, limit: number, {pace = usualPace, signal}: Partial<ReadOptions> = {}): Promise<Buffer> {
	const tooLarge = () => new EngineError({code: 'registry.too-large', subject: redacted(reply.url), message: `the answer to ${redacted(reply.url)} is larger than ${limit} bytes`});
	if (Number(reply.headers['content-length'] ?? 0) > limit) {
		drop(reply);
		throw tooLarge();
	}
	const pieces: Buffer[] = [];
	let size = 0;
	for await (const piece of readBody(reply, {pace, signal})) {
		size += piece.length;
		if (size > limit) throw tooLarge();
		pieces.push(piece);
	}
	return Buffer.concat(pieces);
}

/** Ends an answer that nobody wants, and its connection. */
export function drop({body}: Reply): void {
	body.on('error', () => {});
	body.destroy();
}

/** Reads over a short answer, so that its connection can be used again; a long or endless one is dropped. */
export function discard(reply: Reply): void {
	if (reply.status !== 204 && !(Number(reply.headers['content-length'] ?? Number.NaN) <= 65_536)) return drop(reply);
	reply.body.on('error', () => {});
	reply.body.resume();
}
