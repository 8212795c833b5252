/** One way that a registry offers to prove who one is. */
export type Challenge = {readonly scheme: 'bearer' | 'basic'; readonly parameters: Readonly<Record<string, string>>};

const headerLimit = 8192;
const challengeLimit = 8;
const schemeForm = /[ \t,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?=[ \t,]|$)[ \t]*/y;
const parameterForm = /[ \t,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&'*+.^_`|~-]+))/y;

/** Reads WWW-Authenticate: a list of schemes, each with parameters, all parted by commas. What is not understood ends the reading. */
export function parseChallenges(header: string | undefined): Challenge[] {
	if (header === undefined || header.length > headerLimit) return [];
	const found: Challenge[] = [];
	for (let at = 0; at < header.length && found.length < challengeLimit; ) {
		const scheme = matchAt(schemeForm, header, at);
		if (!scheme) break;
		const {parameters, end} = parseParameters(header, scheme.end);
		const name = scheme.groups[1]?.toLowerCase();
		if (name === 'bearer' || name === 'basic') found.push({scheme: name, parameters});
		at = end;
	}
	return found;
}

function parseParameters(header: string, start: number): {parameters: Record<string, string>; end: number} {
	const parameters: Record<string, string> = Object.create(null);
	let end = start;
	for (;;) {
		const parameter = matchAt(parameterForm, header, end);
		if (!parameter) return {parameters, end};
		const [, key = '', quoted, plain = ''] = parameter.groups;
		parameters[key.toLowerCase()] ??= quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
		end = parameter.end;
	}
}

function matchAt(form: RegExp, text: string, at: number): {groups: RegExpExecArray; end: number} | undefined {
	form.lastIndex = at;
	const groups = form.exec(text);
	return groups ? {groups, end: form.lastIndex} : undefined;
}
