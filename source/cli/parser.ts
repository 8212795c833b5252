import {normalizeValue, parseBool} from './flag-kinds.ts';
import {type Flag, UsageError} from './flags.ts';

export type ParsedWords = {
	readonly values: Map<string, string[]>;
	readonly words: string[];
	readonly help: boolean /** How many words were read, when it stopped early. */;
	readonly read: number;
};

export type ParseOptions = {
	/** Flags may stand behind arguments; without it the first argument ends the flags (`run IMAGE …`). */
	readonly interspersed: boolean;
};

/**
 * Reads the words of a command line as Docker's client does (GNU style): `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`,
 * `-abc`, and `--` to end the flags. Bad words throw UsageError in Docker's sentences.
 */
export function parseWords(flags: readonly Flag[], input: readonly string[], {interspersed}: ParseOptions): ParsedWords {
	const state: State = {values: new Map(), words: [], queue: [...input], help: false};
	const byName = new Map(flags.map(flag => [flag.name, flag]));
	const byShort = new Map(flags.flatMap(flag => (flag.short === undefined ? [] : [[flag.short, flag] as const])));
	for (let word = state.queue.shift(); word !== undefined; word = state.queue.shift()) {
		if (word === '--') {
			state.words.push(...state.queue.splice(0));
		} else if (word.startsWith('--')) readLong(state, byName, word);
		else if (word.startsWith('-') && word !== '-') readShorts(state, byShort, word);
		else {
			state.words.push(word);
			if (!interspersed) {
				const read = input.length - state.queue.length;
				state.words.push(...state.queue.splice(0));
				return {values: state.values, words: state.words, help: state.help, read};
			}
		}
		if (state.help) break;
	}
	return {values: state.values, words: state.words, help: state.help, read: input.length};
}

type State = {values: Map<string, string[]>; words: string[]; queue: string[]; help: boolean};

function readLong(state: State, flags: ReadonlyMap<string, Flag>, word: string): void {
	const at = word.indexOf('=');
	const name = at < 0 ? word.slice(2) : word.slice(2, at);
	if (name === '' || name.startsWith('-')) throw new UsageError(`bad flag syntax: ${word}`);
	const flag = flags.get(name);
	if (flag === undefined) {
		if (name === 'help') state.help = at < 0 || parseBool(word.slice(at + 1)) === 'true';
		else throw new UsageError(`unknown flag: --${name}`);
	} else if (at >= 0) setValue(state, flag, word.slice(at + 1));
	else if (flag.kind === 'bool') setValue(state, flag, 'true');
	else setValue(state, flag, nextWord(state, `--${name}`));
}

function readShorts(state: State, flags: ReadonlyMap<string, Flag>, word: string): void {
	for (let at = 1; at < word.length; at++) {
		const letter = word[at] ?? '';
		const flag = flags.get(letter);
		if (flag === undefined) {
			if (letter !== 'h') throw new UsageError(`unknown shorthand flag: '${letter}' in -${word.slice(at)}`);
			state.help = true;
			return;
		}
		const rest = word.slice(at + 1);
		if (rest.startsWith('=')) return setValue(state, flag, rest.slice(1));
		if (flag.kind !== 'bool') return setValue(state, flag, rest === '' ? nextWord(state, `'${letter}' in -${word.slice(at)}`) : rest);
		setValue(state, flag, 'true');
	}
}

function nextWord(state: State, flag: string): string {
	const word = state.queue.shift();
	if (word === undefined) throw new UsageError(`flag needs an argument: ${flag}`);
	return word;
}

function setValue(state: State, flag: Flag, value: string): void {
	const normal = usable(() => normalizeValue(flag, value));
	const values = state.values.get(flag.name);
	if (values === undefined) state.values.set(flag.name, normal);
	else values.push(...normal);
}

function usable<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		throw new UsageError((error as Error).message);
	}
}
