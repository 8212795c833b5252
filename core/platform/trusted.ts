import {readFileSync, statSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';

/** A file that decides about security must not be another user's to write. undefined: it is not there. */
export function readTrusted(path: string, code: string): Buffer | undefined {
	try {
		const {uid, mode, size} = statSync(path);
		if ((uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0 || size > 1024 * 1024)
			throw new EngineError({
				code,
				subject: path,
				message: `${path} is not used: others than root can write it, or it is too large`,
				hint: `chown root ${path}; chmod 644 ${path}`,
			});
		return readFileSync(path);
	} catch (error) {
		if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
		throw error;
	}
}
