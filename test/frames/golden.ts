import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/**
 * Golden frames as they lie in golden/: one file a view, one section a size. Runs of one character are written once with their number
 * (`─{57}`), and so are equal rows, which keeps a screen of 200x50 readable. Below the text a sum for each look, of what is sent with all its colours.
 * HAWSER_UPDATE_FRAMES=1 writes them anew.
 */
export type Golden = {readonly text: string; readonly sums: Readonly<Record<string, string>>};

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const update = process.env['HAWSER_UPDATE_FRAMES'] !== undefined;

const shorten = (row: string): string => row.trimEnd().replace(/(.)\1{7,}/gsu, (run, character: string) => `${character}{${Array.from(run).length}}`);

export function compact(screen: string): string {
	const rows: Array<{readonly text: string; count: number}> = [];
	for (const text of screen.split('\n').map(shorten)) {
		const last = rows.at(-1);
		if (last?.text === text) last.count++;
		else rows.push({text, count: 1});
	}
	return rows.map(({text, count}) => (count === 1 ? text : `${text}   {${count} rows}`)).join('\n');
}

export const sumOf = (screen: string): string => createHash('sha256').update(screen).digest('hex').slice(0, 12);

const sectionText = (size: string, {text, sums}: Golden): string =>
	`== ${size}\n${text}\n-- ${Object.entries(sums)
		.map(([look, sum]) => `${look} ${sum}`)
		.join('  ')}\n`;

/** What a view looked like, by size; after `HAWSER_UPDATE_FRAMES=1` it is what it looks like now. */
export function goldenOf(view: string, drawn: ReadonlyMap<string, Golden>): ReadonlyMap<string, string> {
	const path = `${folder}${view.replaceAll(' ', '-')}.txt`;
	if (update) writeFileSync(path, Array.from(drawn, ([size, golden]) => sectionText(size, golden)).join(''));
	const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
	return new Map(
		text
			.split(/^== /m)
			.slice(1)
			.map(section => [section.slice(0, section.indexOf('\n')), `== ${section}`]),
	);
}

export {sectionText};
