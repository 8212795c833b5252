import {UsageError} from './flags.ts';
import {print} from './output.ts';

/** Docker's code for a template that is none. */
const BAD_TEMPLATE = 64;

/** One object by a template of the user's, as `version`, `info` and `inspect` print it; what is wrong with the template ends the command. */
export async function renderObject(format: string, object: object): Promise<string> {
	const {compileObject} = await import('./format-template.ts');
	const template = inTheirWords(() => compileObject(format), BAD_TEMPLATE);
	return `${inTheirWords(
		() => template(object),
		1,
		() => print('\n'),
	)}\n`;
}

function inTheirWords<T>(work: () => T, exitCode: number, before?: () => void): T {
	try {
		return work();
	} catch (error) {
		before?.();
		throw new UsageError((error as Error).message.replace(/^failed to (parse|execute) template:/, 'template parsing error:'), {exitCode, usage: false});
	}
}
