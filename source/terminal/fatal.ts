/** The terminal must be sane whatever ends the program: a signal, a hang-up, a fault of ours. */
export type FatalHandlers = {
	/** Gives the terminal back; must not throw. */
	readonly restore: () => void;
	/** A polite end, with the exit code that the signal asks for. */
	readonly onSignal: (code: number) => void;
	/** A promise that nobody waited for failed: the screen goes on and says so. */
	readonly onError: (error: unknown) => void;
};

const signals = {SIGTERM: 15, SIGHUP: 1, SIGINT: 2} as const;

export function onFatal({restore, onSignal, onError}: FatalHandlers): () => void {
	const handlers = Object.entries(signals).map(([name, number]) => [name, () => onSignal(128 + number)] as const);
	const crash = (error: unknown): void => {
		restore();
		process.stderr.write(`hawser: the console had to stop: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
		process.exit(70);
	};
	// The line is gone: nobody can be told, and the end comes by SIGHUP.
	const ignore = (): void => {};
	for (const [name, handler] of handlers) process.on(name, handler);
	process.on('uncaughtException', crash);
	process.on('unhandledRejection', onError);
	process.on('exit', restore);
	process.stdout.on('error', ignore);
	process.stdin.on('error', ignore);
	return () => {
		for (const [name, handler] of handlers) process.off(name, handler);
		process.off('uncaughtException', crash);
		process.off('unhandledRejection', onError);
		process.off('exit', restore);
	};
}
