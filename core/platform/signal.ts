/** A bell between one who rings and one who waits: rings that nobody waited for are kept as one. */
export type Signal = {
	ring(): void;
	/** False when it was closed. */
	wait(): Promise<boolean>;
	close(): void;
};

export function createSignal(): Signal {
	let rung = false;
	let closed = false;
	let wake: (() => void) | undefined;
	const settle = (): void => {
		wake?.();
		wake = undefined;
	};
	return {
		ring() {
			rung = true;
			settle();
		},
		async wait() {
			if (!rung && !closed) await new Promise<void>(resolve => (wake = resolve));
			const goOn = rung && !closed;
			rung = false;
			return goOn;
		},
		close() {
			closed = true;
			settle();
		},
	};
}
