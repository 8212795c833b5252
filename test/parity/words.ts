/** A line as a shell would cut it: blanks, '…', "…". */
export function words(line: string): string[] {
	const found: string[] = [];
	for (const [, word = ''] of line.matchAll(/((?:[^\s'"]|'[^']*'|"[^"]*")+)/g))
		found.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_, one: string | undefined, two: string | undefined) => one ?? two ?? ''));
	return found;
}
