import {createInterface} from 'node:readline';
import {print} from './output.ts';

/** One line that a user types; undefined at the end of input. */
export function askLine(question: string): Promise<string | undefined> {
	const lines = createInterface({input: process.stdin, output: process.stdout});
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	lines.once('close', () => resolve(undefined));
	lines.question(question, answer => {
		resolve(answer);
		lines.close();
	});
	return promise;
}

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE = /[\b\u007f]/;

/** The same, with nothing shown of what is typed. Interrupt gives undefined. */
export function askSecret(question: string): Promise<string | undefined> {
	print(question);
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	let typed: string[] = [];
	const take = (text: string): void => {
		for (const key of text) {
			if (ENTER.test(key)) return finish(typed.join(''));
			if (key === INTERRUPT || (key === END && typed.length === 0)) return finish(undefined);
			if (ERASE.test(key)) typed = typed.slice(0, -1);
			else typed.push(key);
		}
	};
	const finish = (answer: string | undefined): void => {
		process.stdin.off('data', take).setRawMode(false).pause();
		print('\n');
		resolve(answer);
	};
	process.stdin.setEncoding('utf8').setRawMode(true).resume().on('data', take);
	return promise;
}
