/** Not SIGWINCH: some servers take it for a request to stop, and a resized window is none. */
const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGCONT'] as const;

export type SignalProxy = {
	/** From now on signals go there; those that came before follow at once. */
	forwardTo(send: (signal: string) => Promise<void>): void;
	stop(): void;
};

/** Catches the signals that this program gets, on behalf of a container that may not run yet. */
export function startSignalProxy(): SignalProxy {
	const early: string[] = [];
	let send: ((signal: string) => Promise<void>) | undefined;
	const listener = (signal: string): void => {
		// The container may have ended meanwhile; then there is nothing to tell it.
		if (send === undefined) early.push(signal);
		else send(signal).catch(() => undefined);
	};
	for (const signal of FORWARDED) process.on(signal, listener);
	return {
		forwardTo(next) {
			send = next;
			for (const signal of early.splice(0)) listener(signal);
		},
		stop() {
			for (const signal of FORWARDED) process.off(signal, listener);
		},
	};
}
