import {isEngineError} from '../../core/index.ts';
import {printError, printLine} from './output.ts';

/** As many at once as Docker's client does. */
const AT_ONCE = 50;

/**
 * Does the same to each of several objects, prints what `act` gives as each in turn is done, and says of each failure what it was; one
 * failure does not keep the others.
 */
export async function eachTarget(names: readonly string[], act: (name: string) => Promise<string | undefined>): Promise<number> {
	const waiting = [...names.keys()];
	const results = new Map<number, Promise<string | undefined>>();
	const settle = new Map<number, {readonly resolve: (text: string | undefined) => void; readonly reject: (error: unknown) => void}>();
	for (const at of names.keys()) {
		const {promise, resolve, reject} = Promise.withResolvers<string | undefined>();
		promise.catch(() => undefined);
		results.set(at, promise);
		settle.set(at, {resolve, reject});
	}
	const worker = async (): Promise<void> => {
		for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) await act(names[at] ?? '').then(settle.get(at)?.resolve, settle.get(at)?.reject);
	};
	void Promise.all(Array.from({length: Math.min(AT_ONCE, names.length)}, worker));
	let failed = 0;
	for (const at of names.keys()) {
		try {
			const text = await results.get(at);
			if (text !== undefined) printLine(text);
		} catch (error) {
			failed++;
			reportFailure(error);
		}
	}
	return failed === 0 ? 0 : 1;
}

export function reportFailure(error: unknown): void {
	printError(`Error: ${error instanceof Error ? error.message : String(error)}`);
	if (isEngineError(error) && error.hint !== undefined) printError(`Hint: ${error.hint}`);
}
