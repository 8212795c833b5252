import {parseError, type Token, tokenize} from './lexer.ts';
import {unquote} from './unquote.ts';

/** What a template is made of. `source` is the expression as written, for errors; `at` its column. */
export type Operand =
	| {readonly kind: 'dot'}
	| {readonly kind: 'nil'; readonly at: number}
	| {readonly kind: 'literal'; readonly value: string | number | boolean}
	| {readonly kind: 'field'; readonly names: readonly string[]; readonly at: number}
	| {readonly kind: 'variable'; readonly name: string; readonly names: readonly string[]; readonly at: number}
	| {readonly kind: 'function'; readonly name: string; readonly at: number}
	| {readonly kind: 'group'; readonly pipe: Pipe; readonly names: readonly string[]; readonly at: number};

export type Command = readonly Operand[];
export type Pipe = {readonly declare: readonly string[]; readonly assign: boolean; readonly commands: readonly Command[]};

export type Node =
	| {readonly kind: 'text'; readonly text: string}
	| {readonly kind: 'action'; readonly pipe: Pipe}
	| {readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: readonly Node[]}
	| {readonly kind: 'template'; readonly name: string; readonly at: number; readonly pipe: Pipe | undefined}
	| {readonly kind: 'break' | 'continue'};

/** A template, and those that it defines by name. */
export type Parsed = {readonly nodes: readonly Node[]; readonly definitions: ReadonlyMap<string, readonly Node[]>};

type Cursor = {
	readonly tokens: readonly Token[];
	at: number;
	readonly functions: ReadonlySet<string>;
	readonly variables: string[];
	readonly definitions: Map<string, readonly Node[]>;
	loops: number;
};

export function parseTemplate(source: string, functions: ReadonlySet<string>): Parsed {
	const cursor: Cursor = {tokens: tokenize(source), at: 0, functions, variables: ['$'], definitions: new Map(), loops: 0};
	const {nodes, ended} = parseNodes(cursor);
	if (ended !== undefined) throw parseError(`unexpected {{${ended}}}`);
	return {nodes, definitions: cursor.definitions};
}

/** Up to `{{end}}` or `{{else}}`, whose word it gives; that action stays open for the caller. */
function parseNodes(cursor: Cursor): {nodes: Node[]; ended?: string} {
	const nodes: Node[] = [];
	for (;;) {
		const token = cursor.tokens[cursor.at++];
		if (token === undefined) return {nodes};
		if (token.kind === 'text') {
			nodes.push({kind: 'text', text: token.text});
			continue;
		}
		const word = peekWord(cursor);
		if (word === 'end' || word === 'else') {
			cursor.at++;
			return {nodes, ended: word};
		}
		const node = parseAction(cursor, word);
		if (node !== undefined) nodes.push(node);
	}
}

function parseAction(cursor: Cursor, word: string | undefined): Node | undefined {
	if (word === 'define' || word === 'template' || word === 'block') {
		cursor.at++;
		return parseNamed(cursor, word);
	}
	if (word === 'if' || word === 'with' || word === 'range') {
		cursor.at++;
		return parseControl(cursor, word);
	}
	if (word === 'break' || word === 'continue') {
		if (cursor.loops === 0) throw parseError(`{{${word}}} outside {{range}}`);
		cursor.at++;
		expectClose(cursor, word);
		return {kind: word};
	}
	const pipe = parsePipe(cursor, 'command');
	expectClose(cursor, 'command');
	return {kind: 'action', pipe};
}

/** `{{define "T"}}…{{end}}`, `{{template "T" .}}`, and `{{block "T" .}}…{{end}}`, which is both. */
function parseNamed(cursor: Cursor, word: 'define' | 'template' | 'block'): Node | undefined {
	const token = cursor.tokens[cursor.at++];
	if (token?.kind !== 'string') throw parseError(`unexpected ${describe(token)} in ${word} clause`);
	const name = String(unquote(token.text));
	const pipe = cursor.tokens[cursor.at]?.kind === 'close' ? undefined : parsePipe(cursor, `${word} clause`);
	expectClose(cursor, `${word} clause`);
	if (word !== 'template') {
		const outer = cursor.variables.splice(1);
		const {nodes, ended} = parseNodes(cursor);
		if (ended !== 'end') throw parseError(ended === undefined ? 'unexpected EOF' : `unexpected {{${ended}}}`);
		expectClose(cursor, 'end');
		cursor.definitions.set(name, nodes);
		cursor.variables.splice(1, cursor.variables.length, ...outer);
	}
	return word === 'define' ? undefined : {kind: 'template', name, at: token.at, pipe};
}

function parseControl(cursor: Cursor, kind: 'if' | 'with' | 'range'): Node {
	const scope = cursor.variables.length;
	const pipe = parsePipe(cursor, kind);
	expectClose(cursor, kind);
	if (kind === 'range') cursor.loops++;
	const body = parseNodes(cursor);
	if (kind === 'range') cursor.loops--;
	if (body.ended === undefined) throw parseError('unexpected EOF');
	let otherwise: Node[] = [];
	if (body.ended === 'else') otherwise = parseElse(cursor, kind);
	else expectClose(cursor, 'end');
	cursor.variables.length = scope;
	return {kind, pipe, body: body.nodes, otherwise};
}

