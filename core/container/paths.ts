import {posix} from 'node:path';

/** Paths as `cp` takes them, where a `/` or `/.` at the end means something: Docker's rules. */

/** No path at all is the folder one is in. */
const endsInDot = (path: string): boolean => path === '' || posix.basename(path) === '.';
const endsInSlash = (path: string): boolean => path.endsWith('/');

/** Whether the path says that it is a folder. */
export const saysFolder = (path: string): boolean => endsInSlash(path) || endsInDot(path);

/** What path.resolve() and its like take off the end comes back. */
export function keepEnd(cleaned: string, original: string): string {
	const dotted = endsInDot(original) && !endsInDot(cleaned) ? `${cleaned}${endsInSlash(cleaned) ? '' : '/'}.` : cleaned;
	return endsInSlash(original) && !endsInSlash(dotted) ? `${dotted}/` : dotted;
}

/** Folder and last name; of `dir/.` the name is `.`. */
export function splitEntry(path: string): {readonly folder: string; readonly name: string} {
	const cleaned = posix.normalize(path).replace(/(.)\/+$/, '$1');
	if (endsInDot(path)) return {folder: cleaned, name: '.'};
	return {folder: posix.dirname(cleaned), name: cleaned === '/' ? '.' : posix.basename(cleaned)};
}

/** Where following a link led to, with the end of what was asked for; and the name that was asked for, when it is another one now. */
export function renamed(path: string, target: string): {readonly path: string; readonly rename?: string} {
	const ended = keepEnd(target, path);
	const [asked, got] = [posix.basename(path), posix.basename(ended)];
	return {path: ended, ...(asked !== got && {rename: asked})};
}
