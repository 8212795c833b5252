import {UsageError} from './flags.ts';
import {print} from './output.ts';

/** Docker's code for a template that is none. */
const BAD_TEMPLATE = 64;

/**
 * One object by a template of the user's, as `version`, `info` and `inspect` print it; what is wrong with the template ends the command.
 * `view`: the object as Go's structs have it, tried first.
 */
export async function renderObject(format: string, object: object, view?: object): Promise<string> {
	const {compileObject} = await import('./format-template.ts');
	const template = inTheirWords(() => compileObject(format), BAD_TEMPLATE);
	return `${inTheirWords(
		() => (view === undefined ? undefined : attempt(() => template(view))) ?? template(object),
		1,
		() => print('\n'),
	)}\n`;
}

function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}

function inTheirWords<T>(work: () => T, exitCode: number, before?: () => void): T {
	try {
		return work();
	} catch (error) {
		before?.();
		throw new UsageError((error as Error).message.replace(/^failed to (parse|execute) template:/, 'template parsing error:'), {exitCode, usage: false});
	}
}
