import {StringDecoder} from 'node:string_decoder';

/**
 * What a person did. `key` is a character as typed or a name: `up`, `enter`, `ctrl-d`, `f1`, `shift-tab`.
 * Everything else that a terminal may send (answers to questions that somebody's output asked) is dropped here, so that it can never act as a key.
 */
export type Press =
	| {readonly kind: 'key'; readonly key: string}
	| {readonly kind: 'paste'; readonly text: string}
	| {readonly kind: 'mouse'; readonly action: 'press' | 'release' | 'wheel-up' | 'wheel-down' | 'other'; readonly x: number; readonly y: number};

const escape = '\u001B';
const pasteEnd = `${escape}[201~`;
const longestPaste = 64 * 1024;

const csiKeys: Readonly<Record<string, string>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	H: 'home',
	F: 'end',
	Z: 'shift-tab',
	P: 'f1',
	Q: 'f2',
	R: 'f3',
	S: 'f4',
	'1~': 'home',
	'2~': 'insert',
	'3~': 'delete',
	'4~': 'end',
	'5~': 'pageup',
	'6~': 'pagedown',
	'7~': 'home',
	'8~': 'end',
	'11~': 'f1',
	'12~': 'f2',
	'13~': 'f3',
	'14~': 'f4',
	'15~': 'f5',
	'17~': 'f6',
	'18~': 'f7',
	'19~': 'f8',
	'20~': 'f9',
	'21~': 'f10',
	'23~': 'f11',
	'24~': 'f12',
};

const controlKeys: Readonly<Record<number, string>> = {
	0: 'ctrl-space',
	8: 'backspace',
	9: 'tab',
	10: 'enter',
	13: 'enter',
	27: 'escape',
	28: 'ctrl-\\',
	29: 'ctrl-]',
	30: 'ctrl-^',
	31: 'ctrl-_',
	127: 'backspace',
};

function characterKey(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	if (code >= 32 && code !== 127) return character;
	return controlKeys[code] ?? `ctrl-${String.fromCharCode(code + 96)}`;
}

/** `CSI 1 ; m X` and `CSI n ; m ~`: the key with its modifiers, of which shift counts for nothing but tab. */
function csiKey(parameters: string, final: string): string | undefined {
	const [first = '', modifier] = parameters.split(';');
	const name = csiKeys[final === '~' ? `${first}~` : final];
	if (name === undefined || (final !== '~' && first !== '' && first !== '1')) return undefined;
	const bits = modifier === undefined ? 0 : Number(modifier) - 1;
	if (!(bits >= 0)) return undefined;
	return `${bits & 4 ? 'ctrl-' : ''}${bits & 2 ? 'alt-' : ''}${name}`;
}

function mousePress(parameters: string, final: string): Press | undefined {
	const [button = Number.NaN, x = 0, y = 0] = parameters.slice(1).split(';').map(Number);
	if (!(button >= 0 && x >= 1 && y >= 1)) return undefined;
	const action = button === 64 ? 'wheel-up' : button === 65 ? 'wheel-down' : final === 'm' ? 'release' : button === 0 ? 'press' : 'other';
	return {kind: 'mouse', action, x: x - 1, y: y - 1};
}

type Step = {readonly used: number; readonly press?: Press | undefined} | 'incomplete';

/** Strings that only terminals send: OSC, DCS, APC, PM, SOS up to their terminator. */
function readReport(text: string): Step {
	const end = /\u0007|\u001B\\|\u009C/.exec(text.slice(2));
	if (end) return {used: 2 + end.index + end[0].length};
	return text.length > 4096 ? {used: text.length} : 'incomplete';
}

function readCsi(text: string): Step {
	const match = /^\u001B\[([0-?]*)([ -/]*)([@-~])?/.exec(text);
	if (!match) return {used: 2};
	const [whole, parameters = '', , final] = match;
	if (final === undefined) {
		// A byte that cannot go on such a sequence ends it; without one, the rest may still be on its way.
		return whole.length < text.length || whole.length > 64 ? {used: whole.length} : 'incomplete';
	}
	if (parameters.startsWith('<') && (final === 'M' || final === 'm')) return {used: whole.length, press: mousePress(parameters, final)};
	const key = csiKey(parameters, final);
	return {used: whole.length, press: key === undefined ? undefined : {kind: 'key', key}};
}

function readEscape(text: string): Step {
	const second = text[1];
	if (second === undefined) return 'incomplete';
	if (second === '[') return text.length === 2 ? 'incomplete' : readCsi(text);
	if (second === 'O') {
		const third = text[2];
		if (third === undefined) return 'incomplete';
		const name = csiKeys[third];
		return {used: 3, press: name === undefined ? undefined : {kind: 'key', key: name}};
	}
	if (/[\]P_^X]/.test(second)) return readReport(text);
	// No key of ours has Alt: a letter that comes in one read with an escape was typed after it, over a slow line.
	return {used: 1, press: {kind: 'key', key: 'escape'}};
}

function readStep(text: string): Step {
	if (text.startsWith(`${escape}[200~`)) {
		const end = text.indexOf(pasteEnd);
		if (end !== -1) return {used: end + pasteEnd.length, press: {kind: 'paste', text: text.slice(6, end)}};
		return text.length > longestPaste ? {used: text.length} : 'incomplete';
	}
	if (text.startsWith(escape)) return readEscape(text);
	const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
	const code = character.codePointAt(0) ?? 0;
	// C1 controls start reports, too, and nobody types them.
	if (code >= 128 && code < 160) return {used: character.length};
	return {used: character.length, press: {kind: 'key', key: characterKey(character)}};
}

export type KeyParser = {
	/** The presses that are complete now. */
	feed(data: Uint8Array): Press[];
	/** The same one by one: what a press does may decide who gets what follows it. */
	steps(data: Uint8Array): Iterable<Press>;
	/** Takes what has not been read as presses yet. */
	takeRest(): string;
	putBack(text: string): void;
	/** Some bytes may be the beginning of something: call flush() when nothing follows for a moment. */
	readonly pending: boolean;
	flush(): Press[];
};

export function createKeyParser(): KeyParser {
	const decoder = new StringDecoder('utf8');
	let rest = '';

	function* steps(data: Uint8Array): Generator<Press> {
		rest += decoder.write(Buffer.from(data));
		while (rest !== '') {
			const step = readStep(rest);
			if (step === 'incomplete') break;
			rest = rest.slice(step.used);
			if (step.press) yield step.press;
		}
	}

	return {
		feed: data => Array.from(steps(data)),
		steps,
		takeRest() {
			const taken = rest;
			rest = '';
			return taken;
		},
		putBack(text) {
			rest = text;
		},
		get pending() {
			return rest !== '' && !rest.startsWith(`${escape}[200~`);
		},
		flush() {
			if (!rest.startsWith(escape)) return [];
			// An escape that nothing follows is the key; one with a beginning of a sequence was a cut report.
			const alone = rest === escape;
			rest = '';
			return alone ? [{kind: 'key', key: 'escape'}] : [];
		},
	};
}
