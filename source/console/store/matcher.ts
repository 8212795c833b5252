/** What `/` and `&` understand in a text: words as they are, or a regular expression where it is one. Case counts only where it is typed. */
export type Matcher = {readonly test: (text: string) => boolean /** Finds every place, for highlighting. */; readonly pattern: RegExp | undefined};

const nothing: Matcher = {test: () => false, pattern: undefined};
const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A pattern with nested repetition can take for ever on one line: such are taken as plain words. */
const risky = /[+*}][^)]*\)[+*{]/;

function compile(text: string): RegExp {
	const flags = /[A-Z]/.test(text) ? 'g' : 'gi';
	try {
		return new RegExp(risky.test(text) ? escape(text) : text, flags);
	} catch {
		return new RegExp(escape(text), flags);
	}
}

let last: {readonly text: string; readonly matcher: Matcher}[] = [];

export function matcherOf(text: string): Matcher {
	if (text === '') return nothing;
	const known = last.find(found => found.text === text);
	if (known) return known.matcher;
	const pattern = compile(text);
	const matcher: Matcher = {
		test(line) {
			pattern.lastIndex = 0;
			return pattern.test(line);
		},
		pattern,
	};
	last = [{text, matcher}, ...last].slice(0, 4);
	return matcher;
}

/** `!timeout` those without, `+3 timeout` with three lines around each. */
export type LineFilter = {readonly invert: boolean; readonly context: number; readonly matcher: Matcher};

export function parseLineFilter(text: string): LineFilter {
	const [, signs = '', words = ''] = /^((?:!|\+\d{1,3}\s*)*)(.*)$/s.exec(text) ?? [];
	return {invert: signs.includes('!'), context: Number(/\+(\d+)/.exec(signs)?.[1] ?? 0), matcher: matcherOf(words)};
}
