import {parseDuration} from './flag-kinds.ts';

const UNIX = /^(\d{1,12})(?:\.(\d{1,9}))?$/;
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?|Z|[+-]\d\d:\d\d)?$/;

/** `--since` and `--until`: a time in RFC 3339 or its beginning (local where no zone is written), Unix seconds, or a duration ago. */
export function parseTime(text: string, now = Date.now()): Date {
	const unix = UNIX.exec(text);
	if (unix?.[1] !== undefined) return new Date(Number(`${unix[1]}.${unix[2] ?? 0}`) * 1000);
	if (DATE.test(text)) return parseDate(text);
	try {
		return new Date(now - parseDuration(text));
	} catch (error) {
		throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`, {cause: error});
	}
}

function parseDate(text: string): Date {
	const zone = /(Z|[+-]\d\d:\d\d)$/.exec(text.slice(10))?.[1] ?? '';
	const [date = '', clock = ''] = text.slice(0, text.length - zone.length).split('T');
	const [hours = '00', minutes = '00', seconds = '00'] = clock === '' ? [] : clock.split(':');
	const time = new Date(`${date}T${hours}:${minutes}:${seconds}${zone}`);
	if (Number.isNaN(time.getTime())) throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
	return time;
}
