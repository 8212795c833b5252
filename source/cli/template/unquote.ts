import {parseError} from './lexer.ts';

const SIMPLE: Readonly<Record<string, string>> = {a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'"};

/** The value of a Go string literal, or the number of a character literal. */
export function unquote(literal: string): string | number {
	const inner = literal.slice(1, -1);
	if (literal.startsWith('`')) return inner;
	const text = inner.replace(/\\(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[0-7]{3}|.)/gi, (_, escape: string) => unescape(escape));
	return literal.startsWith("'") ? (text.codePointAt(0) ?? 0) : text;
}

function unescape(escape: string): string {
	if (/^[xuU]/.test(escape) && escape.length > 1) {
		const code = Number.parseInt(escape.slice(1), 16);
		if (code <= 0x10ffff) return String.fromCodePoint(code);
	} else if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
	const simple = SIMPLE[escape];
	if (simple === undefined) throw parseError('invalid syntax');
	return simple;
}
