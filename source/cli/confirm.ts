import {createInterface} from 'node:readline/promises';
import {print} from './output.ts';

/** Asks, with No as the answer to everything but y and yes. */
export async function confirm(warning: string): Promise<boolean> {
	print(`${warning}\nAre you sure you want to continue? [y/N] `);
	const lines = createInterface({input: process.stdin});
	const {promise, resolve} = Promise.withResolvers<string>();
	lines.once('line', resolve).once('close', () => resolve(''));
	const answer = await promise;
	lines.close();
	return /^y(es)?$/i.test(answer.trim());
}
