const units: Readonly<Record<string, number>> = {'': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40};

/** `64m`, `1.5GiB`, `4096`: bytes, or undefined. */
export const parseBytes = (text: string): number | undefined => {
	const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/.exec(text.toLowerCase()) ?? /^(\d+)(b)$/.exec(text.toLowerCase());
	const bytes = match ? Math.floor(Number(match[1]) * (units[match[2] ?? ''] ?? 1)) : undefined;
	return bytes !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** Octal permissions with the sticky bit, without leading zeros. */
export const parseMode = (text: string): string | undefined => (/^0?o?[0-7]{1,4}$/.test(text) ? Number.parseInt(text.replace(/^0?o/, ''), 8).toString(8) : undefined);
