import {EngineError} from '../errors/error.ts';

/** A time, unix seconds, or how long ago: `24h`, `1h30m`. */
export function parseUntil(text: string): number {
	const units: Readonly<Record<string, number>> = {h: 3_600_000, m: 60_000, s: 1000};
	if (/^(\d+[hms])+$/.test(text)) return Date.now() - [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
	const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
	if (Number.isNaN(time)) throw new EngineError({code: 'filter.invalid', subject: text, message: `invalid filter 'until=${text}'`});
	return time;
}
