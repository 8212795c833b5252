/** What RFC 3339 fields say for "never", as Go's zero time does. */
export const NEVER = '0001-01-01T00:00:00Z';

/** Not `performance`, whose loading takes longer than the rest of a short command. */
const begun = Date.now();
const begunFine = process.hrtime.bigint();

/** Nanoseconds since the epoch; the clock is read to the microsecond. */
export function nowNanos(): bigint {
	// The finer clock drifts, and more so when the wall's is set: it only says where in this millisecond we are.
	const now = begun + Number(process.hrtime.bigint() - begunFine) / 1e6;
	const wall = Date.now();
	return BigInt(Math.round(Math.min(Math.max(now, wall), wall + 0.999) * 1000)) * 1000n;
}

/** RFC 3339 with nanoseconds, UTC. */
export function formatNanos(nanos: bigint): string {
	const fraction = String(nanos % 1_000_000_000n).padStart(9, '0');
	return `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`;
}

export const nowText = (): string => formatNanos(nowNanos());

export const isNever = (time: string | undefined): boolean => time === undefined || time === '' || time.startsWith('0001-01-01');
