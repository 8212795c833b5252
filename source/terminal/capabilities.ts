/** What the terminal can show, told from the environment alone: a query would have to wait for a reply over a slow line. */
export type Capabilities = {
	/** 0 none, 1 sixteen colours, 2 the 256-colour palette, 3 true colour. */
	readonly colors: 0 | 1 | 2 | 3;
	readonly unicode: boolean;
	readonly background: 'dark' | 'light';
};

type Environment = Readonly<Record<string, string | undefined>>;

const given = (value: string | undefined): value is string => value !== undefined && value !== '';

function colorLevel(env: Environment): Capabilities['colors'] {
	const term = env['TERM'] ?? '';
	// https://no-color.org: present and not empty, whatever its value.
	if (given(env['NO_COLOR']) || term === 'dumb') return 0;
	if (/^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? '') || term.endsWith('-direct')) return 3;
	return /256color/.test(term) ? 2 : 1;
}

/** The first of the three that is set counts, as for the C library. */
function speaksUtf8(env: Environment): boolean {
	const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(given) ?? '';
	return /utf-?8/i.test(locale);
}

/** COLORFGBG is `foreground;background` in palette numbers; 7 and 9 to 15 are light. */
function backgroundOf(env: Environment): Capabilities['background'] {
	const number = Number(env['COLORFGBG']?.split(';').at(-1) ?? Number.NaN);
	return number === 7 || (number > 8 && number < 16) ? 'light' : 'dark';
}

export const detectCapabilities = (env: Environment): Capabilities => ({colors: colorLevel(env), unicode: speaksUtf8(env), background: backgroundOf(env)});