/** `{{else}}…{{end}}`, or `{{else if …}}`, which brings its own end. */
function parseElse(cursor: Cursor, kind: string): Node[] {
	const word = peekWord(cursor);
	if ((word === 'if' || word === 'with') && kind !== 'range') {
		cursor.at++;
		return [parseControl(cursor, word)];
	}
	expectClose(cursor, 'else');
	const {nodes, ended} = parseNodes(cursor);
	if (ended === undefined) throw parseError('unexpected EOF');
	if (ended === 'else') throw parseError('expected end; found {{else}}');
	expectClose(cursor, 'end');
	return nodes;
}

function peekWord(cursor: Cursor): string | undefined {
	const token = cursor.tokens[cursor.at];
	return token?.kind === 'word' ? token.text : undefined;
}

function expectClose(cursor: Cursor, context: string): void {
	const token = cursor.tokens[cursor.at++];
	if (token?.kind !== 'close') throw parseError(`unexpected ${describe(token)} in ${context}`);
}

const describe = (token: Token | undefined): string => (token !== undefined && 'text' in token ? JSON.stringify(token.text) : 'end of template');

const isSymbol = (token: Token | undefined, text: string): boolean => token?.kind === 'symbol' && token.text === text;

function parsePipe(cursor: Cursor, context: string): Pipe {
	const {declare, assign} = parseDeclarations(cursor, context);
	const commands: Command[] = [];
	for (;;) {
		commands.push(parseCommand(cursor, context));
		if (!isSymbol(cursor.tokens[cursor.at], '|')) break;
		cursor.at++;
	}
	if (!assign) cursor.variables.push(...declare);
	return {declare, assign, commands};
}

/** `$x :=`, `$x =`, and for range `$i, $x :=`. */
function parseDeclarations(cursor: Cursor, context: string): {declare: string[]; assign: boolean} {
	const names: string[] = [];
	for (let at = cursor.at; ; at += 2) {
		const [token, next] = [cursor.tokens[at], cursor.tokens[at + 1]];
		if (token?.kind !== 'variable') return {declare: [], assign: false};
		names.push(token.text);
		if (isSymbol(next, ':=') || isSymbol(next, '=')) {
			cursor.at = at + 2;
			const assign = isSymbol(next, '=');
			if (assign) for (const name of names) checkVariable(cursor, name);
			return {declare: names, assign};
		}
		if (!isSymbol(next, ',') || context !== 'range' || names.length === 2) return {declare: [], assign: false};
	}
}

function checkVariable(cursor: Cursor, name: string): void {
	if (!cursor.variables.includes(name)) throw parseError(`undefined variable ${JSON.stringify(name)}`);
}

function parseCommand(cursor: Cursor, context: string): Command {
	const operands: Operand[] = [];
	for (;;) {
		const token = cursor.tokens[cursor.at];
		if (token === undefined) throw parseError('unclosed action');
		if (token.kind === 'close' || isSymbol(token, '|') || isSymbol(token, ')')) break;
		operands.push(parseOperand(cursor));
	}
	if (operands.length === 0) throw parseError(`missing value for ${context}`);
	return operands;
}

function parseOperand(cursor: Cursor): Operand {
	const token = cursor.tokens[cursor.at++];
	if (token === undefined || token.kind === 'text' || token.kind === 'open' || token.kind === 'close') throw parseError('unclosed action');
	const {at} = token;
	switch (token.kind) {
		case 'string':
			return {kind: 'literal', value: unquote(token.text)};
		case 'number':
			return {kind: 'literal', value: Number(token.text)};
		case 'field':
			return {kind: 'field', names: [token.text.slice(1), ...parseChain(cursor)], at};
		case 'variable':
			checkVariable(cursor, token.text);
			return {kind: 'variable', name: token.text, names: parseChain(cursor), at};
		case 'word':
			return parseWord(cursor, token.text, at);
		case 'symbol':
			return parseSymbol(cursor, token.text, at);
	}
}

function parseWord(cursor: Cursor, word: string, at: number): Operand {
	if (word === 'true' || word === 'false') return {kind: 'literal', value: word === 'true'};
	if (word === 'nil') return {kind: 'nil', at};
	if (!cursor.functions.has(word)) throw parseError(`function ${JSON.stringify(word)} not defined`);
	return {kind: 'function', name: word, at};
}

function parseSymbol(cursor: Cursor, symbol: string, at: number): Operand {
	if (symbol === '.') return {kind: 'dot'};
	if (symbol !== '(') throw parseError(`unexpected ${JSON.stringify(symbol)} in operand`);
	const pipe = parsePipe(cursor, 'parenthesized pipeline');
	if (!isSymbol(cursor.tokens[cursor.at++], ')')) throw parseError('unclosed left paren');
	return {kind: 'group', pipe, names: parseChain(cursor), at};
}

/** `.A.B` right behind an operand, without a blank. */
function parseChain(cursor: Cursor): string[] {
	const names: string[] = [];
	for (;;) {
		const token = cursor.tokens[cursor.at];
		if (token?.kind !== 'field' || token.spaced) return names;
		names.push(token.text.slice(1));
		cursor.at++;
	}
}
