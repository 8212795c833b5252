import {type EngineError, isEngineError} from './error.ts';

/**
 * Errors that have an exit code of their own, whatever the verb. All others take the verb's: 125 for `run` and `create`, 1 elsewhere,
 * as docker's client does.
 */
const exitCodes: Readonly<Record<string, number>> = {
	'command.not-found': 127,
	'command.not-invokable': 126,
	'engine.not-root': 125,
	'engine.bad-option': 125,
};

export const exitCodeOf = (error: EngineError, otherwise: number): number => exitCodes[error.code] ?? otherwise;

/** What the catch of a resource that may be gone tests: `ENOENT`, `ESRCH`, … */
export const hasErrno = (error: unknown, ...names: string[]): boolean => error instanceof Error && 'code' in error && typeof error.code === 'string' && names.includes(error.code);

/** One line about anything thrown. */
export const messageOf = (error: unknown): string => (isEngineError(error) || error instanceof Error ? error.message : String(error));
