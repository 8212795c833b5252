import type {Store} from './store.ts';

/** At most one redraw in so many milliseconds: what comes first is drawn at once, what follows together. Keys wait less than half of it. */
const frame = 33;
const keyFrame = 14;

/** A subscription for the screen: keys are seen without delay, bursts do not draw faster than anybody can look. */
export function limitFrames({subscribe}: Store): (listener: () => void) => () => void {
	return listener => {
		let timer: NodeJS.Timeout | undefined;
		let last = 0;
		const draw = (): void => {
			timer = undefined;
			last = performance.now();
			listener();
		};
		const stop = subscribe(byHand => {
			if (timer && !byHand) return;
			clearTimeout(timer);
			const wait = (byHand ? keyFrame : frame) - (performance.now() - last);
			if (wait <= 0) draw();
			else timer = setTimeout(draw, wait);
		});
		return () => {
			clearTimeout(timer);
			stop();
		};
	};
}
