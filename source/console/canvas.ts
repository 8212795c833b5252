import {createContext} from 'react';
import type {DOMElement} from 'ink';
import type {Frame, Segment} from '../terminal/frame.ts';

/**
 * Ink keeps the tree and its layout; the lines in it go from here to the painter as they are. Ink's own way would read every line of the
 * screen anew, character by character, for each frame: most of what an idle console cost.
 */
export type Canvas = {
	/** Ready lines of a box, from its upper left corner on. */
	put(box: DOMElement, lines: readonly string[]): void;
	/** What lies in the tree below `root`, in its order: later boxes lie over earlier ones. */
	frame(root: DOMElement, rows: number): Frame;
};

/** Absent: lines are Ink's own text, for renderToString and for screen readers. */
export const CanvasContext = createContext<Canvas | undefined>(undefined);

export function createCanvas(): Canvas {
	const linesOf = new WeakMap<DOMElement, readonly string[]>();

	function collect(node: DOMElement, left: number, top: number, rows: Segment[][]): void {
		const x = left + (node.yogaNode?.getComputedLeft() ?? 0);
		const y = top + (node.yogaNode?.getComputedTop() ?? 0);
		linesOf.get(node)?.forEach((text, index) => rows[y + index]?.push({x, text}));
		for (const child of node.childNodes) if (child.nodeName !== '#text') collect(child, x, y, rows);
	}

	return {
		put(box, lines) {
			linesOf.set(box, lines);
		},
		frame(root, height) {
			const rows = Array.from({length: height}, (): Segment[] => []);
			collect(root, 0, 0, rows);
			return rows;
		},
	};
}
