import type {Engine} from '../../core/index.ts';
import type {Flag, FlagValues} from './flags.ts';

/** What a verb gets to work with. */
export type Context = {
	readonly flags: FlagValues;
	readonly args: readonly string[];
	/** Opened at the first call. */
	readonly engine: () => Engine;
	/** As the user called it: `hawser container ls`. */
	readonly path: string;
};

/** One command. Its file in `commands/` says everything about it; the table in `verbs.ts` only its names and summary. */
export type Verb = {
	/** After the name: `[OPTIONS] CONTAINER [CONTAINER...]`. */
	readonly usage: string;
	readonly description: string;
	readonly flags: readonly Flag[];
	/** How many arguments it takes. */
	readonly args: readonly [minimum: number, maximum: number];
	/** Flags end at the first argument, because the rest is somebody else's command line. */
	readonly stopsAtArgument?: true;
	/** Exit code of an engine error; 1 unless it says otherwise. */
	readonly errorCode?: number;
	/** Exit code where flags make no sense together; that of an engine error unless it says otherwise. */
	readonly misuseCode?: number;
	/** Gives the exit code. */
	readonly run: (context: Context) => number | Promise<number>;
};

/** A line of the table of commands: everything else about a verb is in its own file, loaded when it is called. */
export type VerbEntry = {
	/** All its names, the management form first. */
	readonly paths: readonly string[];
	readonly summary: string;
	readonly common?: true;
	readonly hidden?: true;
	readonly load: () => Promise<Verb>;
};
