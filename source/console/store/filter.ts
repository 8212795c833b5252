/**
 * What `/` understands: words that must all match. `web` a part of any field, `!web` its opposite, `~wb` letters of the name in order,
 * `label:k` or `label:k=v`, and `field:text` for a named field (`state:exited`, `image:nginx`).
 */
export type Fields = {readonly text: readonly string[]; readonly named: Readonly<Record<string, string>>; readonly labels: Readonly<Record<string, string>>};

type Term = (fields: Fields) => boolean;

function isSubsequence(needle: string, text: string): boolean {
	let at = 0;
	for (const character of text) if (character === needle[at]) at++;
	return at >= needle.length;
}

function labelTerm(wanted: string): Term {
	const equals = wanted.indexOf('=');
	const key = equals === -1 ? wanted : wanted.slice(0, equals);
	return ({labels}) => Object.entries(labels).some(([name, value]) => name.toLowerCase() === key && (equals === -1 || value.toLowerCase() === wanted.slice(equals + 1)));
}

function parseTerm(word: string): Term {
	if (word.startsWith('!') && word.length > 1) {
		const term = parseTerm(word.slice(1));
		return fields => !term(fields);
	}
	// Of the name alone: letters in order are found in any long text.
	if (word.startsWith('~')) return ({text: [name = '']}) => isSubsequence(word.slice(1), name.toLowerCase());
	const colon = word.indexOf(':');
	const name = word.slice(0, Math.max(0, colon));
	const wanted = word.slice(colon + 1);
	if (name === 'label') return labelTerm(wanted);
	return ({text, named}) => {
		const field = named[name];
		return field === undefined ? text.some(value => value.toLowerCase().includes(word)) : field.toLowerCase().includes(wanted);
	};
}

export function createFilter(text: string): Term {
	const terms = text
		.toLowerCase()
		.split(/\s+/)
		.filter(word => word !== '' && word !== '!')
		.map(parseTerm);
	return fields => terms.every(term => term(fields));
}
