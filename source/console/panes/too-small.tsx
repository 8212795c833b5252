import {smallest} from '../store/layout.ts';
import type {Size} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

/** One sentence, broken between words, that fits even 20x5; the console waits for a larger terminal. */
export function TooSmall({theme, size}: {readonly theme: Theme; readonly size: Size}) {
	const sentence = `Hawser needs ${smallest.columns}x${smallest.rows}, this is ${size.columns}x${size.rows}: enlarge it, or q quits`;
	const lines: string[] = [''];
	for (const word of sentence.split(' ')) {
		const last = lines.length - 1;
		const joined = lines[last] === '' ? word : `${lines[last]} ${word}`;
		if (joined.length <= size.columns) lines[last] = joined;
		else lines.push(word);
	}
	return <Lines lines={lines.slice(0, size.rows).map(line => theme.line(line.slice(0, size.columns)))} />;
}
