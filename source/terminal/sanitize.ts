/**
 * The border between text from outside (names, labels, errors, registry replies, image history) and the terminal. Nothing that leaves
 * here can move the cursor, set a title, ask the terminal a question or turn the reading direction.
 */

const REPLACEMENT = '\uFFFD';
const INDENT = /[\t\n]/;

// C0 and DEL, C1, line and paragraph separators, and lone surrogates.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the border is for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Bidi controls, zero-width characters, the soft hyphen, tags and other invisible formats: shown by their number.
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const showCode = (character: string): string => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

/** For text of one or more lines: newlines and tabs stay. */
export const sanitizeText = (text: string): string => text.replace(FORBIDDEN, character => (INDENT.test(character) ? character : REPLACEMENT)).replace(INVISIBLE, showCode);

/** For one cell or one line: no newline and no tab either. */
export const sanitizeLine = (text: string): string => text.replace(FORBIDDEN, REPLACEMENT).replace(INVISIBLE, showCode);
