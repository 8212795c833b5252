import {setTimeout as delay} from 'node:timers/promises';

/** A failure that another try may cure: a reset, a 5xx, a 429. `cause` is what to throw when patience ends. */
export class Transient extends Error {
	readonly reason: string;
	/** What the server asked for, in seconds. */
	readonly retryAfter: number | undefined;

	constructor(cause: Error, retryAfter?: number) {
		super(cause.message, {cause});
		this.reason = cause.message;
		this.retryAfter = retryAfter;
	}
}

export type Patience = {
	readonly attempts: number;
	readonly firstDelay: number;
	readonly longestDelay: number;
};

/** Five tries, half a second to sixteen apart: as long as a registry's restart or a short fault of the line takes. */
export const usualPatience: Patience = {attempts: 5, firstDelay: 0.5, longestDelay: 16};
const longestRetryAfter = 60;

export type OnRetry = (reason: string, inSeconds: number) => void;

type RetryOptions = {readonly patience: Patience; readonly onRetry?: OnRetry | undefined; readonly signal?: AbortSignal | undefined};

/** Counts failures and waits between them. */
export type Waiting = {
	/** Throws what cannot be cured by another try, or when patience ends; else returns when it is time for that try. */
	failed(error: unknown, progressed: boolean): Promise<void>;
};

/** When the failed try got a good deal further, the count starts afresh, so that a slow line with a reset now and then still ends. */
export function patiently({patience, onRetry, signal}: RetryOptions): Waiting {
	let failures = 0;
	return {
		async failed(error, progressed) {
			if (!(error instanceof Transient)) throw error;
			failures = progressed ? 1 : failures + 1;
			const seconds = waitFor(error, failures, patience);
			if (failures >= patience.attempts || seconds > longestRetryAfter) throw error.cause;
			onRetry?.(error.reason, Math.ceil(seconds));
			await delay(seconds * 1000, undefined, signal ? {signal} : {}).catch(() => {});
			signal?.throwIfAborted();
		},
	};
}

export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
	const waiting = patiently(options);
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			await waiting.failed(error, false);
		}
	}
}

function waitFor(error: Transient, failures: number, patience: Patience): number {
	if (error.retryAfter !== undefined) return error.retryAfter;
	const full = Math.min(patience.longestDelay, patience.firstDelay * 2 ** (failures - 1));
	return full * (0.75 + Math.random() / 2);
}

/** Retry-After is seconds or a date. */
export function parseRetryAfter(value: string | undefined): number | undefined {
	if (value === undefined) return undefined;
	if (/^\d{1,9}$/.test(value)) return Number(value);
	const date = Date.parse(value);
	return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
