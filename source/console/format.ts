/** Numbers and times as they are shown. Binary units; a number never takes more than five characters before its unit. */
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function scale(bytes: number): {readonly value: number; readonly unit: number} {
	let value = Math.max(0, bytes);
	let unit = 0;
	// 1000, not 1024: four digits before the unit would be too wide.
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return {value, unit};
}

const digits = (value: number, unit: number): string => (unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1));

/** `34.1 MiB` */
export function formatBytes(bytes: number): string {
	const {value, unit} = scale(bytes);
	return `${digits(value, unit)} ${units[unit] ?? ''}`;
}

/** `34.1M`, for columns. */
export function formatShortBytes(bytes: number): string {
	const {value, unit} = scale(bytes);
	return `${digits(value, unit)}${(units[unit] ?? '').slice(0, 1)}`;
}

export const formatRate = (bytes: number): string => `${formatBytes(bytes)}/s`;

/** `1.2M/s`, where there is little room. */
export const formatShortRate = (bytes: number): string => `${formatShortBytes(bytes)}/s`;

/** One decimal below a hundred: `0.3`, `12.4`, `187`. */
export const formatPercent = (percent: number): string => (percent < 99.95 ? percent.toFixed(1) : percent.toFixed(0));

const steps: ReadonlyArray<readonly [number, string]> = [
	[86_400, 'd'],
	[3600, 'h'],
	[60, 'm'],
	[1, 's'],
];

/** The largest whole unit: `45s`, `3m`, `2h`, `5d`. */
export function formatDuration(milliseconds: number): string {
	const seconds = Math.max(0, Math.floor(milliseconds / 1000));
	const [size, letter] = steps.find(([step]) => seconds >= step) ?? [1, 's'];
	return `${Math.floor(seconds / size)}${letter}`;
}

/** Since a time in RFC 3339; empty when there is none. */
export function formatAge(time: string | undefined, now: number): string {
	const at = time === undefined ? Number.NaN : Date.parse(time);
	return Number.isNaN(at) || at < 0 ? '' : formatDuration(now - at);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local clock time. */
export function formatClock(time: number): string {
	const date = new Date(time);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `1,234,567` */
export const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
