import {functionNames, functions} from './functions.ts';
import {TemplateError} from './lexer.ts';
import {type Command, type Node, type Operand, type Parsed, parseTemplate, type Pipe} from './parser.ts';
import {goPrint, isMap, isOpenMap, isRow, isTrue, sortedKeys, type Value} from './values.ts';

/** A parsed template; call it with data as often as wanted. */
export type Template = (data: Value) => string;

export type TemplateOptions = {
	/** A name that an object does not have: an error (typed rows, inspect), or `<no value>`. */
	readonly missing?: 'error' | 'no value';
	/** What a sentence calls the data. */
	readonly subject?: string;
	/** Takes the place of a function, e.g. for headings. */
	readonly functions?: Readonly<Record<string, (...args: Value[]) => Value>>;
};

type Scope = {
	readonly data: Value;
	readonly variables: Array<{readonly name: string; value: Value}>;
	readonly options: TemplateOptions;
	readonly definitions: Parsed['definitions'];
	depth: number;
	output: string;
};

/** A range over a range may multiply a small template into much text. */
const LONGEST = 64 * 1024 * 1024;

export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
	const {nodes, definitions} = parseTemplate(source, functionNames);
	return data => {
		const scope: Scope = {data, variables: [{name: '$', value: data}], options, definitions, depth: 0, output: ''};
		runNodes(scope, nodes, data);
		return scope.output;
	};
}

type Signal = 'break' | 'continue' | undefined;

function runNodes(scope: Scope, nodes: readonly Node[], dot: Value): Signal {
	for (const node of nodes) {
		const signal = runNode(scope, node, dot);
		if (signal !== undefined) return signal;
	}
	return undefined;
}

function emit(scope: Scope, text: string): void {
	scope.output += text;
	if (scope.output.length > LONGEST) throw new TemplateError('failed to execute template: its output is longer than 64 MiB');
}

function runNode(scope: Scope, node: Node, dot: Value): Signal {
	switch (node.kind) {
		case 'text':
			emit(scope, node.text);
			return undefined;
		case 'action': {
			const value = runPipe(scope, node.pipe, dot);
			if (node.pipe.declare.length === 0) emit(scope, goPrint(value));
			return undefined;
		}
		case 'template':
			runNamed(scope, node, dot);
			return undefined;
		case 'break':
		case 'continue':
			return node.kind;
		default:
			return inScope(scope, () => runControl(scope, node, dot));
	}
}

/** A template may call itself. */
const DEEPEST = 1000;

/** It sees nothing but what it is given. */
function runNamed(scope: Scope, {name, at, pipe}: Extract<Node, {kind: 'template'}>, dot: Value): void {
	const nodes = scope.definitions.get(name);
	if (nodes === undefined) {
		const text = JSON.stringify(name);
		throw new TemplateError(
			`failed to execute template: template: :1:${at}: executing "" at <{{template ${text}${pipe === undefined ? '' : ` ${describePipe(pipe)}`}}}>: template ${text} not defined`,
		);
	}
	if (scope.depth >= DEEPEST) throw new TemplateError('failed to execute template: template: :1: exceeded maximum template depth (1000)');
	const data = pipe === undefined ? undefined : runPipe(scope, pipe, dot);
	const inner: Scope = {...scope, variables: [{name: '$', value: data}], depth: scope.depth + 1};
	runNodes(inner, nodes, data);
	scope.output = inner.output;
}

function inScope<T>(scope: Scope, run: () => T): T {
	const depth = scope.variables.length;
	try {
		return run();
	} finally {
		scope.variables.length = depth;
	}
}

function runControl(scope: Scope, node: Extract<Node, {body: readonly Node[]}>, dot: Value): Signal {
	if (node.kind === 'range') return runRange(scope, node, dot);
	const value = runPipe(scope, node.pipe, dot);
	const inner = node.kind === 'with' ? value : dot;
	return isTrue(value) ? runNodes(scope, node.body, inner) : runNodes(scope, node.otherwise, dot);
}

function runRange(scope: Scope, node: Extract<Node, {body: readonly Node[]}>, dot: Value): Signal {
	const value = runPipe(scope, {...node.pipe, declare: []}, dot);
	const pairs = pairsOf(node.pipe, value);
	for (const [key, item] of pairs) {
		const signal = inScope(scope, () => {
			const [first, second] = node.pipe.declare;
			if (second !== undefined) scope.variables.push({name: first ?? '', value: key}, {name: second, value: item});
			else if (first !== undefined) scope.variables.push({name: first, value: item});
			return runNodes(scope, node.body, item);
		});
		if (signal === 'break') break;
	}
	return pairs.length === 0 ? runNodes(scope, node.otherwise, dot) : undefined;
}

function pairsOf(pipe: Pipe, value: Value): Array<readonly [Value, Value]> {
	if (Array.isArray(value)) return value.map((item, at) => [at, item] as const);
	if (isMap(value)) return sortedKeys(value).map(key => [key, value[key]] as const);
	if (typeof value === 'number') return Array.from({length: Math.max(0, Math.min(value, LONGEST))}, (_, at) => [at, at] as const);
	if (value === null || value === undefined) return [];
	const [first] = pipe.commands[0] ?? [];
	throw failure(describePipe(pipe), first ?? {kind: 'dot'}, `range can't iterate over ${goPrint(value)}`);
}

