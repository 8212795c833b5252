/** Flags as the verbs declare them, and what the parser made of the words of a command line. */

export type FlagKind =
	| 'bool'
	| 'string'
	| 'int'
	| 'uint16'
	| 'decimal'
	| 'bytes'
	| 'swap'
	| 'list'
	| 'strings'
	| 'map'
	| 'filter'
	| 'mount'
	| 'network'
	| 'ulimit'
	| 'duration'
	| 'gpu-request';

export type Flag = {
	readonly name: string;
	readonly short?: string;
	readonly kind: FlagKind;
	readonly help: string;
	/** Shown in the help, and what an absent flag gives. */
	readonly default?: string;
	/** Understood, but not in the help. */
	readonly hidden?: true;
	/** Refuses a value with Docker's words, by throwing an Error; the parser adds which flag it was. */
	readonly check?: (value: string) => void;
};

/** A mistake in the words of the command line. `usage`: whether the verb's usage line helps. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	/** undefined: the verb's code for words that make no sense together. */
	readonly exitCode: number | undefined;
	readonly usage: boolean;

	constructor(message: string, {exitCode, usage = true}: {exitCode?: number; usage?: boolean} = {}) {
		super(message);
		this.exitCode = exitCode;
		this.usage = usage;
	}
}

/** The values given, by flag name; lists keep their order. */
export type FlagValues = {
	/** Named at all? */
	readonly given: (name: string) => boolean;
	readonly bool: (name: string) => boolean;
	/** The last value given, else the default, else ''. */
	readonly text: (name: string) => string;
	readonly int: (name: string) => number;
	readonly list: (name: string) => readonly string[];
};

export const repeats = (kind: FlagKind): boolean =>
	kind === 'list' || kind === 'strings' || kind === 'map' || kind === 'filter' || kind === 'mount' || kind === 'network' || kind === 'ulimit' || kind === 'gpu-request';

export function readFlags(flags: readonly Flag[], values: ReadonlyMap<string, readonly string[]>): FlagValues {
	const defaults = new Map(flags.map(flag => [flag.name, flag.default ?? '']));
	const text = (name: string): string => values.get(name)?.at(-1) ?? defaults.get(name) ?? '';
	return {
		given: name => values.has(name),
		bool: name => text(name) === 'true',
		text,
		int: name => Number(text(name)),
		list: name => values.get(name) ?? [],
	};
}
