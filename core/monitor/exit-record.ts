import {readFileSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {crc32} from '../platform/checksum.ts';
import {decodeFields, flagField, numberField, textField} from './fields.ts';

/** How the program last ended, as the monitor fsynced it. */
export type ExitRecord = {
	readonly id: string;
	readonly exitCode: number;
	readonly signal: number;
	readonly oom: boolean;
	readonly startedAt: string;
	readonly finishedAt: string;
	readonly restarts: number;
	readonly manual: boolean;
	/** Why it could not be started, or ''. */
	readonly error: string;
};

export function parseExitRecord(text: string, path: string): ExitRecord | undefined {
	if (/^[\n\0]*$/.test(text)) return undefined;
	const at = text.search(/^sum [0-9a-f]{8}$/m);
	const body = text.slice(0, Math.max(at, 0));
	if (at < 0 || crc32(body) !== Number.parseInt(text.slice(at + 4, at + 12), 16)) {
		throw new EngineError({code: 'monitor.damaged-record', message: `the exit record ${path} is damaged`, subject: path});
	}
	const fields = decodeFields(body);
	return {
		id: textField(fields, 'id'),
		exitCode: numberField(fields, 'exit-code'),
		signal: numberField(fields, 'signal'),
		oom: flagField(fields, 'oom'),
		startedAt: textField(fields, 'started-at'),
		finishedAt: textField(fields, 'finished-at'),
		restarts: numberField(fields, 'restarts'),
		manual: flagField(fields, 'manual'),
		error: textField(fields, 'error'),
	};
}

/** Undefined when the program has never ended; throws `monitor.damaged-record` when its sum is wrong. */
export function readExitRecord(path: string): ExitRecord | undefined {
	try {
		return parseExitRecord(readFileSync(path, 'utf8'), path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}
