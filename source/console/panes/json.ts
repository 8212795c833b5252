import type {Theme} from '../theme/theme.ts';

/** Colours a line of indented JSON: keys, strings, and the rest. */
export function paintJson(theme: Theme, line: string): string {
	const match = /^(\s*)("(?:[^"\\]|\\.)*")(:\s*)?(.*)$/.exec(line);
	if (!match) return theme.paint('muted', line);
	const [, indent = '', first = '', colon, rest = ''] = match;
	if (colon === undefined) return indent + theme.paint('receive', first) + theme.paint('muted', rest);
	const role = rest.startsWith('"') ? 'receive' : /^[[{]/.test(rest) ? 'muted' : 'write';
	return indent + theme.paint('cpu', first) + theme.paint('muted', colon) + theme.paint(role, rest);
}
