import Sparkline from 'blessed-contrib/lib/widget/sparkline.js';

const cache = new Map<string, string>();
const cacheSize = 512;

/** The last `width` values as blocks, 0 to `maximum`. Most rows rest: the same values are drawn once. */
export function drawSparkline(values: readonly number[], width: number, maximum: number): string {
	const shown = values.slice(-width).map(value => Math.round(Math.max(0, Math.min(1, value / maximum)) * 7));
	const key = shown.join('');
	let drawn = cache.get(key);
	if (drawn === undefined) {
		// The widget scales to what it is given: two anchors give it the whole range, and are cut off again.
		const widget = new Sparkline({width: width + 4});
		widget.setData([''], [[0, 7, ...shown]]);
		// Blocks are one UTF-16 unit each.
		drawn = (widget.content.match(/[\u2581-\u2588]+/)?.[0] ?? '').slice(2);
		if (cache.size >= cacheSize) cache.clear();
		cache.set(key, drawn);
	}
	return drawn.padStart(width);
}
