import type {Flag, FlagKind} from './flags.ts';

/** Go's words for a value that is no number or no truth: Docker's users know them. */
const goError = (parser: string, value: string, reason: string): Error => new Error(`strconv.${parser}: parsing ${JSON.stringify(value)}: ${reason}`);

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

export function parseBool(value: string): string {
	if (TRUE.has(value)) return 'true';
	if (FALSE.has(value)) return 'false';
	throw goError('ParseBool', value, 'invalid syntax');
}

function parseInt64(value: string): string {
	if (!/^[+-]?\d+$/.test(value)) throw goError('ParseInt', value, 'invalid syntax');
	if (!Number.isSafeInteger(Number(value))) throw goError('ParseInt', value, 'value out of range');
	return String(Number(value));
}

function parseUint16(value: string): string {
	if (!/^\d+$/.test(value)) throw goError('ParseUint', value, 'invalid syntax');
	if (Number(value) > 0xffff) throw goError('ParseUint', value, 'value out of range');
	return String(Number(value));
}

function parseDecimal(value: string): string {
	if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) throw new Error(`failed to parse ${value} as a rational number`);
	if (Math.abs(Number(value) * 1e9 - Math.round(Number(value) * 1e9)) > 1e-3) throw new Error('value is too precise');
	return value;
}

const UNITS: Readonly<Record<string, number>> = {b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, p: 1024 ** 5};

/** `64m`, `1.5GiB`, `32 k`: bytes. */
export function parseBytes(value: string): number {
	const parts = /^(-?[\d.]+) ?([a-z]*)$/i.exec(value);
	if (parts?.[1] === undefined || !/^-?(\d+\.?\d*|\.\d+)$/.test(parts[1])) throw new Error(`invalid size: '${value}'`);
	const suffix = (parts[2] ?? '').toLowerCase();
	if (parts[1].startsWith('-')) throw new Error(`invalid size: '${value}'`);
	const unit = suffix === '' ? 1 : UNITS[suffix[0] ?? ''];
	if (unit === undefined || !['', 'b', 'ib'].includes(suffix.slice(1)) || (suffix.startsWith('b') && suffix !== 'b')) throw new Error(`invalid suffix: '${parts[2]}'`);
	return Math.floor(Number(parts[1]) * unit);
}

/** Minus one is no limit, for the one flag that takes it. */
const parseSwap = (value: string): string => (value === '-1' ? '-1' : String(parseBytes(value)));

const DURATION_UNITS: Readonly<Record<string, number>> = {ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000};

/** Go's durations, `1h30m`, `250ms`; milliseconds. */
export function parseDuration(value: string): number {
	const sign = value.startsWith('-') ? -1 : 1;
	const rest = value.replace(/^[+-]/, '');
	if (rest === '0') return 0;
	const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
	if (parts.length === 0 || parts.map(part => part[0]).join('') !== rest) throw new Error(`time: invalid duration ${JSON.stringify(value)}`);
	return sign * parts.reduce((sum, part) => sum + Number(part[1]) * (DURATION_UNITS[part[2] ?? ''] ?? 0), 0);
}

function parseFilter(value: string): string {
	if (!value.includes('=')) throw new Error('bad format of filter (expected name=value)');
	const at = value.indexOf('=');
	return `${value.slice(0, at).trim().toLowerCase()}=${value.slice(at + 1).trim()}`;
}

const parsers: Partial<Record<FlagKind, (value: string) => string>> = {
	bool: parseBool,
	int: parseInt64,
	uint16: parseUint16,
	decimal: parseDecimal,
	bytes: value => String(parseBytes(value)),
	swap: parseSwap,
	filter: parseFilter,
	duration: value => `${parseDuration(value)}`,
};

const nameOf = ({short, name}: Flag): string => (short === undefined ? `--${name}` : `-${short}, --${name}`);

/** A flag's value in its normal form; `strings` splits at commas. Throws with the flag's name in the sentence. */
export function normalizeValue(flag: Flag, value: string): string[] {
	try {
		const normal = parsers[flag.kind]?.(value) ?? value;
		flag.check?.(normal);
		return flag.kind === 'strings' ? normal.split(',') : [normal];
	} catch (error) {
		throw new Error(`invalid argument ${JSON.stringify(value)} for "${nameOf(flag)}" flag: ${(error as Error).message}`, {cause: error});
	}
}
