/** What differs from run to run is folded away, so that what is left can be compared. */

const DURATION = /(?:Less than a second|\d+ seconds?|About a minute|\d+ minutes|About an hour|\d+ hours)/g;

const FOLDS: ReadonlyArray<readonly [pattern: RegExp, text: string]> = [
	[/\b[\da-f]{64}\b/g, '<id>'],
	[/\b(?=[\da-f]*[a-f])(?=[\da-f]*\d)[\da-f]{12}\b/g, '<id12>'],
	[/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
	[/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} \S+/g, '<time>'],
	[DURATION, '<while>'],
	[/\b(?:[\da-f]{2}:){5}[\da-f]{2}\b/g, '<mac>'],
	[/\b(?:172|192|10)\.\d+\.\d+\.\d+\b/g, '<ip>'],
	[/\b[12]8(\d{3})\b/g, '18$1'],
	[/\bdocker\b/gi, '<program>'],
	[/\bhawser\b/gi, '<program>'],
	[/ +$/gm, ''],
];

export const fold = (text: string, more: ReadonlyArray<readonly [RegExp, string]> = []): string =>
	[...more, ...FOLDS].reduce((folded, [pattern, to]) => folded.replace(pattern, to), text);

/** Columns are as wide as what stands in them: their blanks say nothing. */
export const squeeze = (text: string): string => text.replace(/ {2,}/g, '  ');

/** Who says it, where help is to be had and our hints: a script looks for the sentence in between. */
export function essence(stderr: string): string {
	return fold(stderr)
		.split('\n')
		.filter(line => !/^(Hint: |See '|Run '|Usage: |$)/.test(line))
		.map(line =>
			line
				.replace(/^<program>: /, '')
				.replace(/^(Error response from daemon: |Error: |error: )/, '')
				.replace(/\.$/, ''),
		)
		.join('\n')
		.toLowerCase();
}
