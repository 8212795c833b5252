/** Go templates cut into tokens: text between actions, and the words inside `{{ }}`. */

export type Token =
	| {readonly kind: 'text'; readonly text: string}
	| {readonly kind: 'open' | 'close'; readonly at: number}
	| {readonly kind: 'field' | 'variable' | 'word' | 'string' | 'number' | 'symbol'; readonly text: string; readonly at: number /** Blank before it. */; readonly spaced: boolean};

export class TemplateError extends Error {
	override readonly name = 'TemplateError';
}

const parseError = (message: string): TemplateError => new TemplateError(`failed to parse template: template: :1: ${message}`);

const COMMENT = /^\/\*[\s\S]*?\*\//;
const INSIDE: ReadonlyArray<readonly [kind: 'field' | 'variable' | 'word' | 'string' | 'number' | 'symbol', pattern: RegExp]> = [
	['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
	['string', /'(?:[^'\\\n]|\\.)+'/y],
	['number', /[+-]?(?:0x[\da-f]+|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)/iy],
	['variable', /\$[\p{L}\p{N}_]*/uy],
	['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
	['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
	['symbol', /:=|[|()=,.]/y],
];

export function tokenize(source: string): Token[] {
	const tokens: Token[] = [];
	let at = 0;
	let trimNext = false;
	while (at < source.length) {
		const open = source.indexOf('{{', at);
		const text = source.slice(at, open < 0 ? source.length : open);
		const trimsBefore = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
		pushText(tokens, text, trimNext, trimsBefore);
		if (open < 0) break;
		({at, trimNext} = readAction(tokens, source, open, open + (trimsBefore ? 3 : 2)));
	}
	return tokens;
}

function pushText(tokens: Token[], text: string, trimStart: boolean, trimEnd: boolean): void {
	const start = trimStart ? text.trimStart() : text;
	const trimmed = trimEnd ? start.trimEnd() : start;
	if (trimmed !== '') tokens.push({kind: 'text', text: trimmed});
}

function readAction(tokens: Token[], source: string, open: number, start: number): {at: number; trimNext: boolean} {
	const comment = COMMENT.exec(source.slice(start).trimStart());
	if (comment !== null) {
		const end = source.indexOf(comment[0], start) + comment[0].length;
		const close = /^(\s+-)?\s*\}\}/.exec(source.slice(end));
		if (close === null) throw parseError('comment ends before closing delimiter');
		return {at: end + close[0].length, trimNext: close[1] !== undefined};
	}
	tokens.push({kind: 'open', at: open});
	for (let at = start; ; ) {
		const blank = /\s*/y;
		blank.lastIndex = at;
		blank.exec(source);
		const spaced = blank.lastIndex > at;
		at = blank.lastIndex;
		const close = /^-?\}\}/.exec(source.slice(at, at + 3));
		if (close !== null && (close[0] === '}}' || spaced)) {
			tokens.push({kind: 'close', at});
			return {at: at + close[0].length, trimNext: close[0] !== '}}'};
		}
		const token = readToken(source, at, spaced);
		tokens.push(token);
		at += token.text.length;
	}
}

function readToken(source: string, at: number, spaced: boolean): Extract<Token, {spaced: boolean}> {
	if (at >= source.length) throw parseError('unclosed action');
	for (const [kind, pattern] of INSIDE) {
		pattern.lastIndex = at;
		const match = pattern.exec(source);
		if (match !== null) return {kind, text: match[0], at, spaced};
	}
	if (source[at] === '"') throw parseError('unterminated quoted string');
	if (source[at] === '`') throw parseError('unterminated raw quoted string');
	throw parseError(`unexpected ${JSON.stringify(source[at])} in operand`);
}

export {parseError};