function runPipe(scope: Scope, pipe: Pipe, dot: Value): Value {
	let value: Value;
	let last: readonly Value[] = [];
	for (const command of pipe.commands) {
		value = runCommand(scope, command, dot, last);
		last = [value];
	}
	if (pipe.assign) setVariable(scope, pipe.declare[0] ?? '', value);
	else for (const name of pipe.declare) scope.variables.push({name, value});
	return value;
}

function setVariable(scope: Scope, name: string, value: Value): void {
	const variable = scope.variables.findLast(entry => entry.name === name);
	if (variable !== undefined) variable.value = value;
}

function runCommand(scope: Scope, command: Command, dot: Value, last: readonly Value[]): Value {
	const [head, ...rest] = command;
	if (head === undefined) return undefined;
	if (head.kind === 'function') return callFunction(scope, head, rest, dot, last);
	if (head.kind === 'nil') throw failure('nil', head, 'nil is not a command');
	const args = [...rest.map(operand => valueOf(scope, operand, dot, [])), ...last];
	if (args.length > 0 && (head.kind === 'literal' || head.kind === 'dot')) throw failure(describe(head), head, "can't give argument to non-function");
	return valueOf(scope, head, dot, args);
}

function callFunction(scope: Scope, head: Extract<Operand, {kind: 'function'}>, rest: readonly Operand[], dot: Value, last: readonly Value[]): Value {
	if (head.name === 'and' || head.name === 'or') return callLazy(scope, head.name, rest, dot, last);
	const args = [...rest.map(operand => valueOf(scope, operand, dot, [])), ...last];
	const callable = scope.options.functions?.[head.name] ?? functions[head.name];
	const call = describeCommand([head, ...rest]);
	if (callable === undefined) throw failure(call, head, 'not a function');
	if (args.length < callable.length) throw failure(call, head, `wrong number of args for ${head.name}: want ${callable.length} got ${args.length}`);
	try {
		return callable(...args);
	} catch (error) {
		throw failure(call, head, `error calling ${head.name}: ${(error as Error).message}`);
	}
}

function callLazy(scope: Scope, name: 'and' | 'or', rest: readonly Operand[], dot: Value, last: readonly Value[]): Value {
	let value: Value;
	for (const operand of rest) {
		value = valueOf(scope, operand, dot, []);
		if (isTrue(value) === (name === 'or')) return value;
	}
	return last.length > 0 ? last[0] : value;
}

function valueOf(scope: Scope, operand: Operand, dot: Value, args: readonly Value[]): Value {
	switch (operand.kind) {
		case 'dot':
			return dot;
		case 'nil':
			return null;
		case 'literal':
			return operand.value;
		case 'field':
			return follow(scope, dot, operand.names, operand, args);
		case 'variable':
			return follow(scope, scope.variables.findLast(entry => entry.name === operand.name)?.value, operand.names, operand, args);
		case 'group':
			return follow(scope, runPipe(scope, operand.pipe, dot), operand.names, operand, args);
		case 'function':
			return callFunction(scope, operand, [], dot, []);
	}
}

function follow(scope: Scope, start: Value, names: readonly string[], operand: Operand, args: readonly Value[]): Value {
	return names.reduce((value, name, at) => getField(scope, value, {name, operand}, at === names.length - 1 ? args : []), start);
}

/** A name within an operand such as `.A.B`. */
type Step = {readonly name: string; readonly operand: Operand};

/** A field of an object; a function there is a method, and gets the arguments. */
function getField(scope: Scope, value: Value, {name, operand}: Step, args: readonly Value[]): Value {
	const {missing = 'error', subject = 'object'} = scope.options;
	const failed = (reason: string): TemplateError => failure(describe(operand), operand, reason);
	if (value === undefined || value === null) {
		if (missing === 'no value') return undefined;
		throw failed(`nil data; no entry for key ${JSON.stringify(name)}`);
	}
	if (!isMap(value)) throw failed(`can't evaluate field ${name} in type ${missing === 'error' && !isRow(value) && typeof value === 'object' ? 'interface {}' : typeof value}`);
	if (!Object.hasOwn(value, name)) {
		if (missing === 'no value' || isOpenMap(value)) return undefined;
		throw failed(isRow(value) ? `can't evaluate field ${name} in type ${subject}` : `map has no entry for key ${JSON.stringify(name)}`);
	}
	const field = value[name];
	if (typeof field === 'function') return (field as (...values: readonly Value[]) => Value)(...args);
	if (args.length > 0) throw failed(`${name} has arguments but cannot be invoked as function`);
	return field;
}

/** As Go writes it again from what it read. */
function describe(operand: Operand): string {
	switch (operand.kind) {
		case 'dot':
			return '.';
		case 'nil':
			return 'nil';
		case 'literal':
			return JSON.stringify(operand.value);
		case 'function':
			return operand.name;
		case 'field':
			return `.${operand.names.join('.')}`;
		case 'variable':
			return [operand.name, ...operand.names].join('.');
		case 'group':
			return [`(${describePipe(operand.pipe)})`, ...operand.names].join('.');
	}
}

const describeCommand = (command: Command): string => command.map(describe).join(' ');
const describePipe = (pipe: Pipe): string => pipe.commands.map(describeCommand).join(' | ');

/** Go's place of `.A.B` is that of its second name. */
function columnOf(operand: Operand): number {
	if (!('at' in operand)) return 0;
	const [first = '', second] = operand.kind === 'field' ? operand.names : [];
	return second === undefined ? operand.at : operand.at + 1 + first.length;
}

const failure = (what: string, operand: Operand, reason: string): TemplateError =>
	new TemplateError(`failed to execute template: template: :1:${columnOf(operand)}: executing "" at <${what}>: ${reason}`);
