/**
 * The one error of the engine: a sentence about a thing. `code` comes from the table in `codes.ts`; the command line prints
 * `message`, and `hint` on a line of its own; the exit code is the table's.
 */
export class EngineError extends Error {
	override readonly name = 'EngineError';
	readonly code: string;
	/** The object that it is about: a container's name, a reference, a path. */
	readonly subject: string | undefined;
	/** What to do about it. */
	readonly hint: string | undefined;

	constructor({code, message, subject, hint, cause}: {code: string; message: string; subject?: string | undefined; hint?: string | undefined; cause?: unknown}) {
		super(message, cause === undefined ? undefined : {cause});
		this.code = code;
		this.subject = subject;
		this.hint = hint;
	}
}

export const isEngineError = (error: unknown, code?: string): error is EngineError => error instanceof EngineError && (code === undefined || error.code === code);
